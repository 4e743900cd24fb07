/// An integer long short-term memory over a sequence: int8 or int16 activations, int16 cells.
///
/// Follows the reference's `lstm_eval`: gates are two fully connected products, each rounded to
/// int16 before they are added and passed through the sigmoid tables.
package struct SequenceLSTM: Sendable {
  package struct Gate: Sendable {
    /// [units, inputs]
    package var inputWeights: [Int8]
    /// [units, units]
    package var hiddenWeights: [Int8]
    /// [units], the input's zero point already folded in.
    package var inputBias: [Int64]
    /// [units]: minus the hidden state's zero point × Σ weights.
    package var hiddenBias: [Int64]
    package var inputMultiplier: QuantizedMultiplier
    package var hiddenMultiplier: QuantizedMultiplier

    /// - Parameters:
    ///   - inputWeights: [units, inputs].
    ///   - hiddenWeights: [units, units].
    ///   - bias: [units].
    package init(
      inputWeights: [Int8], hiddenWeights: [Int8], bias: [Int64], inputZeroPoint: Int32,
      hiddenZeroPoint: Int32, inputMultiplier: QuantizedMultiplier,
      hiddenMultiplier: QuantizedMultiplier
    ) {
      self.inputWeights = inputWeights
      self.hiddenWeights = hiddenWeights
      inputBias = Self.folded(bias, inputWeights, Int64(inputZeroPoint))
      hiddenBias = Self.folded(
        Array(repeating: 0, count: bias.count), hiddenWeights, Int64(hiddenZeroPoint))
      self.inputMultiplier = inputMultiplier
      self.hiddenMultiplier = hiddenMultiplier
    }

    private static func folded(_ bias: [Int64], _ weights: [Int8], _ zeroPoint: Int64) -> [Int64] {
      let depth = weights.count / max(bias.count, 1)
      return bias.indices.map { unit in
        let row = weights[unit * depth..<(unit + 1) * depth]
        return bias[unit] &- zeroPoint &* row.reduce(Int64(0)) { $0 &+ Int64($1) }
      }
    }
  }

  package struct Gates: Sendable {
    package var forget: Gate
    package var input: Gate
    package var cell: Gate
    package var output: Gate

    package init(forget: Gate, input: Gate, cell: Gate, output: Gate) {
      self.forget = forget
      self.input = input
      self.cell = cell
      self.output = output
    }
  }

  /// How gates, cell and hidden state are scaled into each other.
  package struct Scaling: Sendable {
    /// Of forget gate × cell.
    package var forgetToCell: QuantizedMultiplier
    /// Of input gate × cell gate.
    package var inputToCell: QuantizedMultiplier
    /// Of output gate × tanh of the cell.
    package var toHidden: QuantizedMultiplier
    package var hiddenZeroPoint: Int32
    /// The cell's scale is 2 to this power.
    package var cellPower: Int32
    /// Largest magnitude of a cell; 0 for no limit.
    package var cellClip: Int16

    package init(
      forgetToCell: QuantizedMultiplier, inputToCell: QuantizedMultiplier,
      toHidden: QuantizedMultiplier, hiddenZeroPoint: Int32, cellPower: Int32, cellClip: Int16
    ) {
      self.forgetToCell = forgetToCell
      self.inputToCell = inputToCell
      self.toHidden = toHidden
      self.hiddenZeroPoint = hiddenZeroPoint
      self.cellPower = cellPower
      self.cellClip = cellClip
    }
  }

  /// Sizes of a run.
  package struct Extent: Sendable {
    package var batches: Int
    package var steps: Int
    /// Whether sequences lie [steps, batches, …] rather than [batches, steps, …].
    package var timeMajor: Bool

    package init(batches: Int, steps: Int, timeMajor: Bool) {
      self.batches = batches
      self.steps = steps
      self.timeMajor = timeMajor
    }
  }

  package let inputs: Int
  package let units: Int
  private let gates: Gates
  private let scaling: Scaling
  private let sigmoid = WideSigmoid(.logistic)
  private let gateTanh = WideSigmoid(.tanh)
  private let cellTanh: WideSigmoid

  /// For four gates and the tanh of the cell.
  package var scratchBytes: Int { 5 * units * 2 }

  package init(inputs: Int, units: Int, gates: Gates, scaling: Scaling) {
    self.inputs = inputs
    self.units = units
    self.gates = gates
    self.scaling = scaling
    // The tables take Q3.12: a cell of another power is shifted there.
    let doublings = scaling.cellPower + 12
    cellTanh =
      doublings >= 0
      ? WideSigmoid(.tanh, doublings: doublings)
      : WideSigmoid(.tanh, multiplier: 3, shift: 0 - doublings)
  }

  /// - Parameters:
  ///   - input: [batches, steps, inputs], or time first.
  ///   - hidden: [batches, units], kept from run to run.
  ///   - cell: [batches, units], kept from run to run.
  ///   - output: [batches, steps, units], or time first.
  ///   - scratch: `scratchBytes`.
  package func run(
    _ input: UnsafePointer<Int8>, _ extent: Extent, hidden: UnsafeMutablePointer<Int8>,
    cell: UnsafeMutablePointer<Int16>, to output: UnsafeMutablePointer<Int8>,
    scratch: UnsafeMutablePointer<Int16>
  ) {
    runSequence(input, extent, hidden, cell, output, scratch)
  }

  package func run(
    _ input: UnsafePointer<Int16>, _ extent: Extent, hidden: UnsafeMutablePointer<Int16>,
    cell: UnsafeMutablePointer<Int16>, to output: UnsafeMutablePointer<Int16>,
    scratch: UnsafeMutablePointer<Int16>
  ) {
    runSequence(input, extent, hidden, cell, output, scratch)
  }

  @inline(__always)
  private func runSequence<Activation: FixedWidthInteger & SignedInteger>(
    _ input: UnsafePointer<Activation>, _ extent: Extent,
    _ hidden: UnsafeMutablePointer<Activation>, _ cell: UnsafeMutablePointer<Int16>,
    _ output: UnsafeMutablePointer<Activation>, _ scratch: UnsafeMutablePointer<Int16>
  ) {
    for batch in 0..<extent.batches {
      let hidden = hidden + batch * units
      let cell = cell + batch * units
      for step in 0..<extent.steps {
        let place =
          extent.timeMajor ? step * extent.batches + batch : batch * extent.steps + step
        advance(input + place * inputs, hidden, cell, scratch)
        (output + place * units).update(from: hidden, count: units)
      }
    }
  }

  @inline(__always)
  private func advance<Activation: FixedWidthInteger & SignedInteger>(
    _ input: UnsafePointer<Activation>, _ hidden: UnsafeMutablePointer<Activation>,
    _ cell: UnsafeMutablePointer<Int16>, _ scratch: UnsafeMutablePointer<Int16>
  ) {
    let forgetGate = scratch
    let inputGate = scratch + units
    let cellGate = scratch + 2 * units
    let outputGate = scratch + 3 * units
    let squashed = scratch + 4 * units
    sum(gates.forget, input, hidden, to: forgetGate)
    sum(gates.input, input, hidden, to: inputGate)
    sum(gates.cell, input, hidden, to: cellGate)
    sum(gates.output, input, hidden, to: outputGate)
    sigmoid.run(forgetGate, count: 2 * units, to: forgetGate)
    gateTanh.run(cellGate, count: units, to: cellGate)
    sigmoid.run(outputGate, count: units, to: outputGate)
    for unit in 0..<units {
      let kept = scaling.forgetToCell.multiply(Int32(forgetGate[unit]) &* Int32(cell[unit]))
      let added = scaling.inputToCell.multiply(Int32(inputGate[unit]) &* Int32(cellGate[unit]))
      let sum = Int16(clamping: Int32(Int16(clamping: kept)) &+ Int32(Int16(clamping: added)))
      cell[unit] =
        scaling.cellClip > 0 ? max(0 &- scaling.cellClip, min(scaling.cellClip, sum)) : sum
    }
    cellTanh.run(cell, count: units, to: squashed)
    for unit in 0..<units {
      let product = Int32(squashed[unit]) &* Int32(outputGate[unit])
      hidden[unit] = Activation(
        clamping: scaling.toHidden.multiply(product) &+ scaling.hiddenZeroPoint)
    }
  }

  /// A gate's argument: both products, rounded to int16 one by one, then added with saturation.
  @inline(__always)
  private func sum<Activation: FixedWidthInteger & SignedInteger>(
    _ gate: Gate, _ input: UnsafePointer<Activation>, _ hidden: UnsafePointer<Activation>,
    to result: UnsafeMutablePointer<Int16>
  ) {
    for unit in 0..<units {
      let fromInput = product(
        gate.inputWeights, row: unit, input, count: inputs, bias: gate.inputBias[unit],
        gate.inputMultiplier)
      let fromHidden = product(
        gate.hiddenWeights, row: unit, hidden, count: units, bias: gate.hiddenBias[unit],
        gate.hiddenMultiplier)
      result[unit] = Int16(clamping: Int32(fromInput) &+ Int32(fromHidden))
    }
  }

  @inline(__always)
  private func product<Activation: FixedWidthInteger & SignedInteger>(
    _ weights: [Int8], row: Int, _ values: UnsafePointer<Activation>, count: Int, bias: Int64,
    _ multiplier: QuantizedMultiplier
  ) -> Int16 {
    weights.withUnsafeBufferPointer { weights in
      let start = row &* count
      // Int16 sums are 64 bits wide and rounded once; int8 sums are 32 bits and rounded twice.
      if Activation.bitWidth == 16 {
        var sum = bias
        for index in 0..<count {
          sum &+= Int64(Int32(values[index]) &* Int32(weights[start &+ index]))
        }
        return Int16(clamping: multiplier.multiply(sum))
      }
      var sum = Int32(truncatingIfNeeded: bias)
      for index in 0..<count {
        sum &+= Int32(values[index]) &* Int32(weights[start &+ index])
      }
      return Int16(clamping: multiplier.multiply(sum))
    }
  }
}
