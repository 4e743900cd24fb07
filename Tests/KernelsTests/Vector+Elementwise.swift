import Glibc
import Kernels

extension Vector {
  // MARK: Pooling

  private var expected: [Int] { array("output_ref", "output") }

  private var reduction: Pooling.Reduction { kernel.hasPrefix("avg") ? .average : .maximum }

  func pooling() -> (found: [Int], expected: [Int]) {
    let channels = self["input_c"]
    let kernel = Pooling(reduction, window: window, channels: channels, range: range)
    let inputs = array("input_tensor").bytes
    let size = self["input_h"] * self["input_w"] * channels
    let outputSize = self["output_h"] * self["output_w"] * channels
    var outputs: [Int8] = []
    for image in 0..<inputs.count / size {
      var output = [Int8](repeating: 0, count: outputSize)
      withScratch(kernel.scratchBytes) {
        kernel.run(Array(inputs[image * size..<(image + 1) * size]), to: &output, scratch: $0)
      }
      outputs += output
    }
    return (outputs.integers, expected)
  }

  func widePooling() -> (found: [Int], expected: [Int]) {
    let channels = self["input_c"]
    let kernel = DirectPooling(reduction, window: window, channels: channels)
    let inputs = array("input_tensor").words
    let size = self["input_h"] * self["input_w"] * channels
    let outputSize = self["output_h"] * self["output_w"] * channels
    var outputs: [Int16] = []
    for image in 0..<inputs.count / size {
      var output = [Int16](repeating: 0, count: outputSize)
      kernel.run(
        Array(inputs[image * size..<(image + 1) * size]), to: &output, range: range)
      outputs += output
    }
    return (outputs.integers, expected)
  }

  // MARK: Two operands

  private func row(_ count: Int) -> Broadcast? {
    Broadcast(left: [count], right: [count], result: [count])
  }

  /// The kernel takes scales; those that belong to the case's multipliers are 1/256 or so.
  func elementwise() -> (found: [Int], expected: [Int]) {
    let (left, right) = (array("input1").bytes, array("input2").bytes)
    var outputs = [Int8](repeating: 0, count: left.count)
    guard let broadcast = row(left.count) else { return ([], expected) }
    let zeroPoint = Int32(self["output_offset"])
    func scaled(_ offset: String, _ scale: Float) -> TensorScale { (scale, Int32(-self[offset])) }
    // mult 2³⁰ at shift 0 is one half: equal scales. The output's follows from its multiplier.
    let output = multiplier(self["output_mult"], self["output_shift"])
    let real = Double(output.significand) / 0x1p31 * exp2(Double(output.exponent))
    let kernel =
      self.kernel.contains("add")
      ? Elementwise(
        adding: scaled("input1_offset", 1), scaled("input2_offset", 1), subtracts: false,
        to: (Float(2 / (real * 0x1p20)), zeroPoint), range: range, broadcast: broadcast,
        arithmetic: .doubleRounding)
      : Elementwise(
        multiplying: scaled("input1_offset", 1), scaled("input2_offset", Float(real)),
        to: (1, zeroPoint), range: range, broadcast: broadcast, arithmetic: .doubleRounding)
    kernel?.run(left, right, to: &outputs)
    return (outputs.integers, expected)
  }

  func wideElementwise() -> (found: [Int], expected: [Int]) {
    let (left, right) = (array("input1").words, array("input2").words)
    var outputs = [Int16](repeating: 0, count: left.count)
    guard let broadcast = row(left.count) else { return ([], expected) }
    let output = multiplier(self["output_mult"], self["output_shift"])
    let kernel =
      self.kernel.contains("add")
      ? WideElementwise(
        adding: multiplier(self["input1_mult"], self["input1_shift"]),
        multiplier(self["input2_mult"], self["input2_shift"]), subtracts: false,
        toResult: output, range: range, broadcast: broadcast)
      : WideElementwise(multiplying: output, range: range, broadcast: broadcast)
    kernel.run(left, right, to: &outputs)
    return (outputs.integers, expected)
  }

  func extremum() -> (found: [Int], expected: [Int]) {
    func shape(_ number: Int) -> [Int] {
      ["batch", "height", "width", "channel"].map { self["\($0)_\(number)"] }
    }
    let result = ["batch", "height", "width", "channel"].map { self["output_\($0)"] }
    guard let broadcast = Broadcast(left: shape(1), right: shape(2), result: result) else {
      return ([], expected)
    }
    var outputs = [Int8](repeating: 0, count: result.reduce(1, *))
    Extremum(takesLarger: name.hasPrefix("maximum"), broadcast: broadcast).run(
      array("input_tensor_1").bytes, array("input_tensor_2").bytes, to: &outputs)
    return (outputs.integers, expected)
  }

  // MARK: Arrangement

  func transpose() -> (found: [Int], expected: [Int]) {
    // The published files lost these; they are in the headers that the files were made from.
    let layouts: [String: (shape: [Int], order: [Int])] = [
      "transpose_3dim": ([5, 4, 20], [0, 2, 1]),
      "transpose_3dim2": ([5, 4, 20], [1, 2, 0]),
      "transpose_chwn": ([5, 4, 12, 17], [3, 1, 2, 0]),
      "transpose_default": ([4, 3, 3, 22], [3, 2, 1, 0]),
      "transpose_matrix": ([5, 20], [1, 0]),
      "transpose_nchw": ([4, 9, 3, 19], [0, 3, 1, 2]),
      "transpose_ncwh": ([5, 4, 3, 9], [0, 3, 2, 1]),
      "transpose_nhcw": ([1, 1, 128, 128], [0, 1, 3, 2]),
      "transpose_nwhc": ([1, 19, 3, 64], [0, 2, 1, 3]),
      "transpose_wchn": ([4, 3, 3, 21], [2, 3, 1, 0]),
    ]
    guard let (shape, order) = layouts[name] else { return ([], expected) }
    var strides = Array(repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    let copy = IndexedCopy(
      offsets: order.map { IndexedCopy.steps(shape[$0], by: strides[$0]) }, elementSize: 1)
    let inputs = array("input_tensor").bytes
    var outputs = [Int8](repeating: 0, count: inputs.count)
    copy.run(from: inputs, to: &outputs)
    return (outputs.integers, expected)
  }
}
