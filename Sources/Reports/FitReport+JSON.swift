import Boards
import Fit
import Models
import Planning
import Timing

extension FitReport {
  package var json: JSONValue {
    [
      "model": .string(estimate.modelName),
      "board": .string(estimate.board.name),
      "clockHertz": .integer(estimate.board.clock),
      "runtime": .string(estimate.runtime.name),
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
        "runtimeBytes": .integer(estimate.ram.runtime),
      ],
      "plan": plan.json,
      "latency": latency,
      "layers": .array(estimate.layers.map(layer)),
      "checks": .array(verdict.checks.map(json)),
      "missingOperators": .array(
        verdict.audit.missing.map { missing in
          [
            "name": .string(missing.name),
            "layers": .array(missing.layers.map { .integer($0) }),
          ]
        }),
      "passes": .bool(verdict.passes),
    ]
  }

  private var latency: JSONValue {
    let evidence = estimate.runtime.evidence
    let isCalibrated = estimate.isCalibrated
    func error(_ value: Double?) -> JSONValue {
      value.map { isCalibrated ? .decimal($0, places: 4) : .null } ?? .null
    }
    return [
      "estimatedNanoseconds": .integer(estimate.nanoseconds),
      "cycles": .integer(estimate.cycles),
      "macs": .integer(estimate.macs),
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
    ]
  }

  private func json(_ check: Verdict.Check) -> JSONValue {
    [
      "subject": .string(check.subject.rawValue),
      "used": .integer(check.used),
      "limit": .integer(check.limit),
      "passes": .bool(check.passes),
    ]
  }

  private func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
}
