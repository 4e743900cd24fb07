package import Bytes
package import Models

/// Offsets that make TFLM lay out a model's tensors by a better plan than its own planner's: the
/// file's `OfflineMemoryAllocation`.
package struct OfflinePlan: Equatable, Sendable {
  package static let name = OfflineOffsets.name

  /// One for each tensor of all graphs; nil leaves it to the runtime.
  package var offsets: [Int?]
  /// Bytes of the plan that the runtime makes with them: scratch buffers stay its own business.
  package var size: Int

  /// nil where the runtime would not need less than without.
  ///
  /// - Throws: `InputError` where the model cannot be planned.
  package init?(
    _ plan: ArenaPlan, for model: Model, kernels: KernelSet, below limit: Int
  ) throws(InputError) {
    var starts: [Int] = []
    var count = 0
    for graph in model.graphs {
      starts.append(count)
      count += graph.tensors.count
    }
    offsets = Array(repeating: nil, count: count)
    for placement in plan.placements {
      if case .tensor(let graph, let index) = placement.buffer.owner {
        offsets[starts[graph] + index] = placement.offset
      }
    }
    size = 0
    var planned = model
    planned.metadata[Self.name] = bytes[...]
    let result = ArenaPlan(greedy: try TensorLifetimes(of: planned, kernels: kernels))
    guard result.size < limit, result.collisions.isEmpty else { return nil }
    size = result.size
  }

  /// Little-endian 32-bit words: version 1, graph 0, count, offsets with −1 for none.
  package var bytes: [UInt8] {
    ([1, 0, offsets.count] + offsets.map { $0 ?? -1 }).flatMap { word in
      [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
  }
}
