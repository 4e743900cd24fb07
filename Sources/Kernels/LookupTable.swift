/// A function of one int8 value as its 256 results.
package struct ByteTable: Sendable {
  /// Results for −128 … 127.
  private let values: [Int8]

  /// - Parameter function: from a quantized value to a quantized result, which is clamped.
  package init(_ function: (Int32) -> Int32) {
    values = (Int32(-128)...127).map { Int8(clamping: function($0)) }
  }

  /// The real function between two quantizations, rounded half to even.
  ///
  /// This is what ONNX Runtime and the table operators of XNNPACK answer.
  package init(
    from input: TensorScale, to output: TensorScale, _ function: (Float) -> Float
  ) {
    self.init { value in
      let result = function(input.scale * Float(value - input.zeroPoint)) / output.scale
      return Self.rounded(result, .toNearestOrEven) + output.zeroPoint
    }
  }

  /// The real function between two quantizations, rounded half away from zero, as the reference's
  /// `LUTPopulate` fills its tables.
  package init(
    roundingAwayFrom input: TensorScale, to output: TensorScale, _ function: (Float) -> Float
  ) {
    let inverse = 1 / output.scale
    self.init { value in
      let result = function(input.scale * Float(value - input.zeroPoint)) * inverse
      return Self.rounded(result, .toNearestOrAwayFromZero) + output.zeroPoint
    }
  }

  /// Zero stands for what is not a number; a million is beyond any table.
  private static func rounded(_ value: Float, _ rule: FloatingPointRoundingRule) -> Int32 {
    value.isNaN ? 0 : Int32(max(-1e6, min(1e6, value)).rounded(rule))
  }

  package func run(
    _ input: UnsafePointer<Int8>, count: Int, to output: UnsafeMutablePointer<Int8>
  ) {
    values.withUnsafeBufferPointer { values in
      for index in 0..<count { output[index] = values[Int(input[index]) &+ 128] }
    }
  }
}

/// A function of one int16 value as 513 results with straight lines between them.
///
/// Follows `LUTPopulate` and `LUTLookup` of the TFLite reference (`kernels/internal/common.h`):
/// each entry is moved by half of the error that the line makes in its middle.
package struct InterpolatedTable: Sendable {
  private let values: [Int16]

  package init(
    inputScale: Float, inputZeroPoint: Int32, outputScale: Float, _ function: (Float) -> Float
  ) {
    let lowest = inputScale * Float(-32768 - inputZeroPoint)
    let highest = inputScale * Float(32767 - inputZeroPoint)
    let step = (highest - lowest) / 512
    let halfStep = step / 2
    let factor = 65536 / (outputScale * 32767 - outputScale * -32768)
    func quantized(_ value: Float) -> Float { value.rounded(.toNearestOrAwayFromZero) }
    func stored(_ value: Float) -> Int16 { Int16(max(-32768, min(32767, value))) }
    var values: [Int16] = []
    for index in 0..<512 {
      let start = lowest + Float(index) * step
      let value = function(start)
      let middle = function(start + halfStep)
      let next = function(lowest + Float(index + 1) * step)
      let sample = quantized(value * factor)
      let interpolated = quantized((next * factor + quantized(value * factor)) / 2)
      let bias = quantized((interpolated - quantized(middle * factor)) / 2)
      values.append(stored(sample - bias))
    }
    values.append(stored(quantized(function(highest) * factor)))
    self.values = values
  }

  @inline(__always)
  func value(at position: Int16) -> Int16 {
    let index = 256 &+ Int(position >> 7)
    let offset = Int32(position & 0x7F)
    let base = Int32(values[index])
    let slope = Int32(values[index &+ 1]) &- base
    return Int16(truncatingIfNeeded: base &+ ((slope &* offset &+ 64) >> 7))
  }
}
