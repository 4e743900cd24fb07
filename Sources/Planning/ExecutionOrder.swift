package import Models

/// Orders in which the operators of a graph may run, and the one that keeps the least alive at once.
///
/// What an operator reads must have been written; operators with effects besides their outputs
/// (variables, resources, custom ones) keep their order among each other.
package struct ExecutionOrder: Equatable, Sendable {
  /// Indices into the graph's operators, in the order in which they run.
  package var operators: [Int]
  /// Most bytes alive at once in this order, each buffer rounded up.
  package var peak: Int
  /// Most bytes alive at once in the order of the file.
  package var originalPeak: Int
  /// Whether no valid order has a lower peak.
  package var isProvenBest: Bool
  /// Partial orders that the search looked at; 0 where the graph leaves no choice worth a search.
  package var nodes: Int

  package var isOriginal: Bool { operators == Array(operators.indices) }

  /// - Parameters:
  ///   - lifetimes: Of the graph's tensors and scratch in the order of the file.
  package init(of graph: Graph, lifetimes: TensorLifetimes, effort: SearchEffort = .thorough) {
    operators = Array(graph.operators.indices)
    originalPeak = lifetimes.peak
    peak = originalPeak
    nodes = 0
    guard let dependencies = OperatorDependencies(of: graph, lifetimes: lifetimes) else {
      // Tensors that are written twice: the file's order is the only one that surely means the same.
      isProvenBest = false
      return
    }
    isProvenBest = peak <= dependencies.lowerBound
    var left = effort.orderNodes
    while !isProvenBest {
      var search = OrderSearch(dependencies, below: peak, limit: left)
      let order = search.run()
      nodes += search.nodes
      left -= search.nodes
      guard let order else {
        isProvenBest = !search.ranOut
        return
      }
      operators = order.operators
      peak = order.peak
      isProvenBest = peak <= dependencies.lowerBound
    }
  }
}

extension Graph {
  /// The same graph with its operators in another order.
  package func reordered(_ order: ExecutionOrder) -> Graph {
    var graph = self
    graph.operators = order.operators.map { operators[$0] }
    return graph
  }
}

/// Which operator waits for which, and what each keeps alive.
struct OperatorDependencies {
  /// Operators that must have run before.
  private(set) var before: [[Int]]
  /// Operators that wait.
  private(set) var after: [[Int]]
  /// Bytes of scratch of each operator.
  private(set) var scratch: [Int]
  /// Planned bytes of each tensor; 0 for constants and variables.
  private(set) var bytes: [Int]
  /// Distinct planned tensors that an operator reads.
  private(set) var reads: [[Int]]
  /// Distinct planned tensors that an operator writes.
  private(set) var writes: [[Int]]
  /// How many operators read each tensor, and one more for a graph output.
  private(set) var readers: [Int]
  /// Tensors that exist before the first operator.
  private(set) var initial: [Int] = []
  /// No order has a lower peak: what one operator alone needs.
  private(set) var lowerBound = 0

  /// nil where a tensor is written more than once.
  init?(of graph: Graph, lifetimes: TensorLifetimes) {
    let count = graph.operators.count
    scratch = Array(repeating: 0, count: count)
    bytes = Array(repeating: 0, count: graph.tensors.count)
    for buffer in lifetimes.buffers {
      switch buffer.owner {
      case .tensor(0, let index): bytes[index] = buffer.alignedBytes
      case .tensor: break
      case .scratch(_, let operation, _): scratch[operation] += buffer.alignedBytes
      }
    }
    reads = []
    writes = []
    readers = Array(repeating: 0, count: graph.tensors.count)
    var writer = [Int](repeating: -1, count: graph.tensors.count)
    for (index, operation) in graph.operators.enumerated() {
      writes.append(Set(operation.outputs).sorted())
      reads.append(Set(operation.inputs.compactMap(\.self)).subtracting(writes[index]).sorted())
      for tensor in writes[index] {
        if writer[tensor] >= 0 || graph.inputs.contains(tensor) { return nil }
        writer[tensor] = index
      }
      for tensor in reads[index] { readers[tensor] += 1 }
    }
    for tensor in Set(graph.outputs).sorted() { readers[tensor] += 1 }

    before = Array(repeating: [], count: count)
    after = before
    var lastEffect: Int?
    for (index, operation) in graph.operators.enumerated() {
      var needed = Set(reads[index].map { writer[$0] }.filter { $0 >= 0 })
      if graph.hasEffect(operation) {
        if let lastEffect { needed.insert(lastEffect) }
        lastEffect = index
      }
      // A file whose own order is wrong has no other.
      if needed.contains(where: { $0 >= index }) { return nil }
      before[index] = needed.sorted()
      for earlier in before[index] { after[earlier].append(index) }
    }
    for tensor in graph.tensors.indices where writer[tensor] < 0 {
      if readers[tensor] > 0 || graph.inputs.contains(tensor) { initial.append(tensor) }
    }
    lowerBound =
      graph.operators.indices.map { index in
        (reads[index] + writes[index]).reduce(scratch[index]) { $0 + bytes[$1] }
      }.max() ?? 0
  }
}

extension Graph {
  fileprivate func hasEffect(_ operation: Operator) -> Bool {
    switch operation.kind {
    case .custom, .callOnce, .varHandle, .readVariable, .assignVariable: true
    default: operation.inputs.contains { $0.map { tensors[$0].isVariable } ?? false }
    }
  }
}
