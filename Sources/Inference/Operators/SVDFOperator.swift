import Bytes
import Kernels
import Models

/// SVDF on int8 with an int8 or int16 state.
struct SVDFOperator: PreparedOperator {
  private let input: Operand
  private let state: Operand
  private let output: Operand
  private let batches: Int
  private let kernel: SVDF

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .svdf(let rank, let activation) = p.op.options, rank > 0 else {
      throw p.error("expected SVDF options with a rank above 0")
    }
    let (input, output) = (try p.input(0, .int8), try p.output(0, .int8))
    let (feature, time) = (try p.input(1, .int8), try p.input(2))
    let state = try p.input(4)
    let (batches, inputs) = (try p.shape(input, rank: 2)[0], input.shape[1])
    let (filters, memory) = (try p.shape(feature, rank: 2)[0], try p.shape(time, rank: 2)[1])
    // The integer kernel of the reference clamps to int8 and knows no other activation.
    try p.require(
      activation == .none || activation == .relu, "expected no activation or RELU")
    try p.require(
      filters.isMultiple(of: rank) && feature.shape[1] == inputs && time.shape[0] == filters
        && output.shape == [batches, filters / rank],
      "expected weights for \(inputs) inputs, found \(feature.shape) and \(time.shape)")
    let cells = try p.product(batches, filters, memory)
    try p.require(
      [.int8, .int16].contains(state.type) && time.type == state.type && state.tensor.isVariable
        && state.count == cells,
      "expected a variable state of \(batches) × \(filters) × \(memory), found \(state.shape)")
    let timeWeights =
      time.type == .int8
      ? try p.constant(time, as: Int8.self).map(Int16.init) : try p.constant(time, as: Int16.self)
    let kernel = SVDF(
      inputs: inputs, rank: rank, memory: memory,
      featureWeights: try p.constant(feature, as: Int8.self), timeWeights: timeWeights,
      bias: try p.bias(3, channels: filters / rank),
      scaling: try scaling(p, input, feature, time, state, output))
    return SVDFOperator(
      input: input, state: state, output: output, batches: batches, kernel: kernel)
  }

  private static func scaling(
    _ p: Preparation, _ input: Operand, _ feature: Operand, _ time: Operand, _ state: Operand,
    _ output: Operand
  ) throws(InputError) -> SVDF.Scaling {
    let (x, y) = (try p.quantization(input), try p.quantization(output))
    let cell = try p.quantization(state)
    let (featureScale, timeScale) = (
      try p.quantization(feature).scale, try p.quantization(time).scale
    )
    return SVDF.Scaling(
      inputZeroPoint: x.zeroPoint, stateZeroPoint: cell.zeroPoint, outputZeroPoint: y.zeroPoint,
      toState: try p.multiplier(
        Double(x.scale) * Double(featureScale) / Double(cell.scale)),
      toOutput: try p.multiplier(
        Double(cell.scale) * Double(timeScale) / Double(y.scale)))
  }

  func run(_ memory: Memory) {
    let (source, target) = (memory.int8(input), memory.int8(output))
    if state.type == .int8 {
      kernel.step(source, batches: batches, state: memory.int8(state), to: target)
    } else {
      kernel.step(source, batches: batches, state: memory.int16(state), to: target)
    }
  }
}
