import Kernels

extension Vector {
  /// A whole keyword network, layer by layer.
  func network() -> (found: [Int], expected: [Int]) {
    var values = array("input")
    for (number, name) in layers {
      var layer = layer(
        parameters: "\(name)_\(number)_", arrays: "layer_\(number)_\(name)_", input: values)
      layer.kernel = name
      switch name {
      case "conv_2d": values = layer.convolution().found
      case "depthwise_conv_2d": values = layer.depthwise().found
      case "average_pool_2d": values = layer.averagePool(channels: layer["in_ch"])
      case "fully_connected": values = layer.classes(of: values)
      case "softmax": values = layer.shares(of: values)
      default: values = []
      }
    }
    return (values, array("output_ref"))
  }

  private func averagePool(channels: Int) -> [Int] {
    let kernel = Pooling(.average, window: window, channels: channels, range: range)
    var output = [Int8](repeating: 0, count: self["output_h"] * self["output_w"] * channels)
    withScratch(kernel.scratchBytes) {
      kernel.run(array("input").bytes, to: &output, scratch: $0)
    }
    return output.integers
  }

  /// The published `out_ch` of this layer is its input's: the bias tells the real one.
  private func classes(of values: [Int]) -> [Int] {
    let units = array("bias").count
    let kernel = Convolution(
      window: Window(input: (1, 1), filter: (1, 1), output: (1, 1)), channels: values.count,
      groups: 1, outputChannels: units, weights: weights(count: values.count * units),
      bias: bias(count: units).map(Int32.init), inputZeroPoint: Int16(-self["input_offset"]),
      requantizer: requantizer(channels: units, outputOffset: self["output_offset"]))
    var outputs = [Int8](repeating: 0, count: units)
    withScratch(kernel.scratchBytes) { kernel.run(values.bytes, to: &outputs, scratch: $0) }
    return outputs.integers
  }

  private func shares(of values: [Int]) -> [Int] {
    var outputs = [Int8](repeating: 0, count: values.count)
    Softmax(multiplier: multiplier(self["mult"], self["shift"])).run(
      values.bytes, rows: 1, depth: values.count, to: &outputs)
    return outputs.integers
  }
}
