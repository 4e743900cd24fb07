package import Bytes
package import Events

/// Turns the events of a window into the bytes of a model's input.
package protocol WindowEncoder: Sendable {
  /// Bytes of an input.
  var tensorSize: Int { get }
  /// The input for the events at `range`, all of which lie in the window [start, end], in
  /// microseconds; an event on the far edge counts in the last bin.
  mutating func encode(
    _ events: EventBatch, _ range: Range<Int>, window: Range<Int64>
  ) -> [UInt8]
}

/// The representation that a model's card names, quantized as the model's input is.
package struct RepresentationEncoder: WindowEncoder {
  private var representation: any WindowRepresentation
  private let scale: InputScale
  private let span: ModelCard.Representation.Span
  private let downsample: Int
  private let isFloat: Bool

  /// - Throws: `InputError` for what the card cannot mean.
  package init(_ card: ModelCard) throws(InputError) {
    representation = try card.representation.empty()
    if let input = card.input {
      scale = InputScale(scale: Float(input.scale), zeroPoint: input.zeroPoint)
    } else {
      // A count is its own int8 cell less the zero point, and so loses nothing on the way to float32.
      let isSigned = try card.representation.binningRule.isSigned
      scale = InputScale(scale: 1, zeroPoint: isSigned ? 0 : -128)
      guard card.representation.holdsWholeCounts else {
        throw InputError(
          at: .key("input"),
          "expected scale and zero point of an int8 input for a representation of kind "
            + "\(card.representation.kind.rawValue), found none",
          advice: "only counts of events go into float32 models here")
      }
    }
    isFloat = card.input == nil
    span = card.representation.span ?? .window
    downsample = card.representation.downsample ?? 1
  }

  /// Elements of an input.
  var cellCount: Int { representation.cellCount }

  package var tensorSize: Int { representation.cellCount * (isFloat ? 4 : 1) }

  package mutating func encode(
    _ events: EventBatch, _ range: Range<Int>, window: Range<Int64>
  ) -> [UInt8] {
    var (start, length) = (window.lowerBound, window.upperBound - window.lowerBound)
    if span == .events, let first = events.times[range].min(), let last = events.times[range].max()
    {
      (start, length) = (first, max(1, last - first))
    }
    representation.reset(start: start, length: length)
    if downsample == 1 {
      representation.add(events, range)
    } else {
      let coarse = events.downsampled(range, by: UInt16(downsample))
      representation.add(coarse, 0..<coarse.count)
    }
    var cells = [UInt8](repeating: 0, count: representation.cellCount)
    representation.quantize(scale, into: &cells)
    return isFloat ? reals(cells) : cells
  }

  private func reals(_ cells: [UInt8]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4 * cells.count)
    bytes.withUnsafeMutableBytes { bytes in
      for (index, cell) in cells.enumerated() {
        let count = Float(Int(Int8(bitPattern: cell)) - scale.zeroPoint)
        bytes.storeBytes(of: count, toByteOffset: 4 * index, as: Float.self)
      }
    }
    return bytes
  }
}

extension ModelCard.Representation {
  /// Whether cells are whole numbers from 0 to 255, or from -127 to 127.
  fileprivate var holdsWholeCounts: Bool {
    switch kind {
    case .voxel, .counts, .difference, .binary, .mixedDensity: true
    case .bilinear, .timeSurface, .tore, .frame: false
    }
  }
}

extension EventBatch {
  /// The events at `range`, those of `factor` × `factor` pixels on one.
  fileprivate func downsampled(_ range: Range<Int>, by factor: UInt16) -> EventBatch {
    var coarse = EventBatch()
    coarse.times = Array(times[range])
    coarse.xs = xs[range].map { $0 / factor }
    coarse.ys = ys[range].map { $0 / factor }
    coarse.polarities = Array(polarities[range])
    return coarse
  }
}
