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
    let geometry = try p.fullyConnectedGeometry(.int8)
    let (units, depth) = (geometry.outputChannels, geometry.channels)
    let (scales, zeroPoints) = try p.channelQuantization(geometry.filter, channels: units, axis: 0)
    let requantizer = try p.requantizer(
      input: geometry.input, weightScales: scales, output: geometry.output, activation: activation)
    var weights = try p.weights(geometry.filter)
    for unit in 0..<units where zeroPoints[unit] != 0 {
      for index in unit * depth..<(unit + 1) * depth { weights[index] -= Int16(zeroPoints[unit]) }
    }
    let kernel = Convolution(
      window: geometry.window, channels: depth, groups: 1, outputChannels: units, weights: weights,
      bias: try p.bias(2, channels: units),
      inputZeroPoint: Int16(try p.quantization(geometry.input).zeroPoint),
      requantizer: requantizer)
    return FullyConnectedOperator(
      input: geometry.input, output: geometry.output, kernel: kernel,
      scratch: try p.scratch(bytes: kernel.scratchBytes))
  }

  func run(_ memory: Memory) {
    kernel.run(memory.int8(input), to: memory.int8(output), scratch: memory.scratch(scratch))
  }
}
