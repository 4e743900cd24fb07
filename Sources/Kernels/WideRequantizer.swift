/// Turns the sums of an int16 layer into its int16 outputs, channel by channel.
///
/// Only the double-rounding family runs int16 layers; XNNPACK and X-CUBE-AI leave them out.
package struct WideRequantizer: Sendable {
  /// How wide the layer's bias is, and with it the sums: the two are rounded differently.
  package enum Form: Sendable { case sums32, sums64 }

  private let multipliers: [QuantizedMultiplier]
  private let form: Form
  private let range: ClosedRange<Int32>

  package init(
    multipliers: [QuantizedMultiplier], form: Form, range: ClosedRange<Int32>
  ) {
    self.multipliers = multipliers
    self.form = form
    self.range = range
  }

  /// Writes the outputs of consecutive channels, starting at `channel`.
  @inline(__always)
  func apply(
    _ sums: UnsafePointer<Int64>, count: Int, firstChannel channel: Int,
    to outputs: UnsafeMutablePointer<Int16>
  ) {
    multipliers.withUnsafeBufferPointer { multipliers in
      for index in 0..<count {
        let multiplier = multipliers[channel &+ index]
        let value =
          form == .sums64
          ? multiplier.multiply(sums[index])
          : multiplier.multiply(Int32(truncatingIfNeeded: sums[index]))
        outputs[index] = Int16(
          truncatingIfNeeded: max(range.lowerBound, min(range.upperBound, value)))
      }
    }
  }
}
