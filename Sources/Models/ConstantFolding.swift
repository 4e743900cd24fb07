extension Graph {
  /// Which operators a compiler computes beforehand: their outputs follow from constants and from
  /// shapes, which are all fixed in these graphs.
  package var foldsBeforehand: [Bool] {
    var isKnown = tensors.map { $0.constant != nil }
    return operators.map { operation in
      let inputs = operation.inputs.compactMap { $0 }
      let isFixed =
        operation.kind == .shape || (!inputs.isEmpty && inputs.allSatisfy { isKnown[$0] })
      if isFixed {
        for output in operation.outputs { isKnown[output] = true }
      }
      return isFixed
    }
  }
}
