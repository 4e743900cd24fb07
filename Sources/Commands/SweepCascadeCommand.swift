import Bytes
import EdgeBox
import Reports
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
  /// The storyboard as it is, the box alone, and every threshold over every link under every policy.
  ///
  /// - Parameter links: Names; the storyboard's own when empty.
  /// - Throws: `InputError` for a link that is not there.
  func sweep(
    thresholds: [Double], links: [String], policies: [CascadeSweep.Policy], jobs: Int,
    progress: (Double) -> Void
  ) throws(InputError) -> CascadeSweep {
    var plan = storyboard.plan
    // Intervals are not asked for, and no front needs them.
    plan.resamples = 0
    let names = links.isEmpty ? [linkName] : links
    var entries: [LinkLibrary.Entry] = []
    for name in names { entries.append(name == linkName ? link : try LinkLibrary.load(name)) }
    let thresholdPolicies = policies.filter { $0 != .margin }
    let perLink = thresholdPolicies.count * thresholds.count + (policies.contains(.margin) ? 1 : 0)
    let total = Double(2 + names.count * perLink)
    var points: [CascadeSweep.Point] = []
    func add(
      _ plan: CascadePlan, _ variant: CascadeOutcome.Variant, _ entry: LinkLibrary.Entry,
      _ name: String, _ policy: CascadeSweep.Policy, _ threshold: Double?, isOperating: Bool = false
    ) throws(InputError) {
      let outcome = try run(plan, variant, over: entry, jobs: jobs)
      points.append(
        CascadeSweep.Point(
          threshold: threshold, link: name, policy: policy, isOperating: isOperating, of: outcome))
      progress(Double(points.count) / total)
    }
    let own = Set(plan.gates.map(\.threshold))
    try add(plan, .edgeOnly, link, linkName, .edgeOnly, nil)
    try add(
      plan, .cascade, link, linkName, .both, own.count == 1 ? own.first : nil, isOperating: true)
    for (name, entry) in zip(names, entries) {
      for policy in policies {
        for threshold in policy == .margin ? [0] : thresholds {
          var changed = plan
          changed.gates = CascadeSweep.gates(of: plan, policy, threshold: threshold)
          try add(changed, .cascade, entry, name, policy, policy == .margin ? nil : threshold)
        }
      }
    }
    return CascadeSweep(currency: plan.network.currency, points: points)
  }
}
