/// What makes a graph impossible to run: told without a place in a file, which only readers know.
package struct GraphProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// The operator that cannot be right; nil when the graph as a whole is not.
  package var operatorIndex: Int?
  package var description: String

  package init(_ description: String, operatorIndex: Int? = nil) {
    self.description = description
    self.operatorIndex = operatorIndex
  }
}

extension Graph {
  /// Throws when operators are out of order, write where nothing may be written, or state output
  /// shapes that their inputs and options rule out.
  ///
  /// Afterwards every tensor has at most one writer, and everything that an operator reads is a
  /// constant, a graph input, a variable, or written by an earlier operator.
  package func check() throws(GraphProblem) {
    var isKnown = tensors.map { $0.constant != nil || $0.isVariable || $0.elementCount == 0 }
    var isWritable = tensors.map { $0.constant == nil }
    for index in inputs {
      guard tensors[index].constant == nil else {
        throw GraphProblem("expected input ‘\(tensors[index].name)’ to be fed, found a constant")
      }
      isKnown[index] = true
      isWritable[index] = false
    }
    for (index, operation) in operators.enumerated() {
      for case let input? in operation.inputs where !isKnown[input] {
        throw GraphProblem(
          "expected the input ‘\(tensors[input].name)’ of \(operation.kind.name) to be written by an earlier operator, found none",
          operatorIndex: index)
      }
      for output in operation.outputs {
        guard isWritable[output] else {
          throw GraphProblem(
            "expected the output ‘\(tensors[output].name)’ of \(operation.kind.name) to be written only here, found it constant, fed or already written",
            operatorIndex: index)
        }
        isWritable[output] = false
        isKnown[output] = true
      }
      do throws(GraphProblem) {
        try checkShapes(of: operation)
      } catch {
        throw GraphProblem(error.description, operatorIndex: index)
      }
    }
    for index in outputs where !isKnown[index] {
      throw GraphProblem(
        "expected the output ‘\(tensors[index].name)’ to be written by an operator, found none")
    }
  }
}
