import Bytes
import Glibc
import Kernels
import Models

/// UNIDIRECTIONAL_SEQUENCE_LSTM on int8 and int16, without peepholes, projection and layer
/// normalization.
struct SequenceLSTMOperator: PreparedOperator {
  private let input: Operand
  private let hidden: Operand
  private let cell: Operand
  private let output: Operand
  private let extent: SequenceLSTM.Extent
  private let kernel: SequenceLSTM
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .sequenceLSTM(let options) = p.op.options else {
      throw p.error("expected sequence LSTM options")
    }
    for position in [9, 10, 11, 16, 17, 20, 21, 22, 23] {
      try p.require(
        p.optionalInput(position) == nil,
        "expected no peepholes, projection and layer normalization, found input \(position)")
    }
    try p.require(options.activation == .tanh, "expected an activation of tanh")
    let input = try p.input(0)
    try p.require([.int8, .int16].contains(input.type), "expected int8 or int16")
    let output = try p.output(0, input.type)
    let (hidden, cell) = (try p.input(18, input.type), try p.input(19, .int16))
    let shape = try p.shape(input, rank: 3)
    let units = try p.shape(try p.input(1, .int8), rank: 2)[0]
    let (batches, steps) =
      options.timeMajor ? (shape[1], shape[0]) : (shape[0], shape[1])
    let cells = try p.product(batches, units)
    try p.require(
      hidden.tensor.isVariable && cell.tensor.isVariable
        && hidden.count == cells && cell.count == cells,
      "expected variable states of \(batches) × \(units)")
    try p.require(
      output.shape == [shape[0], shape[1], units],
      "expected an output of [\(shape[0]), \(shape[1]), \(units)], found \(output.shape)")
    let layer = Layer(input: input, hidden: hidden, units: units)
    let kernel = SequenceLSTM(
      inputs: shape[2], units: units,
      gates: SequenceLSTM.Gates(
        forget: try layer.gate(p, 2), input: try layer.gate(p, 1), cell: try layer.gate(p, 3),
        output: try layer.gate(p, 4)),
      scaling: try layer.scaling(p, cell, clip: options.cellClip))
    return SequenceLSTMOperator(
      input: input, hidden: hidden, cell: cell, output: output,
      extent: SequenceLSTM.Extent(
        batches: batches, steps: steps, timeMajor: options.timeMajor),
      kernel: kernel, scratch: try p.scratch(bytes: kernel.scratchBytes))
  }

  func run(_ memory: Memory) {
    if input.type == .int8 {
      kernel.run(
        memory.int8(input), extent, hidden: memory.int8(hidden), cell: memory.int16(cell),
        to: memory.int8(output), scratch: memory.scratch(scratch))
    } else {
      kernel.run(
        memory.int16(input), extent, hidden: memory.int16(hidden), cell: memory.int16(cell),
        to: memory.int16(output), scratch: memory.scratch(scratch))
    }
  }
}

/// What the four gates of a layer share.
private struct Layer {
  /// Scale of a gate's argument (Q3.12) and of its result (Q0.15).
  private static let argumentScale: Float = 0x1p-12
  private static let resultScale: Float = 0x1p-15

  let input: Operand
  let hidden: Operand
  let units: Int

  /// Gate `number` of input, forget, cell, output, counted from 1 as its weights are.
  func gate(_ p: Preparation, _ number: Int) throws(InputError) -> SequenceLSTM.Gate {
    let inputWeights = try p.input(number, .int8)
    let hiddenWeights = try p.input(number + 4, .int8)
    try p.require(
      inputWeights.shape == [units, input.shape[2]] && hiddenWeights.shape == [units, units],
      "expected weights of \(units) units, found \(inputWeights.shape) and \(hiddenWeights.shape)")
    let x = try p.quantization(input)
    let h = try p.quantization(hidden)
    return SequenceLSTM.Gate(
      inputWeights: try p.constant(inputWeights), hiddenWeights: try p.constant(hiddenWeights),
      bias: try p.wideBias(number + 11, channels: units), inputZeroPoint: x.zeroPoint,
      hiddenZeroPoint: h.zeroPoint,
      inputMultiplier: try multiplier(p, x.scale, inputWeights),
      hiddenMultiplier: try multiplier(p, h.scale, hiddenWeights))
  }

  private func multiplier(
    _ p: Preparation, _ scale: Float, _ weights: Operand
  ) throws(InputError) -> QuantizedMultiplier {
    let (weightScale, zeroPoint) = try p.quantization(weights)
    try p.require(zeroPoint == 0, "expected weights with zero points of 0")
    let real = Double(scale) * Double(weightScale) / Double(Self.argumentScale)
    let multiplier = try p.multiplier(real)
    try p.require(multiplier.exponent < 15, "expected smaller weights, found a factor of \(real)")
    return multiplier
  }

  func scaling(_ p: Preparation, _ cell: Operand, clip: Float) throws(InputError)
    -> SequenceLSTM.Scaling
  {
    let (cellScale, cellZeroPoint) = try p.quantization(cell)
    let power = log2(cellScale).rounded()
    try p.require(
      cellZeroPoint == 0 && abs(log2(cellScale) - power) < 1e-3 && (-27...3).contains(power),
      "expected a cell state scaled by a power of two, found \(cellScale)")
    let (hiddenScale, hiddenZeroPoint) = try p.quantization(hidden)
    let result = Double(Self.resultScale)
    let limit = Double(clip) / Double(cellScale)
    return SequenceLSTM.Scaling(
      forgetToCell: try p.multiplier(result),
      inputToCell: try p.multiplier(result * result / Double(cellScale)),
      toHidden: try p.multiplier(result * result / Double(hiddenScale)),
      hiddenZeroPoint: hiddenZeroPoint, cellPower: Int32(power),
      cellClip: clip > 0 ? Int16(min(limit, 32767)) : 0)
  }
}
