/// A neural network as its file states it: graphs of operators over tensors, nothing computed yet.
package struct Model: Sendable {
  /// The file's name, for messages.
  package var name: String
  package var summary: String
  package var graphs: [Graph]
  /// Size of the model file in bytes: what it occupies in flash.
  package var fileSize: Int
  /// Named binary attachments, such as `OfflineMemoryAllocation`.
  package var metadata: [String: ArraySlice<UInt8>]

  package init(
    name: String, summary: String = "", graphs: [Graph], fileSize: Int,
    metadata: [String: ArraySlice<UInt8>] = [:]
  ) {
    self.name = name
    self.summary = summary
    self.graphs = graphs
    self.fileSize = fileSize
    self.metadata = metadata
  }

  /// The graph that an inference runs. Readers guarantee that there is one.
  package var main: Graph { graphs[0] }
}

/// Operators in execution order, and the tensors that they read and write.
///
/// Readers guarantee that every index is within `tensors`.
package struct Graph: Sendable {
  package var name: String
  package var tensors: [Tensor]
  package var operators: [Operator]
  package var inputs: [Int]
  package var outputs: [Int]

  package init(
    name: String = "main", tensors: [Tensor], operators: [Operator], inputs: [Int], outputs: [Int]
  ) {
    self.name = name
    self.tensors = tensors
    self.operators = operators
    self.inputs = inputs
    self.outputs = outputs
  }
}

package struct Tensor: Sendable {
  package var name: String
  /// Row-major, outermost first: [batch, height, width, channels] for images.
  package var shape: [Int]
  package var type: ElementType
  package var quantization: Quantization?
  /// Little-endian elements of a constant; nil for a tensor computed at run time.
  package var constant: ArraySlice<UInt8>?
  /// Keeps its value between inferences (state of an SVDF or LSTM).
  package var isVariable: Bool

  package init(
    name: String, shape: [Int], type: ElementType, quantization: Quantization? = nil,
    constant: ArraySlice<UInt8>? = nil, isVariable: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.type = type
    self.quantization = quantization
    self.constant = constant
    self.isVariable = isVariable
  }

  package var elementCount: Int { shape.reduce(1, *) }

  /// Bytes in memory; types without a whole size per element (int4) are packed.
  package var byteCount: Int {
    switch type {
    case .int4, .uint4: (elementCount + 1) / 2
    case .int2: (elementCount + 3) / 4
    default: elementCount * (type.size ?? 0)
    }
  }
}

/// real = scale × (quantized − zero point), one pair for the tensor or one per slice of `axis`.
package struct Quantization: Equatable, Sendable {
  package var scales: [Float]
  package var zeroPoints: [Int]
  /// The dimension that the pairs are counted along, when there is more than one.
  package var axis: Int

  package init(scales: [Float], zeroPoints: [Int], axis: Int = 0) {
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.axis = axis
  }

  package var isPerChannel: Bool { scales.count > 1 }
}

package struct Operator: Sendable {
  package var kind: OperatorKind
  /// The custom operator's own name, when `kind` is `.custom`.
  package var customName: String?
  package var version: Int
  package var options: OperatorOptions
  /// Index into the graph's tensors; nil for an optional input left out.
  package var inputs: [Int?]
  package var outputs: [Int]
  /// Quantization-only tensors of an LSTM.
  package var intermediates: [Int]

  package init(
    kind: OperatorKind, customName: String? = nil, version: Int = 1,
    options: OperatorOptions = .none, inputs: [Int?], outputs: [Int], intermediates: [Int] = []
  ) {
    self.kind = kind
    self.customName = customName
    self.version = version
    self.options = options
    self.inputs = inputs
    self.outputs = outputs
    self.intermediates = intermediates
  }
}
