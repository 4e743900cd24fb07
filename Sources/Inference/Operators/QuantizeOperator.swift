import Bytes
import Kernels
import Models

/// QUANTIZE: float32 to integers, or integers under a new scale.
struct QuantizeOperator: PreparedOperator {
  private enum Kernel: Sendable {
    case quantize(Quantizer)
    case change(QuantizationChange, from: QuantizationChange.Element)
  }

  private let input: Operand
  private let output: Operand
  private let kernel: Kernel
  private let outputType: QuantizationChange.Element

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, try p.output(0).type)
    try p.requireSameShape(input, output)
    guard let outputType = QuantizationChange.Element(output.type) else {
      throw p.unsupportedType(output)
    }
    let target = try p.quantization(output)
    let kernel: Kernel
    if input.type == .float32 {
      try p.require(outputType != .int32, "expected int8, uint8 or int16 in the output")
      kernel = .quantize(Quantizer(to: target, arithmetic: p.arithmetic))
    } else {
      guard let inputType = QuantizationChange.Element(input.type) else {
        throw p.unsupportedType(input)
      }
      guard let change = QuantizationChange(from: try p.quantization(input), to: target) else {
        throw p.error("expected scales whose ratio is below 2³⁰")
      }
      kernel = .change(change, from: inputType)
    }
    return QuantizeOperator(input: input, output: output, kernel: kernel, outputType: outputType)
  }

  func run(_ memory: Memory) {
    switch kernel {
    case .quantize(let quantizer):
      let values = memory.float(input)
      switch outputType {
      case .int8: quantizer.run(values, count: input.count, to: memory.int8(output))
      case .uint8: quantizer.run(values, count: input.count, to: memory.uint8(output))
      case .int16, .int32: quantizer.run(values, count: input.count, to: memory.int16(output))
      }
    case .change(let change, let inputType):
      change.run(
        memory.bytes(input), of: inputType, count: input.count, to: memory.bytes(output),
        of: outputType)
    }
  }
}

/// DEQUANTIZE: integers to float32.
struct DequantizeOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let kernel: Dequantizer

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, .float32)
    try p.requireSameShape(input, output)
    try p.require(
      [.int8, .uint8, .int16].contains(input.type),
      "expected int8, uint8 or int16, found \(input.type.name)")
    return DequantizeOperator(
      input: input, output: output, kernel: Dequantizer(from: try p.quantization(input)))
  }

  func run(_ memory: Memory) {
    let values = memory.float(output)
    switch input.type {
    case .int8: kernel.run(memory.int8(input), count: input.count, to: values)
    case .uint8: kernel.run(memory.uint8(input), count: input.count, to: values)
    default: kernel.run(memory.int16(input), count: input.count, to: values)
    }
  }
}

extension QuantizationChange.Element {
  fileprivate init?(_ type: ElementType) {
    switch type {
    case .int8: self = .int8
    case .uint8: self = .uint8
    case .int16: self = .int16
    case .int32: self = .int32
    default: return nil
    }
  }
}

extension Memory {
  func uint8(_ operand: Operand) -> UnsafeMutablePointer<UInt8> {
    bytes(operand).assumingMemoryBound(to: UInt8.self)
  }

  func int64(_ operand: Operand) -> UnsafeMutablePointer<Int64> {
    bytes(operand).assumingMemoryBound(to: Int64.self)
  }
}

extension Preparation {
  func requireSameShape(_ input: Operand, _ output: Operand) throws(InputError) {
    try require(
      input.shape == output.shape, "expected an output of \(input.shape), found \(output.shape)")
  }
}
