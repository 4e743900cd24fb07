import Bytes
import Kernels
import Models

extension Preparation {
  /// Factors multiplied without trapping: sizes in a damaged file may multiply beyond an `Int`.
  func product(_ factors: Int...) throws(InputError) -> Int {
    var result = 1
    for factor in factors {
      let (product, overflow) = result.multipliedReportingOverflow(by: factor)
      try require(
        !overflow && product <= TensorLayout.limit && product >= 0,
        "expected at most \(TensorLayout.limit) bytes of working memory")
      result = product
    }
    return result
  }

  /// Checks that an operand has `rank` dimensions, none of them zero.
  func shape(_ operand: Operand, rank: Int) throws(InputError) -> [Int] {
    try require(
      operand.shape.count == rank && operand.shape.allSatisfy { $0 > 0 },
      "expected \(rank) dimensions above zero in tensor \(operand.index), found \(operand.shape)")
    return operand.shape
  }

  /// A filter's positions over `input` [batch, height, width, channels], checked against `output`.
  ///
  /// SAME pads evenly, the odd row or column behind (TFLite's `ComputePadding`).
  func window(
    input: Operand, output: Operand, filter: Stride, stride: Stride, dilation: Stride = Stride(),
    padding: Padding
  ) throws(InputError) -> Window {
    let source = try shape(input, rank: 4)
    let target = try shape(output, rank: 4)
    let vertical = try slide(
      source[1], filter: filter.height, stride: stride.height, dilation: dilation.height, padding)
    let horizontal = try slide(
      source[2], filter: filter.width, stride: stride.width, dilation: dilation.width, padding)
    try require(
      target[0] == source[0] && target[1] == vertical.output && target[2] == horizontal.output,
      "expected an output of [\(source[0]), \(vertical.output), \(horizontal.output), …], "
        + "found \(target)")
    return Window(
      input: (source[1], source[2]), filter: (filter.height, filter.width),
      stride: (stride.height, stride.width), dilation: (dilation.height, dilation.width),
      padding: (vertical.before, horizontal.before), output: (target[1], target[2]))
  }

  private func slide(
    _ size: Int, filter: Int, stride: Int, dilation: Int, _ padding: Padding
  ) throws(InputError) -> (output: Int, before: Int) {
    let limit = 1 << 20
    try require(
      (1...limit).contains(filter) && (1...limit).contains(stride)
        && (1...limit).contains(dilation),
      "expected filter, stride and dilation within 1…\(limit), "
        + "found \(filter), \(stride), \(dilation)")
    let reach = (filter - 1) * dilation + 1
    switch padding {
    case .same:
      let output = (size + stride - 1) / stride
      return (output, max((output - 1) * stride + reach - size, 0) / 2)
    case .valid:
      try require(reach <= size, "expected a filter within \(size) pixels, found \(reach)")
      return ((size - reach) / stride + 1, 0)
    }
  }
}
