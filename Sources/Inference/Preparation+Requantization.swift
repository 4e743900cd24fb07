import Bytes
import Kernels
import Models

extension Preparation {
  /// What `output`'s type and the fused activation let a quantized value be.
  ///
  /// The bounds of RELU6 and its like are rounded half away from zero by TFLite's
  /// `CalculateActivationRangeQuantized`, half to even by XNNPACK.
  func activationRange(_ activation: FusedActivation, _ output: Operand) throws(InputError)
    -> ClosedRange<Int32>
  {
    guard let type = output.type.range else { throw unsupportedType(output) }
    let (scale, zeroPoint) = try quantization(output)
    let rule: FloatingPointRoundingRule =
      arithmetic == .doubleRounding ? .toNearestOrAwayFromZero : .toNearestOrEven
    func quantized(_ real: Float) -> Int {
      let steps = (real / scale).rounded(rule)
      // Beyond the type on either side all values are the same bound.
      return Int(max(-1e6, min(1e6, steps))) + Int(zeroPoint)
    }
    var (lowest, highest) = (type.lowerBound, type.upperBound)
    switch activation {
    case .none: break
    case .relu: lowest = max(lowest, quantized(0))
    case .relu6: (lowest, highest) = (max(lowest, quantized(0)), min(highest, quantized(6)))
    case .reluN1To1: (lowest, highest) = (max(lowest, quantized(-1)), min(highest, quantized(1)))
    case .tanh, .signBit:
      throw error("expected a fused activation of the RELU family, found \(activation)")
    }
    try require(lowest <= highest, "expected a fused activation that leaves some values")
    return Int32(lowest)...Int32(highest)
  }

  /// How sums of `input` × weights become `output`, one factor per channel.
  func requantizer(
    input: Operand, weightScales: [Float], output: Operand, activation: FusedActivation
  ) throws(InputError) -> Requantizer {
    let (inputScale, _) = try quantization(input)
    let (outputScale, zeroPoint) = try quantization(output)
    let range = try activationRange(activation, output)
    switch arithmetic {
    case .doubleRounding:
      var multipliers: [QuantizedMultiplier] = []
      for scale in weightScales {
        multipliers.append(
          try multiplier(Double(inputScale) * Double(scale) / Double(outputScale)))
      }
      return Requantizer(multipliers: multipliers, zeroPoint: zeroPoint, range: range)
    case .fp32HalfEven:
      return Requantizer(
        scales: weightScales.map { inputScale * $0 / outputScale }, zeroPoint: zeroPoint,
        range: range)
    }
  }

  func multiplier(_ real: Double) throws(InputError) -> QuantizedMultiplier {
    guard let multiplier = QuantizedMultiplier(real) else {
      throw error("expected scales whose ratio is below 2³⁰, found \(real)")
    }
    return multiplier
  }

  /// A constant filter of int8 or int4, widened to 16 bits.
  func weights(_ operand: Operand) throws(InputError) -> [Int16] {
    switch operand.type {
    case .int8: return try constant(operand, as: Int8.self).map(Int16.init)
    case .int4:
      guard let bytes = operand.tensor.constant, bytes.count == operand.byteCount else {
        throw error("expected tensor \(operand.index) to be a constant")
      }
      // Two to a byte, the low half first.
      return (0..<operand.count).map { index in
        let byte = bytes[bytes.startIndex + index / 2]
        let nibble = index.isMultiple(of: 2) ? byte & 15 : byte >> 4
        return Int16(Int8(bitPattern: nibble << 4) >> 4)
      }
    default: throw unsupportedType(operand)
    }
  }

  /// The scales of a filter that must be symmetric.
  func symmetricScales(_ filter: Operand, channels: Int, axis: Int) throws(InputError) -> [Float] {
    let (scales, zeroPoints) = try channelQuantization(filter, channels: channels, axis: axis)
    try require(
      zeroPoints.allSatisfy { $0 == 0 }, "expected weights with zero points of 0")
    return scales
  }

  /// The constant int32 bias of `channels` elements, or zeros where it is left out.
  func bias(_ position: Int, channels: Int) throws(InputError) -> [Int32] {
    guard let operand = optionalInput(position) else {
      return Array(repeating: 0, count: channels)
    }
    try require(
      operand.type == .int32 && operand.count == channels,
      "expected a bias of \(channels) int32, found \(operand.shape) of \(operand.type.name)")
    return try constant(operand, as: Int32.self)
  }
}
