import Models

extension ModelReport {
  /// The same facts as the text, without rounding.
  package var json: JSONValue {
    [
      "model": .string(model.name),
      "description": .string(model.summary),
      "fileBytes": .integer(model.fileSize),
      "unsupportedOperators": .array(model.unsupportedOperators.map { .string($0) }),
      "plannedOnlyOperators": .array(onlyPlanned.map { .string($0) }),
      "metadata": .array(model.metadata.keys.sorted().map { .string($0) }),
      "graphs": .array(model.graphs.map { json($0) }),
    ]
  }

  private func json(_ graph: Graph) -> JSONValue {
    [
      "name": .string(graph.name),
      "macs": .integer(graph.macs),
      "parameters": .integer(graph.parameterCount),
      "constantBytes": .integer(graph.constantBytes),
      "inputs": .array(graph.inputs.map { .integer($0) }),
      "outputs": .array(graph.outputs.map { .integer($0) }),
      "operators": .array(graph.operators.enumerated().map { json($0, $1, graph) }),
      "tensors": .array(graph.tensors.enumerated().map { json($0, $1, graph) }),
    ]
  }

  private func json(_ index: Int, _ operation: Operator, _ graph: Graph) -> JSONValue {
    [
      "index": .integer(index),
      "operator": .string(operation.kind.name),
      "customName": operation.customName.map { .string($0) } ?? .null,
      "version": .integer(operation.version),
      "options": .string(graph.optionsText(of: operation)),
      "inputs": .array(operation.inputs.map { $0.map { .integer($0) } ?? .null }),
      "outputs": .array(operation.outputs.map { .integer($0) }),
      "macs": .integer(graph.macs(of: operation)),
      "parameters": .integer(graph.parameterCount(of: operation)),
      "planned": .bool(operation.kind.isPlanned),
      "runs": .bool(runs(operation.kind)),
    ]
  }

  private func json(_ index: Int, _ tensor: Tensor, _ graph: Graph) -> JSONValue {
    var quantization = JSONValue.null
    if let parameters = tensor.quantization {
      quantization = [
        "scales": .array(parameters.scales.map { .decimal(Double($0), places: 15) }),
        "zeroPoints": .array(parameters.zeroPoints.map { .integer($0) }),
        "axis": .integer(parameters.axis),
      ]
    }
    return [
      "index": .integer(index),
      "name": .string(tensor.name),
      "role": .string(graph.role(ofTensor: index)),
      "type": .string(tensor.type.name),
      "shape": .array(tensor.shape.map { .integer($0) }),
      "bytes": .integer(tensor.byteCount),
      "quantization": quantization,
    ]
  }
}
