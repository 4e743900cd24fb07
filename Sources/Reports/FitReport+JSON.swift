import Boards
import Fit
import Models
import Planning
import Timing

extension FitReport {
  package var json: JSONValue {
    [
      "passes": .bool(verdict.passes),
      "model": .string(estimate.modelName),
      "board": .string(estimate.board.name),
      "clockHertz": .integer(estimate.board.clock),
      "runtime": .string(estimate.runtime.name),
      "checks": .array(verdict.checks.map(json)),
      "flash": [
        "bytes": .integer(estimate.flash.total),
        "modelBytes": .integer(estimate.flash.model),
        "codeBytes": .integer(estimate.flash.code),
        "assumedOperators": strings(estimate.flash.assumedOperators),
      ],
      "ram": [
        "bytes": .integer(estimate.ram.total),
        "arenaBytes": .integer(estimate.ram.arena),
        "arenaHeadBytes": .integer(estimate.arena.head),
        "arenaTailBytes": .integer(estimate.arena.tail),
        "arenaUsedBytes": .integer(estimate.arena.used),
        "arenaIsExact": .bool(estimate.runtime.activations == nil),
        "arenaReason": estimate.ram.arenaReason.map { .string($0) } ?? .null,
        "runtimeBytes": .integer(estimate.ram.runtime),
      ],
      "reserve": [
        "flashBytes": .integer(estimate.reserve.flash),
        "ramBytes": .integer(estimate.reserve.ram),
        "stackBytes": .integer(estimate.reserve.stack),
        "bufferBytes": .integer(estimate.reserve.buffer),
      ],
      "latency": latencyJSON,
      "operators": .array(verdict.audit.findings.map(json)),
      "advice": advice.map(json) ?? .null,
      "plan": plan.json,
      "layers": .array(estimate.layers.map(layer)),
    ]
  }

  private var latencyJSON: JSONValue {
    let evidence = estimate.runtime.evidence
    let isCalibrated = estimate.isCalibrated
    func error(_ value: Double?) -> JSONValue {
      value.map { isCalibrated ? .decimal($0, places: 4) : .null } ?? .null
    }
    return [
      "estimatedNanoseconds": .integer(estimate.nanoseconds),
      "relativeError": estimate.latencyError.map { .decimal($0, places: 4) } ?? .null,
      "uncertaintyNanoseconds": estimate.uncertainty.map { .integer($0) } ?? .null,
      "cycles": .integer(estimate.cycles),
      "cyclesOutsideFittedRange": .integer(estimate.layers.total.outsideCycles),
      "macs": .integer(estimate.macs),
      "macc": estimate.macc.map { .integer($0) } ?? .null,
      "status": .string(isCalibrated ? "estimated" : "modelled, not validated"),
      "heldOutMeanError": error(evidence.meanError),
      "heldOutWorstError": error(evidence.worstError),
      "measuredRows": .integer(evidence.rows),
      "measuredFamilies": strings(evidence.families),
      "uncalibratedOperators": strings(estimate.uncalibrated),
    ]
  }

  private func layer(_ layer: LayerCycles) -> JSONValue {
    [
      "index": .integer(layer.work.operatorIndex),
      "operator": .string(layer.work.kind.name),
      "outputShape": .array(layer.work.outputShape.map { .integer($0) }),
      "macs": .integer(layer.work.macs),
      "cycles": .integer(layer.cycles),
      "relativeError": layer.error.map { .decimal($0, places: 4) } ?? .null,
      "outsideFittedRange": strings(layer.outside),
    ]
  }

  private func json(_ check: Verdict.Check) -> JSONValue {
    [
      "subject": .string(check.subject.rawValue),
      "used": .integer(check.used),
      "limit": .integer(check.limit),
      "margin": .integer(check.margin),
      "passes": .bool(check.passes),
    ]
  }

  private func json(_ finding: OperatorAudit.Finding) -> JSONValue {
    [
      "kind": .string(finding.kind.rawValue),
      "severity": .string(finding.severity.rawValue),
      "name": .string(finding.name),
      "layers": .array(finding.layers.map { .integer($0) }),
      "problem": .string(finding.problem),
      "remedy": .string(finding.remedy),
      "source": .string(finding.source),
    ]
  }

  private func json(_ advice: Advice) -> JSONValue {
    [
      "tried": .integer(advice.tried),
      "remedies": .array(advice.remedies.map(json)),
      "nearest": advice.nearest.map(json) ?? .null,
    ]
  }

  private func json(_ remedy: Remedy) -> JSONValue {
    let found = remedy.verdict.estimate
    return [
      "steps": .array(
        remedy.steps.map { step in
          ["kind": .string(step.disturbance.name), "change": .string(describe(step))]
        }),
      "passes": .bool(remedy.verdict.passes),
      "changesNetwork": .bool(remedy.changesNetwork),
      "changesArithmetic": .bool(remedy.changesArithmetic(from: estimate.runtime)),
      "macShare": .decimal(remedy.macShare, places: 4),
      "flashBytes": .integer(found.flash.total),
      "ramBytes": .integer(found.ram.total),
      "estimatedNanoseconds": .integer(found.nanoseconds),
      "relativeError": found.latencyError.map { .decimal($0, places: 4) } ?? .null,
      "checks": .array(remedy.verdict.checks.map(json)),
    ]
  }

  private func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
}

extension Remedy.Disturbance {
  var name: String {
    switch self {
    case .wish: "wish"
    case .placement: "placement"
    case .runtime: "runtime"
    case .network: "network"
    case .board: "board"
    }
  }
}
