import Boards
package import Events

extension TraceAdjustment.TimeShift {
  /// `first`, or a time such as `2s` or `-500ms` in whole microseconds; nil for anything else.
  package init?(_ text: String) {
    if text == "first" {
      self = .firstToZero
      return
    }
    let isNegative = text.hasPrefix("-")
    guard let nanoseconds = try? Quantity.nanoseconds(isNegative ? String(text.dropFirst()) : text),
      nanoseconds % 1_000 == 0
    else { return nil }
    self = .by(Int64(isNegative ? -nanoseconds : nanoseconds) / 1_000)
  }
}
