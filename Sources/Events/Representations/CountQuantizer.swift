/// The int8 input value of every count, so that no float tensor is needed between events and model.
package struct CountQuantizer: Equatable, Sendable {
  /// Indexed by a cell of `VoxelGrid`; int8 values in two's complement.
  package let values: [UInt8]

  /// value = round(count / scale) + zeroPoint, halves away from zero, clamped to int8: what TFLite's
  /// QUANTIZE computes in float32.
  ///
  /// - Parameter isSigned: Whether cells hold signed counts, see `BinningRule.isSigned`.
  package init(scale: Float, zeroPoint: Int, isSigned: Bool = false) {
    precondition(scale > 0 && scale.isFinite)
    values = (0..<256).map { cell in
      let count = isSigned ? Float(Int8(bitPattern: UInt8(cell))) : Float(cell)
      let steps = (count / scale).rounded(.toNearestOrAwayFromZero)
      let value = max(-128, min(127, steps + Float(zeroPoint)))
      return UInt8(bitPattern: Int8(value))
    }
  }
}
