package import Bytes
package import EdgeBox
package import Images
import Inference
import Metrics

/// What a detector and the crops around its boxes make of one frame.
package struct FrameReading: Work {
  package struct Input: Sendable {
    /// Of the camera, from which crops are cut.
    package var image: GreyImage
    /// Of the model, when it sees events; nil for a model that sees the frame.
    package var tensor: [UInt8]?

    package init(image: GreyImage, tensor: [UInt8]? = nil) {
      self.image = image
      self.tensor = tensor
    }
  }

  /// Pixels of a crop's side, as a cloud's vision model takes it.
  package static let cropSide = 224
  /// Of a crop's JPEG.
  package static let cropQuality = 80

  private var detector: Detector
  /// Nil for a model of events.
  private let encoder: FrameEncoder?
  private let downsample: Double
  private let sizing: any JPEGSizing
  private let hash = PerceptualHash()

  /// - Throws: `InputError` for what the card cannot mean.
  package init(
    _ detector: Detector, _ card: ModelCard, sizing: any JPEGSizing
  ) throws(InputError) {
    self.detector = detector
    encoder = card.representation.kind == .frame ? try FrameEncoder(card) : nil
    downsample = Double(card.representation.downsample ?? 1)
    self.sizing = sizing
  }

  package mutating func output(for input: Input) throws(InputError) -> [Detection] {
    let found = try detector.boxes(in: tensor(input))
    return found.map { detection($0, in: input.image) }
  }

  private func tensor(_ input: Input) throws(InputError) -> [UInt8] {
    if let tensor = input.tensor { return tensor }
    guard let encoder else {
      throw InputError(at: .nowhere, "expected events beside the frames, found none")
    }
    return try encoder.encode(input.image)
  }

  private func detection(_ found: FoundBox, in image: GreyImage) -> Detection {
    let box = PixelBox(found, scale: downsample, width: image.width, height: image.height)
    let crop = image.crop(
      aroundX: box.x + box.width / 2, y: box.y + box.height / 2, side: Self.cropSide)
    return Detection(
      found, box: box, cropBytes: Int32(sizing.byteCount(crop)),
      cropHash: hash.hash(crop.bytes, width: crop.width, height: crop.height))
  }
}

extension Detection {
  init(_ found: FoundBox, box: PixelBox, cropBytes: Int32 = 0, cropHash: UInt64 = 0) {
    self.init(
      box: box, category: found.category, score: found.score, runnerUp: found.runnerUp,
      runnerUpScore: found.runnerUpScore, cropBytes: cropBytes, cropHash: cropHash)
  }
}

extension PixelBox {
  /// A box of the model's input on the camera's picture, within its edges: in hundredths of a pixel,
  /// so that a record is short and yet what the live detector said.
  init(_ found: FoundBox, scale: Double, width: Int, height: Int) {
    func pixel(_ edge: Float, _ most: Int) -> Double {
      (min(Double(edge) * scale, Double(most)) * 100).rounded()
    }
    let (left, top) = (pixel(found.left, width), pixel(found.top, height))
    let (right, bottom) = (pixel(found.right, width), pixel(found.bottom, height))
    self.init(
      x: left / 100, y: top / 100, width: (right - left) / 100, height: (bottom - top) / 100)
  }
}
