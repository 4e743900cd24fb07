package import Boards
package import Models

/// Operators of a model that a runtime does not have: the model would be refused on the target.
package struct OperatorAudit: Sendable, Equatable {
  package struct Missing: Sendable, Equatable {
    /// Schema name, or a custom operator's own.
    package var name: String
    /// Positions in the main graph, or in the subgraph where it occurs.
    package var layers: [Int]
  }

  /// In order of first use, each name once.
  package var missing: [Missing] = []

  package init(_ model: Model, runtime: RuntimeProfile) {
    for graph in model.graphs {
      for (layer, operation) in graph.operators.enumerated() {
        let custom = operation.kind == .custom ? operation.customName ?? "?" : nil
        let isThere =
          custom.map { runtime.customOperators.contains($0) }
          ?? runtime.supports(operation.kind.name)
        if isThere { continue }
        let name = custom.map { "custom ‘\($0)’" } ?? operation.kind.name
        if let index = missing.firstIndex(where: { $0.name == name }) {
          missing[index].layers.append(layer)
        } else {
          missing.append(Missing(name: name, layers: [layer]))
        }
      }
    }
  }
}
