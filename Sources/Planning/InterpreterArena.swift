package import Bytes
package import Models

/// The whole arena of a TFLM interpreter on a 32-bit Arm: planned head, persistent tail, and what
/// allocation itself needs for a moment in between.
///
/// By tflite-micro @90b983c, `micro_allocator.cc`, `micro_interpreter.cc` and
/// `single_arena_buffer_allocator.cc`. The arena begins and ends at multiples of 16.
package struct InterpreterArena: Equatable, Sendable {
  package struct Part: Equatable, Sendable {
    package var name: String
    package var bytes: Int
  }

  package var kernels: KernelSet
  package var plan: ArenaPlan
  /// Persistent allocations by purpose, alignment included; their sum is the tail.
  package var tailParts: [Part]
  /// Smallest multiple of 16 with which `AllocateTensors` succeeds.
  package var minimum: Int
  /// Smallest two arenas with which it succeeds when they are given apart, multiples of 16.
  package var divided: Divided

  /// `MicroAllocator::Create` takes persistent and other memory as two arenas as well, which need not
  /// be neighbours.
  package struct Divided: Equatable, Sendable {
    package var persistent: Int
    package var nonPersistent: Int
  }
  /// Why `minimum` exceeds what the interpreter reports as used; nil when it does not.
  package var reason: String?

  /// Bytes of activations and scratch.
  package var head: Int { plan.size }
  /// Bytes of records that last as long as the interpreter.
  package var tail: Int { tailParts.reduce(0) { $0 + $1.bytes } }
  /// What `arena_used_bytes()` answers.
  package var used: Int { head + tail }

  /// PersistentArenaBufferAllocator (16) and NonPersistentArenaBufferAllocator (32) in place of
  /// SingleArenaBufferAllocator (36), as declared in `micro/arena_allocator/*.h`.
  private static let dividedAllocators = 16 + 32 - 36

  /// - Throws: `InputError` where the model cannot be planned, see `TensorLifetimes`.
  package init(of model: Model, kernels: KernelSet) throws(InputError) {
    let lifetimes = try TensorLifetimes(of: model, kernels: kernels)
    let plan = ArenaPlan(greedy: lifetimes)
    var allocation = Allocation(model: model, kernels: kernels, buffers: lifetimes.buffers)
    allocation.run(head: plan.size)
    self.kernels = kernels
    self.plan = plan
    tailParts = allocation.parts
    minimum = allocation.peak.roundedUp(to: ArenaPlan.alignment)
    divided = Divided(
      persistent: (allocation.tail + Self.dividedAllocators).roundedUp(to: ArenaPlan.alignment),
      nonPersistent: allocation.headPeak.roundedUp(to: ArenaPlan.alignment))
    reason = minimum > (head + tail).roundedUp(to: ArenaPlan.alignment) ? allocation.cause : nil
  }
}

/// Replays the interpreter's allocations in their order.
private struct Allocation {
  let model: Model
  let kernels: KernelSet
  let buffers: [ArenaBuffer]
  var parts: [InterpreterArena.Part] = []
  /// Bytes from the arena's end down to the lowest persistent allocation.
  private(set) var tail = 0
  /// The most that head and temporary memory have been at once.
  private(set) var headPeak = 0
  /// The most that head, temporary and tail memory have been at once.
  private(set) var peak = 0
  /// What takes place at that moment.
  private(set) var cause = ""

  private typealias Part = InterpreterArena.Part

  init(model: Model, kernels: KernelSet, buffers: [ArenaBuffer]) {
    self.model = model
    self.kernels = kernels
    self.buffers = buffers
  }

  private mutating func keep(_ record: Record, for name: String) {
    let next = (tail + record.bytes).roundedUp(to: record.alignment)
    if let index = parts.firstIndex(where: { $0.name == name }) {
      parts[index].bytes += next - tail
    } else {
      parts.append(Part(name: name, bytes: next - tail))
    }
    tail = next
  }

  private mutating func keepAligned(_ bytes: Int, for name: String) {
    keep(Record(bytes, alignment: ArenaPlan.alignment), for: name)
  }

  mutating func run(head: Int) {
    startModel()
    prepareOperators()
    planMemory()
    note(head: head, temporary: 0, "running")
    for tensors in [model.main.inputs, model.main.outputs] { exposeTensors(tensors) }
    note(head: head, temporary: 0, "running")
  }

  private mutating func note(head: Int, temporary: Int, _ step: @autoclosure () -> String) {
    headPeak = max(headPeak, head + temporary)
    let bytes = head + temporary + tail
    guard bytes > peak else { return }
    peak = bytes
    cause = "\(step()) needs \(head + temporary) B of temporaries beside \(tail) B of records"
  }

  /// Structures of `MicroAllocator` and what `StartModelAllocation` makes.
  private mutating func startModel() {
    let name = "interpreter"
    keep(Record(36), for: name)  // SingleArenaBufferAllocator
    keep(Record(44), for: name)  // GreedyMemoryPlanner
    keep(Record(36), for: name)  // MicroAllocator
    keep(Record(8), for: name)  // MicroBuiltinDataAllocator
    keep(Record(8 * model.graphs.count), for: name)  // SubgraphAllocations
    for graph in model.graphs { keep(Record(12 * graph.tensors.count), for: "tensors") }
    for graph in model.graphs { keep(Record(32 * graph.operators.count), for: "operators") }
    for graph in model.graphs {
      for operation in graph.operators {
        if let record = OperatorRecords.parameters(of: operation) { keep(record, for: "operators") }
      }
    }
  }

  /// `Init` of every operator, then `Prepare` of every operator.
  private mutating func prepareOperators() {
    for graph in model.graphs {
      for operation in graph.operators {
        if let bytes = OperatorRecords.kernelData(of: operation, kernels: kernels) {
          keepAligned(bytes, for: "kernels")
        }
      }
    }
    var requests = 0
    for graph in model.graphs {
      for (index, operation) in graph.operators.enumerated() {
        for bytes in OperatorRecords.prepared(of: operation, in: graph, kernels: kernels) {
          keepAligned(bytes, for: "kernels")
        }
        note(
          head: scratchRecords(requests), temporary: viewBytes(of: operation, in: graph),
          "preparing \(operation.kind.name), operator \(index),")
        requests += ScratchRequests.bytes(of: operation, in: graph, kernels: kernels).count
      }
    }
  }

  /// Requests so far and room for the 12 that one more operator may make, 12 bytes each.
  private func scratchRecords(_ requests: Int) -> Int { 12 * (requests + 12) }

  /// Bytes of a `TfLiteTensor`, of its quantization, and of its zero points.
  private static func viewRecords(of tensor: Tensor) -> [Int] {
    guard let quantization = tensor.quantization else { return [viewSize] }
    return [viewSize, 12, 4 + 4 * quantization.scales.count]
  }

  private static let viewSize = 32

  /// While an operator is prepared, it looks at its tensors through temporary records; a
  /// convolution looks at three of them twice, as its common part opens its own.
  private func viewBytes(of operation: Operator, in graph: Graph) -> Int {
    let inputs = operation.inputs.compactMap(\.self)
    var indices = inputs + operation.outputs
    if operation.kind == .conv2D || operation.kind == .depthwiseConv2D {
      indices += inputs.prefix(2) + operation.outputs
    }
    return indices.reduce(0) { $0 + Self.viewRecords(of: graph.tensors[$1]).reduce(0, +) }
  }

  /// Handles of scratch buffers, variables, and the planner's working memory.
  private mutating func planMemory() {
    let scratchCount = buffers.count { buffer in
      if case .scratch = buffer.owner { true } else { false }
    }
    if scratchCount > 0 { keep(Record(4 * scratchCount), for: "scratch handles") }
    for graph in model.graphs {
      for tensor in graph.tensors where tensor.isVariable {
        keepAligned(tensor.byteCount, for: "variables")
      }
    }
    let tensorCount = model.graphs.reduce(0) { $0 + $1.tensors.count }
    // AllocationInfo for every tensor and scratch buffer; the planner's 40 bytes for each planned.
    var head = scratchRecords(scratchCount) + 4 * model.graphs.count
    head += 24 * (tensorCount + scratchCount)
    head = head.roundedUp(to: ArenaPlan.alignment) + 40 * buffers.count
    let count = buffers.count
    note(
      head: head.roundedUp(to: ArenaPlan.alignment), temporary: 0, "planning \(count) buffers")
  }

  /// The caller's views of inputs or outputs: an array of pointers, then each tensor's records.
  private mutating func exposeTensors(_ indices: [Int]) {
    keepAligned(4 * indices.count, for: "inputs and outputs")
    for index in indices {
      for bytes in Self.viewRecords(of: model.main.tensors[index]) {
        keep(Record(bytes), for: "inputs and outputs")
      }
    }
  }
}
