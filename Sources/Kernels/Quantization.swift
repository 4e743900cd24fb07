/// Conversions between real and quantized elements, and between quantizations.
package struct QuantizationChange: Sendable {
  private let multiplier: QuantizedMultiplier
  private let inputZeroPoint: Int32
  private let outputZeroPoint: Int32

  /// Nil where the ratio of scales is beyond what 32 bits can hold.
  package init?(from input: TensorScale, to output: TensorScale) {
    guard let multiplier = QuantizedMultiplier(Double(input.scale) / Double(output.scale)) else {
      return nil
    }
    self.multiplier = multiplier
    inputZeroPoint = input.zeroPoint
    outputZeroPoint = output.zeroPoint
  }

  package enum Element: Sendable { case int8, uint8, int16, int32 }

  package func run(
    _ input: UnsafeRawPointer, of inputType: Element, count: Int,
    to output: UnsafeMutableRawPointer, of outputType: Element
  ) {
    switch inputType {
    case .int8: run(input.assumingMemoryBound(to: Int8.self), count, output, outputType)
    case .uint8: run(input.assumingMemoryBound(to: UInt8.self), count, output, outputType)
    case .int16: run(input.assumingMemoryBound(to: Int16.self), count, output, outputType)
    case .int32: run(input.assumingMemoryBound(to: Int32.self), count, output, outputType)
    }
  }

  @inline(__always)
  private func run<Input: BinaryInteger>(
    _ input: UnsafePointer<Input>, _ count: Int, _ output: UnsafeMutableRawPointer,
    _ outputType: Element
  ) {
    switch outputType {
    case .int8: each(input, count, output.assumingMemoryBound(to: Int8.self))
    case .uint8: each(input, count, output.assumingMemoryBound(to: UInt8.self))
    case .int16: each(input, count, output.assumingMemoryBound(to: Int16.self))
    case .int32: each(input, count, output.assumingMemoryBound(to: Int32.self))
    }
  }

  @inline(__always)
  private func each<Input: BinaryInteger, Output: FixedWidthInteger>(
    _ input: UnsafePointer<Input>, _ count: Int, _ output: UnsafeMutablePointer<Output>
  ) {
    for index in 0..<count {
      output[index] = Output(clamping: changed(Int32(truncatingIfNeeded: input[index])))
    }
  }

  @inline(__always)
  private func changed(_ value: Int32) -> Int32 {
    multiplier.multiply(value &- inputZeroPoint) &+ outputZeroPoint
  }
}

/// Float elements to quantized ones: x ÷ scale, rounded, clamped to the output's type.
package struct Quantizer: Sendable {
  private let scale: Float
  private let zeroPoint: Int32
  private let arithmetic: Arithmetic

  /// TFLite's reference rounds halves away from zero; XNNPACK multiplies by the inverse scale and
  /// rounds halves to even.
  package init(to output: TensorScale, arithmetic: Arithmetic) {
    scale = output.scale
    zeroPoint = output.zeroPoint
    self.arithmetic = arithmetic
  }

  package func run(
    _ input: UnsafePointer<Float>, count: Int, to output: UnsafeMutablePointer<Int8>
  ) { each(input, count, output) }

  package func run(
    _ input: UnsafePointer<Float>, count: Int, to output: UnsafeMutablePointer<UInt8>
  ) { each(input, count, output) }

  package func run(
    _ input: UnsafePointer<Float>, count: Int, to output: UnsafeMutablePointer<Int16>
  ) { each(input, count, output) }

  @inline(__always)
  private func each<Output: FixedWidthInteger>(
    _ input: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutablePointer<Output>
  ) {
    let inverse = 1 / scale
    for index in 0..<count {
      let steps =
        arithmetic == .doubleRounding
        ? (input[index] / scale).rounded(.toNearestOrAwayFromZero)
        : (input[index] * inverse).rounded(.toNearestOrEven)
      // A NaN compares with nothing and so becomes the lowest value.
      let bounded = steps > -1e6 ? min(steps, 1e6) : -1e6
      output[index] = Output(clamping: Int32(bounded) &+ zeroPoint)
    }
  }
}

/// Quantized elements to float ones.
package struct Dequantizer: Sendable {
  private let scale: Double
  private let zeroPoint: Int32

  package init(from input: TensorScale) {
    scale = Double(input.scale)
    zeroPoint = input.zeroPoint
  }

  package func run(
    _ input: UnsafePointer<Int8>, count: Int, to output: UnsafeMutablePointer<Float>
  ) { each(input, count, output) }

  package func run(
    _ input: UnsafePointer<UInt8>, count: Int, to output: UnsafeMutablePointer<Float>
  ) { each(input, count, output) }

  package func run(
    _ input: UnsafePointer<Int16>, count: Int, to output: UnsafeMutablePointer<Float>
  ) { each(input, count, output) }

  @inline(__always)
  private func each<Input: FixedWidthInteger>(
    _ input: UnsafePointer<Input>, _ count: Int, _ output: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      output[index] = Float(scale * Double(Int32(input[index]) &- zeroPoint))
    }
  }
}
