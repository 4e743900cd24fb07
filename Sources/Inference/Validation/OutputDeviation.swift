package import Bytes
package import Kernels
package import Models

/// How far a model's output lies from what another runtime gave for the same inputs.
package struct OutputDeviation: Sendable {
  package var arithmetic: Arithmetic
  /// The other runtime; may be empty.
  package var reference: String
  package var output: Int
  package var tensor: Tensor

  /// In the output's own unit; infinite where one is a number and the other is not.
  package var largest = 0.0
  /// Where that is: the case, and the element of the output.
  package var largestCase = 0
  package var largestElement = 0
  /// Over all elements of all cases.
  package var mean = 0.0
  /// Cases whose greatest element is the same, the first of several that are equal.
  package var agreements = 0
  package var caseCount: Int

  /// Whether the output is one vector of scores, so that its greatest element is an answer.
  package var hasAnswer: Bool { tensor.shape.filter { $0 != 1 }.count == 1 }

  /// Runs a model on every saved input and compares.
  ///
  /// State of stateful models starts anew with each case.
  ///
  /// - Parameter progress: Told the share that is done.
  /// - Returns: One deviation a reference, in their order.
  /// - Throws: `InputError` when the model does not run or an array is of no use.
  package static func measured(
    _ model: Model, _ arithmetic: Arithmetic, against saved: SavedOutputs,
    progress: (Double) -> Void = { _ in }
  ) throws(InputError) -> [OutputDeviation] {
    var interpreter = try Interpreter(model, arithmetic: arithmetic)
    var deviations: [OutputDeviation] = []
    var expected: [[Double]] = []
    for reference in saved.references {
      let tensor = interpreter.outputTensor(reference.output)
      deviations.append(
        OutputDeviation(
          arithmetic: arithmetic, reference: reference.name, output: reference.output,
          tensor: tensor, caseCount: saved.caseCount))
      expected.append(try reference.reals(tensor))
    }
    for number in 0..<saved.caseCount {
      interpreter.resetVariables()
      for index in 0..<interpreter.inputCount {
        let bytes = try saved.input(index, case: number, interpreter.inputTensor(index))
        try interpreter.setInput(index, bytes: bytes)
      }
      try interpreter.invoke()
      for index in deviations.indices {
        let tensor = deviations[index].tensor
        guard let found = tensor.readings(of: interpreter.output(deviations[index].output))
        else {
          throw InputError(
            file: model.name, at: .key("output \(deviations[index].output)"),
            "expected an output of numbers, found \(tensor.type.name)")
        }
        let start = number * tensor.elementCount
        deviations[index].add(
          found.reals, expected[index][start..<start + tensor.elementCount], case: number)
      }
      progress(Double(number + 1) / Double(saved.caseCount))
    }
    for index in deviations.indices {
      deviations[index].mean /= Double(max(1, expected[index].count))
    }
    return deviations
  }

  private mutating func add(_ found: [Double], _ expected: ArraySlice<Double>, case number: Int) {
    for (index, (one, other)) in zip(found, expected).enumerated() {
      let deviation = Self.distance(one, other)
      mean += deviation
      if deviation > largest {
        (largest, largestCase, largestElement) = (deviation, number, index)
      }
    }
    if Self.answer(found[...]) == Self.answer(expected) { agreements += 1 }
  }

  private static func distance(_ one: Double, _ other: Double) -> Double {
    if one == other || (one.isNaN && other.isNaN) { return 0 }
    let distance = abs(one - other)
    return distance.isNaN ? .infinity : distance
  }

  private static func answer(_ scores: ArraySlice<Double>) -> Int {
    var best = 0
    for (index, score) in scores.enumerated() where score > scores[scores.startIndex + best] {
      best = index
    }
    return best
  }
}
