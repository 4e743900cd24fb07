import Kernels

extension Vector {
  private var expected: [Int] { array("output_ref", "output") }

  func softmax() -> (found: [Int], expected: [Int]) {
    let (rows, depth) = (self["num_rows"], self["row_size"])
    let multiplier = multiplier(self["input_mult"], self["input_left_shift"])
    switch kernel {
    case "softmax_s16":
      var outputs = [Int16](repeating: 0, count: rows * depth)
      WideSoftmax(multiplier: multiplier, depth: depth).run(
        array("input").words, rows: rows, to: &outputs)
      return (outputs.integers, expected)
    case "softmax_s8_s16":
      var outputs = [Int16](repeating: 0, count: rows * depth)
      Softmax(multiplier: multiplier).run(
        array("input").bytes, rows: rows, depth: depth, to: &outputs)
      return (outputs.integers, expected)
    default:
      var outputs = [Int8](repeating: 0, count: rows * depth)
      Softmax(multiplier: multiplier).run(
        array("input").bytes, rows: rows, depth: depth, to: &outputs)
      return (outputs.integers, expected)
    }
  }

  func matrixProduct() -> (found: [Int], expected: [Int]) {
    let (leftTransposed, rightTransposed) = (self["adj_x"] == 1, self["adj_y"] == 1)
    let (rows, columns) = (self["output_rows"], self["output_cols"])
    let depth = leftTransposed ? self["lhs_rows"] : self["lhs_cols"]
    let kernel = MatrixProduct(
      rows: rows, depth: depth, columns: columns, leftTransposed: leftTransposed,
      rightTransposed: rightTransposed)
    let scaling = MatrixProduct.Scaling(
      leftZeroPoint: Int32(-self["lhs_offset"]), rightZeroPoint: Int32(-self["rhs_offset"]),
      outputZeroPoint: Int32(self["output_offset"]),
      multiplier: multiplier(self["output_multiplier"], self["output_shift"]))
    let (left, right) = (array("lhs_input_tensor"), array("rhs_input_tensor"))
    var outputs: [Int] = []
    for batch in 0..<self["output_batch"] {
      for height in 0..<self["output_height"] {
        func place(_ side: String) -> Int {
          let (batches, heights) = (self["\(side)_batch"], self["\(side)_height"])
          return (batches == 1 ? 0 : batch) * heights + (heights == 1 ? 0 : height)
        }
        let (x, y) = (place("lhs") * rows * depth, place("rhs") * depth * columns)
        let (a, b) = (Array(left[x..<x + rows * depth]), Array(right[y..<y + depth * columns]))
        outputs += product(kernel, scaling, a, b, count: rows * columns)
      }
    }
    return (outputs, expected)
  }

  private func product(
    _ kernel: MatrixProduct, _ scaling: MatrixProduct.Scaling, _ left: [Int], _ right: [Int],
    count: Int
  ) -> [Int] {
    var scratch = [Int32](repeating: 0, count: kernel.scratchBytes / 4)
    if self.kernel.hasSuffix("s8") {
      var outputs = [Int8](repeating: 0, count: count)
      kernel.run(left.bytes, right.bytes, to: &outputs, scaling, scratch: &scratch)
      return outputs.integers
    }
    var outputs = [Int16](repeating: 0, count: count)
    kernel.run(left.words, right.words, to: &outputs, scaling, scratch: &scratch)
    return outputs.integers
  }

  func svdf() -> (found: [Int], expected: [Int]) {
    let (rank, memory, inputs) = (self["rank"], self["time_batches"], self["input_size"])
    let batches = self["input_batches"]
    let units = self["feature_batches"] / rank
    let kernel = SVDF(
      inputs: inputs, rank: rank, memory: memory, featureWeights: array("weights_feature").bytes,
      timeWeights: array("weights_time").words, bias: bias(count: units).map(Int32.init),
      scaling: SVDF.Scaling(
        // Unlike elsewhere in CMSIS-NN, this offset is the zero point itself.
        inputZeroPoint: Int32(self["input_offset"]), stateZeroPoint: 0,
        outputZeroPoint: Int32(self["output_offset"]),
        toState: multiplier(self["multiplier_in"], self["shift_1"]),
        toOutput: multiplier(self["multiplier_out"], self["shift_2"])))
    let sequence = array("input_sequence").bytes
    let step = batches * inputs
    var outputs = [Int8](repeating: 0, count: batches * units)
    var (bytes, words) = (array("state").bytes, array("state").words)
    // Only the outputs of the last step are published.
    for start in stride(from: 0, to: sequence.count, by: step) {
      let features = Array(sequence[start..<start + step])
      if self.kernel == "svdf_s8" {
        kernel.step(features, batches: batches, state: &bytes, to: &outputs)
      } else {
        kernel.step(features, batches: batches, state: &words, to: &outputs)
      }
    }
    return (outputs.integers, expected)
  }

  func sequenceLSTM() -> (found: [Int], expected: [Int]) {
    let (inputs, units) = (self["input_size"], self["hidden_size"])
    let batches = self["batch_size"]
    let hiddenZeroPoint = Int32(self["output_zero_point"])
    func gate(_ name: String) -> SequenceLSTM.Gate {
      SequenceLSTM.Gate(
        inputWeights: array("\(name)_gate_input_weights").bytes,
        hiddenWeights: array("\(name)_gate_hidden_weights").bytes,
        bias: gateBias(name).map(Int64.init),
        inputZeroPoint: Int32(-self["input_zero_point"]), hiddenZeroPoint: hiddenZeroPoint,
        inputMultiplier: multiplier(
          self["\(name)_gate_input_multiplier"], self["\(name)_gate_input_shift"]),
        hiddenMultiplier: multiplier(
          self["\(name)_gate_hidden_multiplier"], self["\(name)_gate_hidden_shift"]))
    }
    let kernel = SequenceLSTM(
      inputs: inputs, units: units,
      gates: SequenceLSTM.Gates(
        forget: gate("forget"), input: gate("input"), cell: gate("cell"), output: gate("output")),
      scaling: SequenceLSTM.Scaling(
        forgetToCell: multiplier(
          self["forget_to_cell_multiplier"], self["forget_to_cell_shift"]),
        inputToCell: multiplier(self["input_to_cell_multiplier"], self["input_to_cell_shift"]),
        toHidden: multiplier(self["output_multiplier"], self["output_shift"]),
        hiddenZeroPoint: hiddenZeroPoint, cellPower: Int32(self["cell_scale_power"]),
        cellClip: Int16(self["cell_clip"])))
    let extent = SequenceLSTM.Extent(
      batches: batches, steps: self["time_steps"], timeMajor: isTimeMajor)
    return (run(kernel, extent, hiddenZeroPoint), array("output"))
  }

  private func gateBias(_ name: String) -> [Int] {
    let found = array("\(name)_gate_bias")
    guard VectorRevisions.withoutGateBias.contains(self.name) else { return found }
    return Array(repeating: 0, count: found.count)
  }

  private func run(
    _ kernel: SequenceLSTM, _ extent: SequenceLSTM.Extent, _ hiddenZeroPoint: Int32
  ) -> [Int] {
    let count = extent.batches * kernel.units
    var scratch = [Int16](repeating: 0, count: kernel.scratchBytes / 2)
    var cell = [Int16](repeating: 0, count: count)
    if self.kernel.hasSuffix("s8") {
      var hidden = [Int8](repeating: Int8(hiddenZeroPoint), count: count)
      var outputs = [Int8](repeating: 0, count: count * extent.steps)
      kernel.run(
        array("input_tensor").bytes, extent, hidden: &hidden, cell: &cell, to: &outputs,
        scratch: &scratch)
      return outputs.integers
    }
    var hidden = [Int16](repeating: 0, count: count)
    var outputs = [Int16](repeating: 0, count: count * extent.steps)
    kernel.run(
      array("input_tensor").words, extent, hidden: &hidden, cell: &cell, to: &outputs,
      scratch: &scratch)
    return outputs.integers
  }
}
