import Bytes
import Kernels
import Models

/// FULLY_CONNECTED on int8: a convolution over as many pixels as there are rows.
struct FullyConnectedOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let kernel: Convolution
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .fullyConnected(let activation, _, let shuffled) = p.op.options else {
      throw p.error("expected fully connected options")
    }
    try p.require(!shuffled, "expected weights in the default order, found shuffled ones")
    let input = try p.input(0, .int8)
    let output = try p.output(0, .int8)
    let filter = try p.input(1)
    let shape = try p.shape(filter, rank: 2)
    let (units, depth) = (shape[0], shape[1])
    try p.require(
      input.count > 0 && input.count.isMultiple(of: depth)
        && output.count == input.count / depth * units,
      "expected an output of \(input.count) ÷ \(depth) × \(units) elements, found \(output.shape)")
    let (scales, zeroPoints) = try p.channelQuantization(filter, channels: units, axis: 0)
    let requantizer = try p.requantizer(
      input: input, weightScales: scales, output: output, activation: activation)
    var weights = try p.weights(filter)
    for unit in 0..<units where zeroPoints[unit] != 0 {
      for index in unit * depth..<(unit + 1) * depth { weights[index] -= Int16(zeroPoints[unit]) }
    }
    let rows = input.count / depth
    let window = Window(input: (rows, 1), filter: (1, 1), output: (rows, 1))
    let kernel = Convolution(
      window: window, channels: depth, groups: 1, outputChannels: units, weights: weights,
      bias: try p.bias(2, channels: units),
      inputZeroPoint: Int16(try p.quantization(input).zeroPoint), requantizer: requantizer)
    return FullyConnectedOperator(
      input: input, output: output, kernel: kernel,
      scratch: try p.scratch(bytes: kernel.scratchBytes))
  }

  func run(_ memory: Memory) {
    kernel.run(memory.int8(input), to: memory.int8(output), scratch: memory.scratch(scratch))
  }
}
