/// A singular-value filter of int8 features: each filter's newest feature joins a memory, and a
/// filter over time weighs the memory.
///
/// The reference shifts the whole state by one element, across filters and batches; the last
/// element of each memory is then overwritten, so the effect is that of a shift per filter.
package struct SVDF: Sendable {
  package let inputs: Int
  package let filters: Int
  package let rank: Int
  package let memory: Int
  /// [filters, inputs]
  private let featureWeights: [Int8]
  /// [filters, memory]
  private let timeWeights: [Int16]
  /// [filters ÷ rank]
  private let bias: [Int32]
  private let inputZeroPoint: Int32
  private let stateZeroPoint: Int32
  private let outputZeroPoint: Int32
  private let toState: QuantizedMultiplier
  private let toOutput: QuantizedMultiplier

  package struct Scaling: Sendable {
    package var inputZeroPoint: Int32
    package var stateZeroPoint: Int32
    package var outputZeroPoint: Int32
    package var toState: QuantizedMultiplier
    package var toOutput: QuantizedMultiplier

    package init(
      inputZeroPoint: Int32, stateZeroPoint: Int32, outputZeroPoint: Int32,
      toState: QuantizedMultiplier, toOutput: QuantizedMultiplier
    ) {
      self.inputZeroPoint = inputZeroPoint
      self.stateZeroPoint = stateZeroPoint
      self.outputZeroPoint = outputZeroPoint
      self.toState = toState
      self.toOutput = toOutput
    }
  }

  /// - Parameters:
  ///   - featureWeights: [filters, inputs].
  ///   - timeWeights: [filters, memory].
  ///   - bias: [filters ÷ rank].
  package init(
    inputs: Int, rank: Int, memory: Int, featureWeights: [Int8], timeWeights: [Int16],
    bias: [Int32], scaling: Scaling
  ) {
    self.inputs = inputs
    filters = bias.count * rank
    self.rank = rank
    self.memory = memory
    self.featureWeights = featureWeights
    self.timeWeights = timeWeights
    self.bias = bias
    inputZeroPoint = scaling.inputZeroPoint
    stateZeroPoint = scaling.stateZeroPoint
    outputZeroPoint = scaling.outputZeroPoint
    toState = scaling.toState
    toOutput = scaling.toOutput
  }

  /// One step of `batches` independent sequences.
  ///
  /// - Parameters:
  ///   - input: [batches, inputs].
  ///   - state: [batches, filters, memory], kept from step to step.
  ///   - output: [batches, filters ÷ rank].
  package func step(
    _ input: UnsafePointer<Int8>, batches: Int, state: UnsafeMutablePointer<Int8>,
    to output: UnsafeMutablePointer<Int8>
  ) {
    advance(input, batches, state, output)
  }

  package func step(
    _ input: UnsafePointer<Int8>, batches: Int, state: UnsafeMutablePointer<Int16>,
    to output: UnsafeMutablePointer<Int8>
  ) {
    advance(input, batches, state, output)
  }

  @inline(__always)
  private func advance<State: FixedWidthInteger & SignedInteger>(
    _ input: UnsafePointer<Int8>, _ batches: Int, _ state: UnsafeMutablePointer<State>,
    _ output: UnsafeMutablePointer<Int8>
  ) {
    for batch in 0..<batches {
      let features = input + batch * inputs
      let states = state + batch * filters * memory
      let outputs = output + batch * bias.count
      featureWeights.withUnsafeBufferPointer { weights in
        for filter in 0..<filters {
          let cells = states + filter * memory
          for cell in 1..<max(memory, 1) { cells[cell &- 1] = cells[cell] }
          var sum: Int32 = 0
          for index in 0..<inputs {
            sum &+=
              Int32(weights[filter &* inputs &+ index])
              &* (Int32(features[index]) &- inputZeroPoint)
          }
          let feature = max(Int32(State.min), min(Int32(State.max), toState.multiply(sum)))
          cells[memory &- 1] = State(truncatingIfNeeded: stateZeroPoint &+ feature)
        }
      }
      timeWeights.withUnsafeBufferPointer { weights in
        for unit in 0..<bias.count {
          var sum = bias[unit]
          // A unit's filters lie together: rank × memory elements.
          let start = unit &* rank &* memory
          for index in start..<start &+ rank &* memory {
            sum &+= Int32(weights[index]) &* (Int32(states[index]) &- stateZeroPoint)
          }
          outputs[unit] = Int8(clamping: toOutput.multiply(sum) &+ outputZeroPoint)
        }
      }
    }
  }
}
