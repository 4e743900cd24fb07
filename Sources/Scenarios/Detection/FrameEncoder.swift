package import Bytes
import Events
package import Images

/// Turns a camera's grey frame into the bytes of a model's input.
package struct FrameEncoder: Sendable {
  private let factor: Int
  /// The camera's pixels.
  private let width: Int
  private let height: Int
  /// Nil for float32.
  private let scale: InputScale?

  /// - Throws: `InputError` for a card of a model of events.
  package init(_ card: ModelCard) throws(InputError) {
    guard card.representation.kind == .frame else {
      throw InputError(
        at: .key("representation.kind"),
        "expected frame, found \(card.representation.kind.rawValue)")
    }
    factor = card.representation.downsample ?? 1
    let camera = card.representation.sensor
    (width, height) = (camera.width, camera.height)
    scale = card.input.map { InputScale(scale: Float($0.scale), zeroPoint: $0.zeroPoint) }
  }

  /// The picture, averaged to the input's size, as float32 or quantized, halves away from zero.
  ///
  /// - Throws: `InputError` for a picture that is not of the camera's size.
  package func encode(_ image: GreyImage) throws(InputError) -> [UInt8] {
    guard image.width == width, image.height == height else {
      throw InputError(
        at: .nowhere,
        "expected frames of \(width) × \(height) pixels, found \(image.width) × \(image.height)",
        advice: "the model’s card says how large its input is, and of how many pixels each one is")
    }
    let samples = image.averaged(by: factor).samples
    guard let scale else { return samples.withUnsafeBytes { Array($0) } }
    return scale.quantized(samples)
  }
}
