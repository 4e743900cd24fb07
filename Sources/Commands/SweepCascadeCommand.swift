import Bytes
import EdgeBox
import Reports
import Scenarios
import Uplink

/// `preflash sweep cascade STORYBOARD`: one storyboard under many thresholds, links and policies.
enum SweepCascadeCommand: Command {
  struct Arguments {
    var path = ""
    var thresholds: [Double] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    var links: [String] = []
    var policies: [CascadeSweep.Policy] = [.both, .threshold, .margin]
    var jobs = ReplayCommand.availableProcessors
    var asJSON = false
  }

  static let name = "sweep cascade"
  static let summary =
    "Play a storyboard under many thresholds, links and policies: cost against accuracy."
  static let examples = [
    "preflash sweep cascade traces/conveyor-quiet-day",
    "preflash sweep cascade traces/conveyor-quiet-day --thresholds 0.4,0.6 --links 3g,good-lte",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand("STORYBOARD", help: "Folder with a storyboard.json5, or the file itself.") {
        $0.path = $1
      }
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option(
        "--thresholds", value: "NUMBERS",
        help: "Scores below which a crop is sent, such as 0.4,0.6; 0.3 to 0.8 if left out."
      ) {
        $0.thresholds = try list($1).map { try parseReal($0, "--thresholds", 0...1) }
      },
      Option("--links", value: "NAMES", help: "Links, such as 3g,good-lte; the storyboard’s own.") {
        $0.links = try list($1)
      },
      Option(
        "--policies", value: "NAMES",
        help: "What sends a crop: both, threshold, margin. All if left out."
      ) {
        $0.policies = try list($1).map(policy)
      },
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  private static func list(_ text: String) throws -> [String] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard 1...100 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else {
      throw UsageError("preflash \(name): expected values between commas, found ‘\(text)’")
    }
    return parts
  }

  private static func policy(_ text: String) throws -> CascadeSweep.Policy {
    let names = ["both", "threshold", "margin"]
    guard names.contains(text), let policy = CascadeSweep.Policy(rawValue: text) else {
      let near = text.closest(in: names).map { "; did you mean \($0)?" } ?? ""
      throw UsageError(
        "preflash \(name): --policies: expected \(names.joined(separator: ", ")), found ‘\(text)’"
          + near)
    }
    return policy
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let files = try StoryboardFiles(arguments.path)
    let shown = console
    let sweep = try files.sweep(
      thresholds: arguments.thresholds, links: arguments.links, policies: arguments.policies,
      jobs: arguments.jobs
    ) { shown.progress("\(files.storyboard.name): \((100 * $0).fixed(0)) %") }
    console.endProgress()
    let report = CascadeSweepReport(name: files.storyboard.name, sweep: sweep)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }
}

extension StoryboardFiles {
  /// A point of a sweep that is to be played.
  private struct Case: Sendable {
    var plan: CascadePlan
    var variant = CascadeOutcome.Variant.cascade
    var link: LinkLibrary.Entry
    var linkName: String
    var policy: CascadeSweep.Policy
    var threshold: Double?
    var isOperating = false
  }

  /// The storyboard as it is, the box alone, and every threshold over every link under every policy.
  ///
  /// - Parameters:
  ///   - links: Names; the storyboard's own when empty.
  ///   - jobs: Threads, each of which plays a point; what comes out is the same.
  /// - Throws: `InputError` for a link that is not there.
  func sweep(
    thresholds: [Double], links: [String], policies: [CascadeSweep.Policy], jobs: Int,
    progress: (Double) -> Void
  ) throws(InputError) -> CascadeSweep {
    let cases = try cases(thresholds, links, policies)
    let pool = WorkerPool(Player(files: self), jobs: jobs)
    var points: [CascadeSweep.Point] = []
    while points.count < cases.count {
      let next = cases[points.count..<min(cases.count, points.count + pool.jobs)]
      points += try pool.outputs(for: Array(next))
      progress(Double(points.count) / Double(cases.count))
    }
    return CascadeSweep(currency: storyboard.plan.network.currency, points: points)
  }

  private func cases(
    _ thresholds: [Double], _ links: [String], _ policies: [CascadeSweep.Policy]
  ) throws(InputError) -> [Case] {
    var plan = storyboard.plan
    // Neither intervals nor alarms are asked for, and no front needs them.
    plan.resamples = 0
    plan.drift = nil
    let own = Set(plan.gates.map(\.threshold))
    var cases = [
      Case(
        plan: plan, variant: .edgeOnly, link: link, linkName: linkName, policy: .edgeOnly),
      Case(
        plan: plan, link: link, linkName: linkName, policy: .both,
        threshold: own.count == 1 ? own.first : nil, isOperating: true),
    ]
    for name in links.isEmpty ? [linkName] : links {
      let entry = name == linkName ? link : try LinkLibrary.load(name)
      for policy in policies {
        for threshold in policy == .margin ? [0] : thresholds {
          var changed = plan
          changed.gates = CascadeSweep.gates(of: plan, policy, threshold: threshold)
          cases.append(
            Case(
              plan: changed, link: entry, linkName: name, policy: policy,
              threshold: policy == .margin ? nil : threshold))
        }
      }
    }
    return cases
  }

  /// Plays one point after the other.
  private struct Player: Work {
    var files: StoryboardFiles

    mutating func output(for one: Case) throws(InputError) -> CascadeSweep.Point {
      CascadeSweep.Point(
        threshold: one.threshold, link: one.linkName, policy: one.policy,
        isOperating: one.isOperating,
        of: try files.run(one.plan, one.variant, over: one.link, jobs: 1))
    }
  }
}
