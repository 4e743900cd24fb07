package import Bytes
package import Models

/// A stretch of memory that an interpreter plans into its arena.
package struct ArenaBuffer: Equatable, Sendable {
  package enum Owner: Equatable, Sendable {
    case tensor(graph: Int, index: Int)
    /// Scratch of an operator: its request number among the operator's own.
    case scratch(graph: Int, operation: Int, request: Int)
  }

  package var owner: Owner
  /// As asked for; planned in multiples of `ArenaPlan.alignment`.
  package var bytes: Int
  /// First and last scope in which it must keep its contents. Scope 0 is before the first operator,
  /// operator i runs in scope i + 1; −1 stands for a tensor that nothing produces.
  package var first: Int
  package var last: Int
  /// Where the model file itself puts it, by its `OfflineMemoryAllocation`.
  package var fixedOffset: Int?

  package init(owner: Owner, bytes: Int, first: Int, last: Int, fixedOffset: Int? = nil) {
    self.owner = owner
    self.bytes = bytes
    self.first = first
    self.last = last
    self.fixedOffset = fixedOffset
  }

  package var alignedBytes: Int { bytes.roundedUp(to: ArenaPlan.alignment) }

  package func isAlive(in scope: Int) -> Bool { first <= scope && scope <= last }

  package func overlapsInTime(_ other: ArenaBuffer) -> Bool {
    first <= other.last && other.first <= last
  }
}

/// Which buffers a model needs and when, by the rules of TFLM's allocation builder
/// (tflite-micro @90b983c, `micro_allocation_info.cc`).
package struct TensorLifetimes: Equatable, Sendable {
  /// Tensors in file order, then scratch in the order of the requests.
  package var buffers: [ArenaBuffer]
  /// One for the inputs and one for each operator of the main graph.
  package var scopeCount: Int

  package init(buffers: [ArenaBuffer], scopeCount: Int) {
    self.buffers = buffers
    self.scopeCount = scopeCount
  }

  /// - Parameter keepsOffsets: Whether tensors stay where the file puts them, as they do in the
  ///   runtime, or are free.
  /// - Throws: `InputError` for control flow, whose graphs run inside an operator's scope, and for
  ///   an `OfflineMemoryAllocation` that does not describe this model.
  package init(
    of model: Model, kernels: KernelSet, keepsOffsets: Bool = true
  ) throws(InputError) {
    try Self.refuseControlFlow(model)
    let offsets = keepsOffsets ? try OfflineOffsets.read(model) : nil
    var tensors: [[ArenaBuffer]] = []
    var position = 0
    for (graphIndex, graph) in model.graphs.enumerated() {
      tensors.append(
        graph.tensors.indices.map { index in
          defer { position += 1 }
          return ArenaBuffer(
            owner: .tensor(graph: graphIndex, index: index),
            bytes: graph.tensors[index].byteCount, first: -1, last: -1,
            fixedOffset: offsets?[position])
        })
    }
    // Only the main graph runs; tensors of others keep the scope −1 of things nobody produces.
    var main = Lifetimes(count: model.main.tensors.count)
    main.trace(model.main)
    for index in model.main.tensors.indices {
      (tensors[0][index].first, tensors[0][index].last) = (main.first[index], main.last[index])
    }
    var buffers: [ArenaBuffer] = []
    for (graphIndex, graph) in model.graphs.enumerated() {
      for (index, tensor) in graph.tensors.enumerated() {
        let buffer = tensors[graphIndex][index]
        let isPlanned = !tensor.isVariable || buffer.fixedOffset != nil
        if tensor.constant == nil && isPlanned && buffer.bytes > 0 { buffers.append(buffer) }
      }
    }
    for (index, operation) in model.main.operators.enumerated() {
      let requests = ScratchRequests.bytes(of: operation, in: model.main, kernels: kernels)
      for (request, bytes) in requests.enumerated() {
        buffers.append(
          ArenaBuffer(
            owner: .scratch(graph: 0, operation: index, request: request), bytes: bytes,
            first: index + 1, last: index + 1))
      }
    }
    self.init(buffers: buffers, scopeCount: model.main.operators.count + 1)
  }

  private static func refuseControlFlow(_ model: Model) throws(InputError) {
    for (index, operation) in model.main.operators.enumerated()
    where [.if, .while, .callOnce].contains(operation.kind) {
      throw InputError(
        file: model.name, at: .nowhere,
        "expected a model without control flow to plan, found \(operation.kind.name) as operator \(index)",
        advice: "unroll it when converting the model")
    }
  }

  /// Scopes of the tensors of one graph.
  private struct Lifetimes {
    var first: [Int]
    var last: [Int]

    init(count: Int) {
      first = Array(repeating: -1, count: count)
      last = first
    }

    mutating func trace(_ graph: Graph) {
      for index in graph.inputs { touch(index, scope: 0) }
      for (position, operation) in graph.operators.enumerated() {
        for index in operation.outputs { touch(index, scope: position + 1) }
        for index in operation.inputs.compactMap(\.self) { last[index] = position + 1 }
        for index in operation.outputs { last[index] = position + 1 }
      }
      for index in graph.outputs { touch(index, scope: graph.operators.count) }
    }

    /// Produced in this scope, unless it was before, and needed in it.
    private mutating func touch(_ index: Int, scope: Int) {
      if first[index] == -1 { first[index] = scope }
      last[index] = scope
    }
  }
}

/// Offsets that a converter put into the file, one for each tensor of all graphs.
enum OfflineOffsets {
  static let name = "OfflineMemoryAllocation"

  /// Three little-endian 32-bit words (version, graph, count), then one offset for each tensor;
  /// −1 leaves a tensor to the planner.
  static func read(_ model: Model) throws(InputError) -> [Int?]? {
    guard let bytes = model.metadata[name] else { return nil }
    let count = model.graphs.reduce(0) { $0 + $1.tensors.count }
    guard bytes.count >= 12, word(bytes, 2) == count, bytes.count >= 12 + 4 * count else {
      throw InputError(
        file: model.name, at: .nowhere,
        "expected \(name) to hold offsets for \(count) tensors, found \(bytes.count) bytes",
        advice: "convert the model again without offline planning")
    }
    var offsets: [Int?] = []
    for index in 0..<count {
      let offset = word(bytes, 3 + index)
      guard offset >= -1 else {
        throw InputError(
          file: model.name, at: .nowhere,
          "expected an offset of at least 0 or −1 for tensor \(index) in \(name), found \(offset)")
      }
      offsets.append(offset == -1 ? nil : offset)
    }
    return offsets
  }

  private static func word(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Int {
    let start = bytes.startIndex + 4 * index
    let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }
    return Int(Int32(bitPattern: value))
  }
}

extension Int {
  /// The next multiple of a power of two.
  func roundedUp(to alignment: Int) -> Int { (self + alignment - 1) & ~(alignment - 1) }
}
