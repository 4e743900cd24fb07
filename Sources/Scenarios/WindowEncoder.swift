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

  /// - Throws: `InputError` for what the card cannot mean.
  package init(_ card: ModelCard) throws(InputError) {
    representation = try card.representation.empty()
    scale = InputScale(scale: Float(card.input.scale), zeroPoint: card.input.zeroPoint)
    span = card.representation.span ?? .window
  }

  package var tensorSize: Int { representation.cellCount }

  package mutating func encode(
    _ events: EventBatch, _ range: Range<Int>, window: Range<Int64>
  ) -> [UInt8] {
    var (start, length) = (window.lowerBound, window.upperBound - window.lowerBound)
    if span == .events, let first = events.times[range].min(), let last = events.times[range].max()
    {
      (start, length) = (first, max(1, last - first))
    }
    representation.reset(start: start, length: length)
    representation.add(events, range)
    var tensor = [UInt8](repeating: 0, count: tensorSize)
    representation.quantize(scale, into: &tensor)
    return tensor
  }
}
