package import Boards
package import Models

/// What a runtime will make of a model's operators, told before anything runs.
package struct OperatorAudit: Sendable, Equatable {
  package struct Finding: Sendable, Equatable {
    package enum Kind: String, Sendable {
      /// The runtime does not have the operator.
      case missing
      /// It has the operator, for other element types.
      case type
      /// It has the operator and refuses, mistakes or is slow at this use of it.
      case limit
    }

    package var kind: Kind
    package var severity: OperatorLimit.Severity
    /// Schema name, or a custom operator's own in quotes.
    package var name: String
    /// Positions in the main graph, or in the subgraph where it occurs.
    package var layers: [Int]
    package var problem: String
    package var remedy: String
    package var source: String

    package var blocks: Bool { severity == .blocks }
  }

  /// What blocks first, then warnings; each in order of first use.
  package var findings: [Finding] = []

  package var blocking: [Finding] { findings.filter(\.blocks) }
  package var warnings: [Finding] { findings.filter { !$0.blocks } }
  /// Operators that the runtime does not have.
  package var missing: [Finding] { findings.filter { $0.kind == .missing } }

  package init(_ model: Model, runtime: RuntimeProfile) {
    let support = runtime.operators
    for graph in model.graphs {
      for (layer, operation) in graph.operators.enumerated() {
        let name = operation.auditName
        guard operation.isIn(support) else {
          add(Self.missing(name, operation, runtime), at: layer)
          continue
        }
        if operation.kind == .custom { continue }
        if let type = graph.dataType(of: operation), !support.takes(type.name, name) {
          add(Self.unsupported(type, name, runtime), at: layer)
        }
        for limit in support.limits
        where limit.operators.contains(name) && graph.meets(limit.when, operation) {
          add(
            Finding(
              kind: .limit, severity: limit.severity, name: name, layers: [],
              problem: limit.problem, remedy: limit.remedy, source: limit.source), at: layer)
        }
      }
    }
    findings = findings.filter(\.blocks) + findings.filter { !$0.blocks }
  }

  private mutating func add(_ finding: Finding, at layer: Int) {
    let same = findings.firstIndex {
      $0.name == finding.name && $0.kind == finding.kind && $0.problem == finding.problem
    }
    if let same {
      findings[same].layers.append(layer)
    } else {
      var first = finding
      first.layers = [layer]
      findings.append(first)
    }
  }

  private static func missing(
    _ name: String, _ operation: Operator, _ runtime: RuntimeProfile
  ) -> Finding {
    Finding(
      kind: .missing, severity: .blocks, name: name, layers: [],
      problem: "\(runtime.title) does not have it",
      remedy: operation.kind.replacement
        ?? (operation.kind == .custom
          ? "register a kernel of your own, or move this step out of the model"
          : "replace it in the model, register a kernel of your own, or use another runtime"),
      source: source(runtime))
  }

  private static func unsupported(
    _ type: ElementType, _ name: String, _ runtime: RuntimeProfile
  ) -> Finding {
    let types = runtime.operators.types[name] ?? []
    return Finding(
      kind: .type, severity: runtime.operators.isFromMemory ? .warns : .blocks, name: name,
      layers: [],
      problem: "no kernel for \(type.name); it takes \(types.joined(separator: ", "))",
      remedy: types.contains("int8")
        ? "quantize the layer to int8" : "keep the layer in \(types.first ?? "another type")",
      source: source(runtime))
  }

  private static func source(_ runtime: RuntimeProfile) -> String {
    runtime.operators.isFromMemory ? "from memory of its documentation" : runtime.version
  }
}

extension Operator {
  fileprivate var auditName: String {
    kind == .custom ? "custom ‘\(customName ?? "?")’" : kind.name
  }

  fileprivate func isIn(_ support: OperatorSupport) -> Bool {
    kind == .custom ? support.custom.contains(customName ?? "?") : support.has(kind.name)
  }
}

extension OperatorKind {
  /// What to put in place of operators that are often missing.
  fileprivate var replacement: String? {
    switch self {
    case .tile:
      "compute what it repeats beforehand and store it as a constant, or use CONCATENATION"
    case .pow: "use MUL or SQUARE for a whole exponent"
    case .gelu: "train with RELU or HARD_SWISH"
    case .reluN1To1, .relu0To1: "use RELU6 with another scale, or MINIMUM and MAXIMUM"
    case .select, .where: "use SELECT_V2, or MUL by a mask"
    case .bidirectionalSequenceLSTM, .lstm, .rnn, .unidirectionalSequenceRNN:
      "use UNIDIRECTIONAL_SEQUENCE_LSTM, or unroll the network over time"
    case .conv3D, .conv3DTranspose: "fold depth into channels and use CONV_2D"
    case .nonMaxSuppressionV4, .nonMaxSuppressionV5, .topkV2:
      "end the model before this layer and do it in the firmware"
    case .localResponseNormalization:
      "train with batch normalization, which folds into convolutions"
    default: nil
    }
  }
}
