package import Boards
package import Bytes
package import Models
import Planning
import Timing

/// A model, the edge box it is to run on, and what it may use: what a verdict is about.
package struct BoxDeployment: Sendable {
  package var model: Model
  package var setting: BoxSetting
  /// The box's first one with the precision when nil.
  package var runtime: String?
  /// What the model is when nil: int8 of a quantized one, else fp16 where there is that, else fp32.
  package var precision: Precision?
  package var budget: Budget?
  /// Bytes of other processes.
  package var reserve: Int

  package init(
    model: Model, setting: BoxSetting, runtime: String? = nil, precision: Precision? = nil,
    budget: Budget? = nil, reserve: Int = 0
  ) {
    self.model = model
    self.setting = setting
    self.runtime = runtime
    self.precision = precision
    self.budget = budget
    self.reserve = reserve
  }

  /// - Throws: `InputError` for a runtime or precision that the box or the model has not, for a budget
  ///   of flash, and where the model's memory cannot be planned.
  package func verdict() throws(InputError) -> BoxVerdict { try BoxVerdict(self) }

  /// Precisions that make sense for the model on the box, the best one first.
  package func precisions() throws(InputError) -> [Precision] {
    let runtimes: [BoxProfile.Runtime]
    if let runtime, let found = setting.box.runtime(runtime.lowercased()) {
      runtimes = [found]
    } else {
      runtimes = setting.box.runtimes
    }
    let wanted: [Precision] = model.isQuantized ? [.int8] : [.fp16, .fp32, .int8]
    return wanted.filter { each in runtimes.contains { $0.precisions.contains(each) } }
  }

  func chosenPrecision() throws(InputError) -> Precision {
    guard let precision else {
      return try precisions().first ?? (model.isQuantized ? .int8 : .fp32)
    }
    guard !model.isQuantized || precision == .int8 else {
      throw InputError(
        file: model.name, at: .nowhere,
        "expected int8 for a quantized model, found --precision \(precision.rawValue)",
        advice: "give the float model for \(precision.rawValue)")
    }
    return precision
  }
}

extension Model {
  /// Whether convolutions and fully connected layers work on int8 activations.
  package var isQuantized: Bool {
    main.operators.contains { operation in
      switch operation.kind {
      case .conv2D, .depthwiseConv2D, .fullyConnected:
        operation.inputs.first?.map { main.tensors[$0].type == .int8 } ?? false
      default: false
      }
    }
  }
}

/// Bytes that a process needs for one model on an edge box.
package struct BoxMemory: Equatable, Sendable {
  /// Weights and biases at the precision.
  package var weights: Int
  /// All tensors at their places in one arena, at the precision.
  package var activations: Int
  /// The runtime itself.
  package var runtime: Int
  /// Of other processes.
  package var reserve: Int

  package var process: Int { weights + activations + runtime }

  /// - Throws: `InputError` where the model cannot be planned, see `TensorLifetimes`.
  init(
    of model: Model, work: BoxWork, precision: Precision, runtime: Int, reserve: Int
  ) throws(InputError) {
    weights = work.parameters * precision.size
    var lifetimes = try TensorLifetimes(of: model, kernels: .reference, keepsOffsets: false)
    // Scratch is TFLM's; what this runtime asks for besides counts as its own.
    lifetimes.buffers.removeAll { if case .scratch = $0.owner { true } else { false } }
    for index in lifetimes.buffers.indices {
      guard case .tensor(let graph, let tensor) = lifetimes.buffers[index].owner else { continue }
      let found = model.graphs[graph].tensors[tensor]
      switch found.type {
      case .float32, .float16, .int8, .uint8:
        lifetimes.buffers[index].bytes = found.elementCount * precision.size
      default: break
      }
    }
    activations = ArenaPlan(greedy: lifetimes).size
    self.runtime = runtime
    self.reserve = reserve
  }
}
