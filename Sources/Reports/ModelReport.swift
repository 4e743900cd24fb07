package import Models

/// What a model file holds: its operators, tensors and totals, as text for people or as JSON.
package struct ModelReport: Sendable {
  package var model: Model
  /// Operators that the interpreter runs; others are planned at most.
  package var runs: @Sendable (OperatorKind) -> Bool
  /// Whether to list every tensor rather than a summary.
  package var listsTensors: Bool

  package init(
    _ model: Model, listsTensors: Bool = false, runs: @escaping @Sendable (OperatorKind) -> Bool
  ) {
    self.model = model
    self.listsTensors = listsTensors
    self.runs = runs
  }

  /// Planned but not run, each name once in order of first use.
  var onlyPlanned: [String] {
    var names: [String] = []
    for operation in model.graphs.flatMap(\.operators)
    where operation.kind.isPlanned && !runs(operation.kind) {
      if !names.contains(operation.kind.name) { names.append(operation.kind.name) }
    }
    return names
  }

  // MARK: Text

  package func text(_ style: Style) -> String {
    var out = style(.bold, model.name)
    if !model.summary.isEmpty { out += "  " + style(.dim, model.summary) }
    out += "\n"
    for (index, graph) in model.graphs.enumerated() {
      if model.graphs.count > 1 { out += "\nGraph \(index) ‘\(graph.name)’\n" }
      out += "\n" + totals(graph)
      out += "\n" + ends(graph).text(style)
      out += "\n" + operators(graph).text(style)
      out += "\n" + (listsTensors ? everyTensor(graph) : tensorSummary(graph)).text(style)
    }
    return out + "\n" + support(style)
  }

  private func totals(_ graph: Graph) -> String {
    """
    \(graph.operators.count.grouped) operators, \(graph.tensors.count.grouped) tensors, \
    \(graph.macs.grouped) MACs, \(graph.parameterCount.grouped) parameters, \
    constants \(graph.constantBytes.bytesText), file \(model.fileSize.bytesText)

    """
  }

  private func ends(_ graph: Graph) -> TextTable {
    var table = TextTable([
      .init(""), .init("name"), .init("shape"), .init("type"), .init("quantization"),
    ])
    for (label, indices) in [("input", graph.inputs), ("output", graph.outputs)] {
      for index in indices {
        let tensor = graph.tensors[index]
        table.add(
          label, tensor.name, tensor.shapeText, tensor.type.name, tensor.quantizationText)
      }
    }
    return table
  }

  private func operators(_ graph: Graph) -> TextTable {
    var table = TextTable([
      .init("#", .right), .init("operator"), .init("input"), .init("output"), .init("type"),
      .init("options"), .init("MACs", .right), .init("parameters", .right),
    ])
    for (index, operation) in graph.operators.enumerated() {
      let macs = graph.macs(of: operation)
      let parameters = graph.parameterCount(of: operation)
      table.add(
        "\(index)", operation.displayName, shapes(graph, graph.computedInputs(of: operation)),
        shapes(graph, operation.outputs), graph.typeText(of: operation),
        graph.optionsText(of: operation),
        macs == 0 ? "" : macs.grouped, parameters == 0 ? "" : parameters.grouped)
    }
    return table
  }

  /// Shapes of tensors; many equal ones are counted rather than repeated.
  private func shapes(_ graph: Graph, _ indices: [Int]) -> String {
    let texts = indices.map { graph.tensors[$0].shapeText }
    if texts.count > 2, texts.allSatisfy({ $0 == texts[0] }) {
      return "\(texts.count) of \(texts[0])"
    }
    if texts.count > 4 { return texts[..<3].joined(separator: ", ") + ", … (\(texts.count))" }
    return texts.joined(separator: ", ")
  }

  private func tensorSummary(_ graph: Graph) -> TextTable {
    var table = TextTable([
      .init("tensors"), .init("type"), .init("quantization"), .init("count", .right),
      .init("bytes", .right),
    ])
    var rows: [(key: [String], count: Int, bytes: Int)] = []
    for (index, tensor) in graph.tensors.enumerated() {
      let key = [graph.role(ofTensor: index), tensor.type.name, tensor.quantizationKind]
      if let row = rows.firstIndex(where: { $0.key == key }) {
        rows[row].count += 1
        rows[row].bytes += tensor.byteCount
      } else {
        rows.append((key, 1, tensor.byteCount))
      }
    }
    for row in rows.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      table.add(row.key + [row.count.grouped, row.bytes.grouped])
    }
    return table
  }

  private func everyTensor(_ graph: Graph) -> TextTable {
    var table = TextTable([
      .init("#", .right), .init("tensor"), .init("role"), .init("shape"), .init("type"),
      .init("bytes", .right), .init("quantization"),
    ])
    for (index, tensor) in graph.tensors.enumerated() {
      table.add(
        "\(index)", tensor.name, graph.role(ofTensor: index), tensor.shapeText, tensor.type.name,
        tensor.byteCount.grouped, tensor.quantizationText)
    }
    return table
  }

  private func support(_ style: Style) -> String {
    let unsupported = model.unsupportedOperators
    var lines: [String] = []
    if !unsupported.isEmpty {
      lines.append(style(.red, "Not supported: \(unsupported.joined(separator: ", "))"))
    }
    if !onlyPlanned.isEmpty {
      lines.append(
        style(.yellow, "Planned and timed, but not run: \(onlyPlanned.joined(separator: ", "))"))
    }
    if lines.isEmpty { lines.append(style(.green, "Every operator can be planned and run.")) }
    return lines.joined(separator: "\n") + "\n"
  }
}
