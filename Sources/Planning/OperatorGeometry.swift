import Models

/// Sizes of a convolution-like operator, as the kernels' own preparation derives them.
struct OperatorGeometry {
  var batch: Int
  var inputHeight: Int
  var inputWidth: Int
  var inputChannels: Int
  var outputHeight: Int
  var outputWidth: Int
  var outputChannels: Int
  var filterHeight: Int
  var filterWidth: Int
  var filterChannels: Int
  var options: ConvolutionOptions

  /// Nil unless the operator has the ranks that its kernel insists on.
  init?(_ operation: Operator, in graph: Graph) {
    guard case .convolution(let options) = operation.options,
      let input = graph.input(operation.kind == .transposeConv ? 2 : 0, of: operation)?.shape,
      let filter = graph.input(1, of: operation)?.shape,
      let output = operation.outputs.first.map({ graph.tensors[$0].shape }),
      input.count == 4, filter.count == 4, output.count == 4
    else { return nil }
    batch = input[0]
    (inputHeight, inputWidth, inputChannels) = (input[1], input[2], input[3])
    (outputHeight, outputWidth, outputChannels) = (output[1], output[2], output[3])
    (filterHeight, filterWidth, filterChannels) = (filter[1], filter[2], filter[3])
    self.options = options
  }

  var hasUnitDilation: Bool { options.dilation == Stride() }
  var paddingHeight: Int {
    Self.padding(
      inputHeight, outputHeight, filterHeight, options.stride.height, options.dilation.height)
  }
  var paddingWidth: Int {
    Self.padding(inputWidth, outputWidth, filterWidth, options.stride.width, options.dilation.width)
  }

  /// Rows or columns of padding before the first input; the odd one goes behind the last.
  private static func padding(
    _ input: Int, _ output: Int, _ filter: Int, _ stride: Int, _ dilation: Int
  ) -> Int {
    let reach = (output - 1) * stride + (filter - 1) * dilation + 1
    return max(0, reach - input) / 2
  }
}

extension Graph {
  /// The tensor at an operator's input, when there is one.
  func input(_ position: Int, of operation: Operator) -> Tensor? {
    guard position < operation.inputs.count, let index = operation.inputs[position] else {
      return nil
    }
    return tensors[index]
  }

  func output(of operation: Operator) -> Tensor? { operation.outputs.first.map { tensors[$0] } }
}
