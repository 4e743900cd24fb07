import Boards
package import Models

/// Bytes of activations that a compiler needs at once, when it lets a layer write over an input that
/// nobody reads afterwards and when padding and reshaping are no copies.
///
/// ST's planner is not public. Published sizes of MobileNets are this peak plus scratch: 202.3 KiB for
/// one whose largest tensor has 196 KiB, where TFLM's planner takes 395.
package enum CompiledActivations {
  /// - Parameter works: `LayerWork.of(graph)`.
  package static func peak(of graph: Graph, works: [LayerWork]) -> Int {
    var alias = Array(graph.tensors.indices)
    var isConstant = graph.tensors.map { $0.constant != nil }
    for work in works {
      let operation = graph.operators[work.operatorIndex]
      if work.isConstant { for output in operation.outputs { isConstant[output] = true } }
      if work.vanishesWhenCompiled, let input = operation.inputs.first ?? nil {
        for output in operation.outputs { alias[output] = alias[input] }
      }
    }
    func computed(_ indices: [Int]) -> [Int] {
      var out: [Int] = []
      for index in indices where !isConstant[index] && !out.contains(alias[index]) {
        out.append(alias[index])
      }
      return out
    }
    var first = [Int](repeating: .max, count: graph.tensors.count)
    var last = [Int](repeating: -1, count: graph.tensors.count)
    func use(_ indices: [Int], at time: Int) {
      for index in computed(indices) {
        first[index] = min(first[index], time)
        last[index] = max(last[index], time)
      }
    }
    use(graph.inputs, at: 0)
    for (time, operation) in graph.operators.enumerated() {
      use(operation.inputs.compactMap { $0 } + operation.outputs, at: time)
    }
    use(graph.outputs, at: graph.operators.count)
    var peak = 0
    for (time, operation) in graph.operators.enumerated() where !works[time].isConstant {
      var bytes = 0
      for index in graph.tensors.indices where first[index] <= time && time <= last[index] {
        bytes += graph.tensors[index].byteCount
      }
      let outputs = computed(operation.outputs)
      if works[time].mayOverwriteInput, let output = outputs.first {
        let dying = computed(operation.inputs.compactMap { $0 }).filter {
          last[$0] == time && $0 != output
        }
        let room = dying.map { graph.tensors[$0].byteCount }.max() ?? 0
        bytes -= min(room, graph.tensors[output].byteCount)
      }
      peak = max(peak, bytes)
    }
    return peak
  }
}

extension LayerWork {
  /// Whether each output is written after the inputs that it follows from were read for good. A
  /// depthwise layer keeps a few rows aside, and an image that shrinks leaves its rows in time; a
  /// convolution over a window that keeps the size would overwrite rows that it still needs.
  fileprivate var mayOverwriteInput: Bool {
    switch kind {
    case .concatenation, .resizeBilinear, .resizeNearestNeighbor, .transposeConv, .transpose,
      .batchMatmul:
      false
    case .conv2D: self[.gatherValue] == 0 || shrinks
    default: true
    }
  }
}
