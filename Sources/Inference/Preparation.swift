import Bytes
import Kernels
import Models

/// What an operator sees while it is prepared: its operands, its options, and the checks that let
/// `run` trust them.
struct Preparation {
  let graph: Graph
  let op: Operator
  /// Position in the graph's execution order.
  let position: Int
  let arithmetic: Arithmetic
  private(set) var layout: TensorLayout

  init(graph: Graph, position: Int, arithmetic: Arithmetic, layout: TensorLayout) {
    self.graph = graph
    self.op = graph.operators[position]
    self.position = position
    self.arithmetic = arithmetic
    self.layout = layout
  }

  // MARK: Errors

  func error(_ problem: String, advice: String? = nil) -> InputError {
    InputError(at: .key("operator \(position) \(op.kind.name)"), problem, advice: advice)
  }

  func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws(InputError) {
    guard condition else { throw error(problem()) }
  }

  func unsupportedType(_ operand: Operand) -> InputError {
    error("expected an element type that this operator runs on, found \(operand.type.name)")
  }

  // MARK: Operands

  var inputCount: Int { op.inputs.count }
  var outputCount: Int { op.outputs.count }

  func input(_ position: Int) throws(InputError) -> Operand {
    guard let operand = optionalInput(position) else {
      throw error("expected an input \(position), found \(op.inputs.count) inputs")
    }
    return operand
  }

  func input(_ position: Int, _ type: ElementType) throws(InputError) -> Operand {
    let operand = try input(position)
    try require(
      operand.type == type,
      "expected \(type.name) in input \(position), found \(operand.type.name)")
    return operand
  }

  /// Nil where the operator leaves the input out.
  func optionalInput(_ position: Int) -> Operand? {
    guard op.inputs.indices.contains(position), let index = op.inputs[position] else { return nil }
    return operand(index)
  }

  func output(_ position: Int = 0) throws(InputError) -> Operand {
    guard op.outputs.indices.contains(position) else {
      throw error("expected an output \(position), found \(op.outputs.count) outputs")
    }
    return operand(op.outputs[position])
  }

  func output(_ position: Int = 0, _ type: ElementType) throws(InputError) -> Operand {
    let operand = try output(position)
    try require(
      operand.type == type,
      "expected \(type.name) in output \(position), found \(operand.type.name)")
    try require(operand.tensor.constant == nil, "expected a computed output, found a constant")
    return operand
  }

  /// A tensor by its index in the graph, such as an LSTM's intermediate.
  func operand(_ index: Int) -> Operand {
    let tensor = graph.tensors[index]
    return Operand(
      index: index, tensor: tensor, offset: layout.offsets[index], count: tensor.elementCount)
  }

  mutating func scratch(bytes: Int) throws(InputError) -> Scratch {
    guard let scratch = layout.reserveScratch(bytes) else {
      throw error("expected at most \(TensorLayout.limit) bytes of scratch, found \(bytes)")
    }
    return scratch
  }

  // MARK: Constants

  /// The little-endian elements of a constant tensor.
  func constant<Element: FixedWidthInteger>(_ operand: Operand, as: Element.Type = Element.self)
    throws(InputError) -> [Element]
  {
    guard let bytes = operand.tensor.constant else {
      throw error("expected tensor \(operand.index) to be a constant")
    }
    let size = Element.bitWidth / 8
    try require(
      bytes.count == operand.count * size,
      "expected \(operand.count * size) bytes in tensor \(operand.index), found \(bytes.count)")
    return bytes.withUnsafeBytes { raw in
      (0..<operand.count).map {
        Element(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: Element.self))
      }
    }
  }

  func floatConstant(_ operand: Operand) throws(InputError) -> [Float] {
    try require(operand.type == .float32, "expected float32, found \(operand.type.name)")
    return try constant(operand, as: UInt32.self).map { Float(bitPattern: $0) }
  }

  /// A constant of int32 or int64 elements: axes, paddings, shapes.
  func integerConstant(_ operand: Operand) throws(InputError) -> [Int] {
    switch operand.type {
    case .int32: return try constant(operand, as: Int32.self).map(Int.init)
    case .int64: return try constant(operand, as: Int64.self).map(Int.init)
    default: throw unsupportedType(operand)
    }
  }

  // MARK: Quantization

  /// The one scale and zero point of a tensor.
  func quantization(_ operand: Operand) throws(InputError) -> (scale: Float, zeroPoint: Int32) {
    let (scales, zeroPoints) = try checkedQuantization(operand)
    try require(
      scales.count == 1,
      "expected one scale in tensor \(operand.index), found \(scales.count)")
    return (scales[0], zeroPoints[0])
  }

  /// One scale per channel (a single one is repeated) and the zero points, in the same number.
  func channelQuantization(_ operand: Operand, channels: Int, axis: Int) throws(InputError)
    -> (scales: [Float], zeroPoints: [Int32])
  {
    let (scales, zeroPoints) = try checkedQuantization(operand)
    if scales.count == 1, channels != 1 {
      return (
        Array(repeating: scales[0], count: channels),
        Array(repeating: zeroPoints[0], count: channels)
      )
    }
    try require(
      scales.count == channels,
      "expected \(channels) scales in tensor \(operand.index), found \(scales.count)")
    try require(
      scales.count == 1 || operand.tensor.quantization?.axis == axis,
      "expected scales along dimension \(axis) of tensor \(operand.index)")
    return (scales, zeroPoints)
  }

  private func checkedQuantization(_ operand: Operand) throws(InputError) -> ([Float], [Int32]) {
    guard let quantization = operand.tensor.quantization, !quantization.scales.isEmpty else {
      throw error(
        "expected tensor \(operand.index) “\(operand.tensor.name)” to be quantized",
        advice: "convert the model with full integer quantization")
    }
    try require(
      quantization.scales.allSatisfy { $0.isFinite && $0 > 0 },
      "expected finite positive scales in tensor \(operand.index)")
    let zeroPoints = quantization.zeroPoints
    try require(
      zeroPoints.isEmpty || zeroPoints.count == quantization.scales.count,
      "expected as many zero points as scales in tensor \(operand.index)")
    try require(
      zeroPoints.allSatisfy { operand.type.range?.contains($0) ?? ($0 == 0) },
      "expected zero points within the range of \(operand.type.name) in tensor \(operand.index)")
    return (
      quantization.scales,
      zeroPoints.isEmpty
        ? Array(repeating: 0, count: quantization.scales.count) : zeroPoints.map(Int32.init)
    )
  }
}
