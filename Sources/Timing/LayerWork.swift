package import Boards
package import Models

/// What one operator has to do, counted from its shapes alone.
package struct LayerWork: Sendable, Equatable {
  /// Position in the graph's list of operators.
  package var operatorIndex: Int
  package var kind: OperatorKind
  package var outputShape: [Int]
  package var macs = 0
  /// What error bars depend on.
  package var shape = LayerShape()
  /// Bytes of weights, biases left out.
  package var weightBytes = 0
  /// Output pixels for each of which a kernel needs all the weights.
  package var weightUses = 0
  /// Bytes of activations read and written, each counted once.
  package var activationBytes = 0
  /// The output has fewer pixels than the input.
  package var shrinks = false
  /// Nothing remains of this operator at run time when a runtime folds what it knows beforehand.
  package var isConstant = false
  /// The element type or kind is one that no measurement behind a profile had.
  package var isUncalibrated = false
  /// Words of four weights and of four activations that the kernel loads, and bytes that it stores; a
  /// cache serves most of them.
  package var weightReads = 0.0
  package var activationReads = 0.0
  /// Counts per term, in order of `RuntimeCost.allCases`; fills of lines depend on the memory and are
  /// not among them.
  package private(set) var counts = [Double](repeating: 0, count: RuntimeCost.allCases.count)

  init(operatorIndex: Int, kind: OperatorKind, outputShape: [Int]) {
    self.operatorIndex = operatorIndex
    self.kind = kind
    self.outputShape = outputShape
  }

  package subscript(_ cost: RuntimeCost) -> Double {
    get { counts[cost.position] }
    set { counts[cost.position] = newValue }
  }

  /// Cache lines of weights fetched in one inference: all of them once, or once per pass when they
  /// are too many to stay in a data cache of `cache` bytes.
  package func weightLines(cache: Int) -> Int {
    let lines = (weightBytes + 31) / 32
    let passes = (weightUses + Self.pixelsPerPass - 1) / Self.pixelsPerPass
    return weightBytes <= cache ? lines : lines * max(1, passes)
  }

  /// Lines of activations, each counted once: the kernels walk over them in order.
  package var activationLines: Int { (activationBytes + 31) / 32 }

  /// Output pixels computed in one walk over the weights. CMSIS-NN takes two; four predict ST's
  /// networks better, families left out.
  private static let pixelsPerPass = 4
}

extension RuntimeCost {
  /// Index into per-term arrays.
  package var position: Int { Self.positions[self]! }

  private static let positions = Dictionary(
    uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

extension LayerWork {
  /// The work of every operator of `graph`, in order.
  package static func of(_ graph: Graph) -> [LayerWork] {
    let isConstant = graph.foldsBeforehand
    return graph.operators.indices.map { index in
      var work = LayerWork(index, of: graph)
      work.isConstant = isConstant[index]
      return work
    }
  }
}
