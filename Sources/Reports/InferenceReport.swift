package import Models

/// What one inference answered.
package struct InferenceReport: Sendable {
  package struct Output: Sendable {
    package var tensor: Tensor
    package var reals: [Double]
    /// The stored elements of a quantized or whole tensor.
    package var integers: [Int]?

    package init(tensor: Tensor, reals: [Double], integers: [Int]?) {
      self.tensor = tensor
      self.reals = reals
      self.integers = integers
    }
  }

  package var model: String
  package var arithmetic: String
  /// What was done to the inputs, one line each.
  package var notes: [String]
  package var outputs: [Output]

  package init(model: String, arithmetic: String, notes: [String], outputs: [Output]) {
    self.model = model
    self.arithmetic = arithmetic
    self.notes = notes
    self.outputs = outputs
  }

  /// The `top` largest values of each output; all of them, in order, when there are no more.
  package func text(_ style: Style, top: Int) -> String {
    var out = style(.bold, model) + "  " + style(.dim, "arithmetic \(arithmetic)") + "\n"
    for note in notes { out += style(.dim, note) + "\n" }
    for output in outputs {
      out += "\n\(output.tensor.name)  \(output.tensor.shapeText) \(output.tensor.type.name)\n"
      var order = Array(output.reals.indices)
      if order.count > top {
        // The index settles ties, so that two runs print the same.
        order.sort { (output.reals[$1], $0) < (output.reals[$0], $1) }
        order = Array(order.prefix(top))
      }
      out += table(output, order).text(style, indent: 2)
      if order.count < output.reals.count {
        out += style(.dim, "  the \(order.count) largest of \(output.reals.count.grouped)") + "\n"
      }
    }
    return out
  }

  private func table(_ output: Output, _ order: [Int]) -> TextTable {
    var columns: [TextTable.Column] = [.init("index", .right), .init("value", .right)]
    if output.integers != nil { columns.append(.init(output.tensor.type.name, .right)) }
    var table = TextTable(columns)
    for index in order {
      var cells = [place(index, output.tensor.shape), output.reals[index].fixed(6)]
      if let integers = output.integers { cells.append("\(integers[index])") }
      table.add(cells)
    }
    return table
  }

  /// Coordinates without leading dimensions of 1: a class number for [1, 12].
  private func place(_ index: Int, _ shape: [Int]) -> String {
    var rest = index
    var coordinates: [Int] = []
    for dimension in shape.drop(while: { $0 == 1 }).reversed() {
      coordinates.append(rest % dimension)
      rest /= dimension
    }
    if coordinates.isEmpty { return "0" }
    return coordinates.reversed().map(String.init).joined(separator: ", ")
  }

  package var json: JSONValue {
    [
      "model": .string(model),
      "arithmetic": .string(arithmetic),
      "notes": .array(notes.map { .string($0) }),
      "outputs": .array(
        outputs.map { output in
          [
            "name": .string(output.tensor.name),
            "shape": .array(output.tensor.shape.map { .integer($0) }),
            "type": .string(output.tensor.type.name),
            "values": .array(output.reals.map { .decimal($0, places: 9) }),
            "integers": output.integers.map { .array($0.map { .integer($0) }) } ?? .null,
          ]
        }),
    ]
  }
}
