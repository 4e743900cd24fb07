package import Bytes
package import Events

/// Turns the events of a window into the bytes of a model's input.
package protocol WindowEncoder: Sendable {
  /// Bytes of an input.
  var tensorSize: Int { get }
  /// The input for the events at `range`, all of which lie in the window that begins at `start`.
  mutating func encode(_ events: EventBatch, _ range: Range<Int>, start: Int64) -> [UInt8]
}

/// The representation that a model's card names, quantized as the model's input is.
package struct VoxelEncoder: WindowEncoder {
  private var grid: VoxelGrid
  private let quantizer: CountQuantizer

  /// - Parameter windowLength: Microseconds that the bins are spread over.
  /// - Throws: `InputError` for a window longer than a grid can span.
  package init(_ card: ModelCard, windowLength: Int64) throws(InputError) {
    let shape = card.representation
    let rule = try card.binningRule
    grid = VoxelGrid(
      width: shape.width, height: shape.height, bins: shape.bins ?? 1, rule: rule,
      length: windowLength, maximumCount: shape.maximumCount ?? 255)
    quantizer = CountQuantizer(
      scale: Float(card.input.scale), zeroPoint: card.input.zeroPoint, isSigned: rule.isSigned)
  }

  package var tensorSize: Int { grid.cells.count }

  package mutating func encode(
    _ events: EventBatch, _ range: Range<Int>, start: Int64
  ) -> [UInt8] {
    grid.reset(start: start)
    grid.add(events, range)
    var tensor = [UInt8](repeating: 0, count: tensorSize)
    grid.quantize(quantizer, into: &tensor)
    return tensor
  }
}

extension ModelCard {
  /// Counts are a voxel grid of one bin.
  package var binningRule: BinningRule {
    get throws(InputError) {
      guard let name = representation.binning else { return .windowFloor }
      guard let rule = BinningRule(rawValue: name) else {
        let names = BinningRule.allCases.map(\.rawValue)
        throw InputError(
          at: .key("representation.binning"),
          "expected one of \(names.joined(separator: ", ")), found “\(name)”",
          advice: name.closest(in: names).map { "did you mean \($0)?" })
      }
      return rule
    }
  }
}
