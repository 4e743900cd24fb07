import Boards
package import Bytes
import Models
package import Timing
import VirtualTime

/// Whether a model may be deployed on an edge box: every limit against what the estimate takes.
package struct BoxVerdict: Sendable {
  package var modelName: String
  package var timing: BoxTiming
  package var memory: BoxMemory
  /// Whether the model itself is int8; another precision than its own is a profile of time and size.
  package var isQuantized: Bool
  package var checks: [Check]
  package var passes: Bool { checks.allSatisfy(\.passes) }

  /// One line of the verdict.
  package struct Check: Sendable, Equatable {
    package enum Subject: String, Sendable {
      /// Nanoseconds of the 99th percentile.
      case latency
      /// Bytes of the process, without other ones; only against a budget.
      case ram
      /// Bytes of the process beside other ones and the system, against the box's memory.
      case memory
    }

    package var subject: Subject
    package var used: Int
    package var limit: Int

    package var passes: Bool { used <= limit }
    /// What is left, or missing when negative.
    package var margin: Int { limit - used }
  }

  /// - Throws: `InputError` as `BoxDeployment.verdict()`.
  init(_ deployment: BoxDeployment) throws(InputError) {
    let budget = deployment.budget
    guard budget?.flash == nil else {
      throw InputError(
        at: .key("budget.flash"), "expected ram or latency for an edge box, found ‘flash’",
        advice: "as in latency=12ms,ram=180MB")
    }
    let (model, setting) = (deployment.model, deployment.setting)
    let precision = try deployment.chosenPrecision()
    let work = BoxWork(model.main)
    modelName = model.name
    isQuantized = model.isQuantized
    timing = try BoxTiming(
      of: work, on: setting, runtime: deployment.runtime, precision: precision)
    memory = try BoxMemory(
      of: model, work: work, precision: precision, runtime: timing.runtime.memory,
      reserve: deployment.reserve)
    checks = []
    if let limit = budget?.latency {
      checks.append(
        Check(subject: .latency, used: Int(timing.p99.nanoseconds), limit: limit))
    }
    if let limit = budget?.ram {
      checks.append(Check(subject: .ram, used: memory.process, limit: limit))
    }
    checks.append(
      Check(
        subject: .memory, used: memory.process + memory.reserve,
        limit: setting.box.memory - setting.box.systemMemory))
  }
}

/// The same model and budget in every mode of the box and every precision that makes sense.
package struct BoxAlternatives: Sendable {
  /// Modes in the box's order; precisions within a mode, the asked-for one first.
  package var verdicts: [BoxVerdict]

  /// - Throws: `InputError` as `BoxDeployment.verdict()`.
  package init(to deployment: BoxDeployment) throws(InputError) {
    verdicts = []
    let own = try deployment.chosenPrecision()
    let precisions = [own] + (try deployment.precisions()).filter { $0 != own }
    for mode in deployment.setting.box.modes {
      for precision in precisions {
        var changed = deployment
        changed.setting.mode = mode
        changed.precision = precision
        verdicts.append(try changed.verdict())
      }
    }
  }

  package var passing: [BoxVerdict] { verdicts.filter(\.passes) }
}
