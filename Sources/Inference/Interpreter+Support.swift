package import Models

extension Interpreter {
  /// Whether operators of a kind run here, for element types that their family takes.
  package static func runs(_ kind: OperatorKind) -> Bool { OperatorRegistry.rows[kind] != nil }
}
