import Glibc

/// Scale and zero point of one tensor.
package typealias TensorScale = (scale: Float, zeroPoint: Int32)

extension ByteTable {
  /// 1 ÷ (1 + e^−x) with 1/256 per step from −128: the fixed-point way of the reference.
  package init?(logistic input: TensorScale) {
    self.init(sigmoidal: input, lowest: -128, bits: 23, zeroPoint: -128, FixedPoint.logistic)
  }

  /// tanh x with 1/128 per step around 0: the fixed-point way of the reference.
  package init?(tanh input: TensorScale) {
    self.init(
      sigmoidal: input, lowest: -128, bits: 24, zeroPoint: 0, FixedPoint.hyperbolicTangent)
  }

  private init?(
    sigmoidal input: TensorScale, lowest: Int32, bits: Int32, zeroPoint: Int32,
    _ function: (Int32) -> Int32
  ) {
    guard let multiplier = QuantizedMultiplier(Double(input.scale) * 0x1p27) else { return nil }
    // Values this far out no longer fit Q4.27 and have saturated long before.
    let radius = floor(15 * 0x1p27 / exp2(Double(multiplier.exponent)))
    self.init { value in
      let distance = value - input.zeroPoint
      if Double(distance) <= -radius { return lowest }
      if Double(distance) >= radius { return 127 }
      return roundingDivide(function(multiplier.multiply(distance)), byPowerOfTwo: bits)
        + zeroPoint
    }
  }

  /// x for positive values and αx for negative ones, by two multipliers. `alpha` may be negative.
  package init?(leaky alpha: Float, from input: TensorScale, to output: TensorScale) {
    let leak = Double(input.scale * alpha / output.scale)
    guard let identity = QuantizedMultiplier(Double(input.scale / output.scale)),
      let slope = QuantizedMultiplier(abs(leak))
    else { return nil }
    self.init { value in
      let distance = value - input.zeroPoint
      if distance >= 0 { return identity.multiply(distance) &+ output.zeroPoint }
      let scaled = slope.multiply(distance)
      return (leak < 0 ? 0 &- scaled : scaled) &+ output.zeroPoint
    }
  }

  /// A value under a new scale, kept within `range`: RELU and its kin, and requantization.
  package init?(
    rescaling input: TensorScale, to output: TensorScale, range: ClosedRange<Int32>
  ) {
    guard let multiplier = QuantizedMultiplier(Double(input.scale) / Double(output.scale)) else {
      return nil
    }
    self.init { value in
      let result = multiplier.multiply(value - input.zeroPoint) &+ output.zeroPoint
      return max(range.lowerBound, min(range.upperBound, result))
    }
  }

  /// x × min(6, max(0, x + 3)) ÷ 6 in 16-bit fixed point, as the reference does it. Nil where the
  /// output's scale is less than 1/128 of the input's.
  package init?(hardSwish input: TensorScale, to output: TensorScale) {
    let fineScale = Float(1) / 128 * input.scale
    let reluishScale = Float(3) / 32768
    guard let toOutput = QuantizedMultiplier(Double(fineScale / output.scale)),
      let toReluish = QuantizedMultiplier(Double(fineScale / reluishScale)),
      toOutput.exponent <= 0
    else { return nil }
    self.init { value in
      let fine = Int16(clamping: (value - input.zeroPoint) &<< 7)
      let scaled = roundingHighProduct(fine, toOutput.halfSignificand)
      let gate = hardSwishGate(fine, toReluish)
      let product = Int32(Int16(clamping: Int32(gate) * Int32(scaled) / (1 << 15)))
      return roundingDivide(product, byPowerOfTwo: 0 - toOutput.exponent) + output.zeroPoint
    }
  }
}

/// (x + 3) ÷ 6 within 0…1, in Q0.15.
private func hardSwishGate(_ value: Int16, _ multiplier: QuantizedMultiplier) -> Int16 {
  var gate = value
  let exponent = multiplier.exponent
  // All but the last shift happen first: only then does saturation not show in the result.
  if exponent > 0 { gate = Int16(clamping: Int64(gate) << Int64(exponent - 1)) }
  gate = roundingHighProduct(gate, multiplier.halfSignificand)
  if exponent > 0 { gate = Int16(clamping: Int32(gate) << 1) }
  if exponent < 0 {
    gate = Int16(truncatingIfNeeded: roundingDivide(Int32(gate), byPowerOfTwo: 0 - exponent))
  }
  return Int16(truncatingIfNeeded: (Int32(gate) + (1 << 15)) >> 1)
}

/// The high half of 2 × `left` × `right`, rounded half up, saturated.
private func roundingHighProduct(_ left: Int16, _ right: Int16) -> Int16 {
  if left == .min, right == .min { return .max }
  let product = Int32(left) * Int32(right)
  return Int16(truncatingIfNeeded: (product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15))
}

extension QuantizedMultiplier {
  /// The significand in Q0.15.
  fileprivate var halfSignificand: Int16 {
    significand >= Int32.max - (1 << 15) ? .max : Int16((significand + (1 << 15)) >> 16)
  }
}

/// Leaky rectification of int16 values.
package struct WideLeakyRectifier: Sendable {
  private let identity: QuantizedMultiplier
  private let slope: QuantizedMultiplier
  private let slopeIsNegative: Bool
  private let inputZeroPoint: Int32
  private let outputZeroPoint: Int32

  /// Nil where a ratio of scales is beyond what 32 bits can hold.
  package init?(alpha: Float, from input: TensorScale, to output: TensorScale) {
    let leak = Double(input.scale * alpha / output.scale)
    guard let identity = QuantizedMultiplier(Double(input.scale / output.scale)),
      let slope = QuantizedMultiplier(abs(leak))
    else { return nil }
    self.identity = identity
    self.slope = slope
    slopeIsNegative = leak < 0
    inputZeroPoint = input.zeroPoint
    outputZeroPoint = output.zeroPoint
  }

  package func run(
    _ input: UnsafePointer<Int16>, count: Int, to output: UnsafeMutablePointer<Int16>
  ) {
    for index in 0..<count {
      let distance = Int32(input[index]) &- inputZeroPoint
      var result = distance >= 0 ? identity.multiply(distance) : slope.multiply(distance)
      if distance < 0, slopeIsNegative { result = 0 &- result }
      output[index] = Int16(clamping: result &+ outputZeroPoint)
    }
  }
}

/// Values whose negative ones are multiplied by a learned slope, which broadcasts.
package struct ParametricRectifier: Sendable {
  private let positive: QuantizedMultiplier
  private let negative: QuantizedMultiplier
  private let input: TensorScale
  private let slopeZeroPoint: Int32
  private let outputZeroPoint: Int32
  private let broadcast: Broadcast

  /// Nil where a ratio of scales is beyond what 32 bits can hold.
  package init?(
    from input: TensorScale, slope: TensorScale, to output: TensorScale, broadcast: Broadcast
  ) {
    let outputScale = Double(output.scale)
    guard let positive = QuantizedMultiplier(Double(input.scale) / outputScale),
      let negative = QuantizedMultiplier(
        Double(input.scale) * Double(slope.scale) / outputScale)
    else { return nil }
    self.positive = positive
    self.negative = negative
    self.input = input
    slopeZeroPoint = slope.zeroPoint
    outputZeroPoint = output.zeroPoint
    self.broadcast = broadcast
  }

  package func run(
    _ input: UnsafePointer<Int8>, _ slope: UnsafePointer<Int8>,
    to output: UnsafeMutablePointer<Int8>
  ) {
    broadcast.forEachRow { row in
      for index in 0..<row.count {
        let distance =
          Int32(input[row.left + index &* row.leftStep]) &- self.input.zeroPoint
        let factor = Int32(slope[row.right + index &* row.rightStep]) &- slopeZeroPoint
        let result =
          distance >= 0 ? positive.multiply(distance) : negative.multiply(distance &* factor)
        output[row.result + index] = Int8(clamping: result &+ outputZeroPoint)
      }
    }
  }
}
