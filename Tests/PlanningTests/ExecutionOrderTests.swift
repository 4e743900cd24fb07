import Bytes
import Models
import Planning
import TestSupport
import Testing
import VirtualTime

@Suite struct ExecutionOrderTests {
  /// A graph of operators with one output each; sizes in units of 16 bytes.
  static func model(
    sizes: [Int], operators: [(inputs: [Int], outputs: [Int])], inputs: [Int], outputs: [Int],
    variables: Set<Int> = []
  ) -> Model {
    let tensors = sizes.enumerated().map { index, size in
      Tensor(
        name: "t\(index)", shape: [1, 16 * size], type: .int8, isVariable: variables.contains(index)
      )
    }
    let graph = Graph(
      tensors: tensors,
      operators: operators.map {
        Operator(kind: .add, inputs: $0.inputs.map(Optional.some), outputs: $0.outputs)
      }, inputs: inputs, outputs: outputs)
    return Model(name: "graph", graphs: [graph], fileSize: 0)
  }

  static func random(seed: UInt64, operators: ClosedRange<Int>) -> Model {
    var random = SeededRandom(seed: seed, stream: "graph")
    let count = Int.random(in: operators, using: &random)
    let steps = (0..<count).map { index in
      let inputs = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        Int.random(in: 0...index, using: &random)
      }
      return (inputs: inputs, outputs: [index + 1])
    }
    return model(
      sizes: (0...count).map { _ in Int.random(in: 1...40, using: &random) }, operators: steps,
      inputs: [0], outputs: [count])
  }

  static func lifetimes(_ model: Model) throws -> TensorLifetimes {
    try TensorLifetimes(of: model, kernels: .reference, keepsOffsets: false)
  }

  static func peak(of model: Model, in order: [Int]) throws -> Int {
    var other = model
    other.graphs[0].operators = order.map { model.main.operators[$0] }
    return try lifetimes(other).peak
  }

  /// Whether every tensor is written before it is read.
  static func isValid(_ order: [Int], in graph: Graph) -> Bool {
    guard order.sorted() == Array(graph.operators.indices) else { return false }
    var written = Set(graph.inputs)
    let produced = Set(graph.operators.flatMap(\.outputs))
    for index in order {
      let operation = graph.operators[index]
      for tensor in operation.inputs.compactMap(\.self) where produced.contains(tensor) {
        if !written.contains(tensor) { return false }
      }
      written.formUnion(operation.outputs)
    }
    return true
  }

  static func bruteForce(_ model: Model) throws -> Int {
    var best = Int.max
    func extend(_ order: [Int]) throws {
      if order.count == model.main.operators.count {
        if isValid(order, in: model.main) { best = min(best, try peak(of: model, in: order)) }
        return
      }
      for index in model.main.operators.indices where !order.contains(index) {
        try extend(order + [index])
      }
    }
    try extend([])
    return best
  }

  @Test("hundreds of orders are valid, and their peak is that of their tensors' lifetimes")
  func valid() throws {
    for seed in 1...300 as ClosedRange<UInt64> {
      let model = Self.random(seed: seed, operators: 1...30)
      let order = ExecutionOrder(
        of: model.main, lifetimes: try Self.lifetimes(model), effort: .quick)
      #expect(Self.isValid(order.operators, in: model.main), "seed \(seed)")
      #expect(try Self.peak(of: model, in: order.operators) == order.peak, "seed \(seed)")
      #expect(order.peak <= order.originalPeak)
      #expect(order.isOriginal || order.peak < order.originalPeak)
    }
  }

  @Test("orders of small graphs are the best of all, and known to be")
  func best() throws {
    var improved = 0
    for seed in 1...60 as ClosedRange<UInt64> {
      let model = Self.random(seed: seed, operators: 2...6)
      let order = ExecutionOrder(of: model.main, lifetimes: try Self.lifetimes(model))
      #expect(try order.peak == Self.bruteForce(model), "seed \(seed)")
      #expect(order.isProvenBest)
      if !order.isOriginal { improved += 1 }
    }
    #expect(improved > 0)
  }

  @Test("of two branches, the one that shrinks runs before the other begins")
  func branches() throws {
    // Two branches that grow to 10 and shrink to 1; the file runs them side by side.
    let model = Self.model(
      sizes: [1, 10, 10, 1, 1, 1],
      operators: [([0], [1]), ([0], [2]), ([1], [3]), ([2], [4]), ([3, 4], [5])],
      inputs: [0], outputs: [5])
    let order = ExecutionOrder(of: model.main, lifetimes: try Self.lifetimes(model))
    #expect(order.originalPeak == 16 * 21)
    #expect(order.peak == 16 * 12)
    #expect(order.isProvenBest)
    #expect([[0, 2, 1, 3, 4], [1, 3, 0, 2, 4]].contains(order.operators))
  }

  @Test("operators that share a variable keep their order")
  func variables() throws {
    let model = Self.model(
      sizes: [1, 10, 10, 1, 1, 1, 4],
      operators: [([0, 6], [1]), ([0, 6], [2]), ([1, 6], [3]), ([2, 6], [4]), ([3, 4], [5])],
      inputs: [0], outputs: [5], variables: [6])
    let order = ExecutionOrder(of: model.main, lifetimes: try Self.lifetimes(model))
    #expect(order.isOriginal && order.isProvenBest)
  }

  @Test("a tensor that is written twice leaves the file's order")
  func writtenTwice() throws {
    let model = Self.model(
      sizes: [1, 10, 1], operators: [([0], [1]), ([1], [2]), ([0], [1]), ([1], [2])], inputs: [0],
      outputs: [2])
    let order = ExecutionOrder(of: model.main, lifetimes: try Self.lifetimes(model))
    #expect(order.isOriginal && !order.isProvenBest)
  }

  @Test(
    "every shared model has a best plan within its bound", .enabled(if: SharedData.isPresent),
    arguments: KernelSet.allCases)
  func shared(kernels: KernelSet) throws {
    var rows = 0
    for folder in ["models", "st_shapes"] {
      for name in SharedData.names(in: folder, suffix: ".tflite") {
        let model = try Model(tflite: SharedData.bytes("\(folder)/\(name)"), name: name)
        guard let arena = try? InterpreterArena(of: model, kernels: kernels) else { continue }
        let comparison = try PlanComparison(
          of: model, kernels: kernels, plan: arena.plan, effort: .quick)
        rows += 1
        #expect(comparison.waste >= 0, "\(name)")
        #expect(comparison.best.plan.collisions.isEmpty)
        #expect(comparison.best.lowerBound <= comparison.best.plan.size)
        #expect(comparison.order.peak <= comparison.order.originalPeak)
        #expect(Self.isValid(comparison.order.operators, in: model.main), "\(name)")
        if let reordered = comparison.reordered {
          #expect(reordered.plan.collisions.isEmpty)
          #expect(reordered.plan.size >= comparison.order.peak)
        }
      }
    }
    #expect(rows == 41)
  }
}
