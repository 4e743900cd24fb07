package import Bytes
import EdgeBox
package import Reports
import Uplink
import VirtualTime

/// Plays the storyboards that re-enact published deployments.
package struct DeploymentRehearsal {
  /// A storyboard in one form.
  package struct Part: Sendable {
    package var name: String
    package var storyboard: String
    var variant: CascadeOutcome.Variant
    /// Without its gateway boxes ask the first provider themselves.
    var hasGateway = true
    /// So many days of it; all when nil.
    var days: Int?
    /// Whether blocks that come again show the same parts; as the storyboard has it when nil.
    var repeatsParts: Bool?
  }

  package static let parts = [
    Part(name: "edge only", storyboard: "rehearsals/six-weeks.json5", variant: .edgeOnly),
    Part(name: "cascade", storyboard: "rehearsals/six-weeks.json5", variant: .cascade),
    Part(
      name: "without a gateway", storyboard: "rehearsals/fleet.json5", variant: .cascade,
      hasGateway: false),
    Part(name: "with the gateway", storyboard: "rehearsals/fleet.json5", variant: .cascade),
    Part(
      name: "a day of the same parts", storyboard: "rehearsals/fleet.json5",
      variant: .withoutIncidents, days: 1, repeatsParts: true),
  ]

  private let home: String
  private let jobs: Int

  /// - Parameter home: The folder that holds `rehearsals`.
  package init(home: String, jobs: Int) {
    self.home = home
    self.jobs = jobs
  }

  /// - Parameter progress: Told the share that is done.
  package func run(
    _ part: Part, progress: (Double) -> Void = { _ in }
  ) throws(InputError) -> DeploymentResults.Run {
    let files = try StoryboardFiles("\(home)/\(part.storyboard)")
    let storyboard = files.storyboard
    let outcome = try files.run(
      plan(part, storyboard), part.variant, over: files.link, farEnd: farEnd(part, storyboard),
      jobs: jobs, progress: progress)
    let isDisturbed = part.variant == .cascade
    return DeploymentResults.Run(
      name: part.name, storyboard: part.storyboard, setting: setting(part, files),
      figures: DeploymentResults.figures(of: outcome),
      struck: isDisturbed ? DeploymentResults.struck(storyboard.incidents, outcome) : [],
      firstHour: try firstHour(part, files))
  }

  /// The first hour with nothing going wrong.
  package func firstHour(_ part: Part) throws(InputError) -> [DeploymentResults.Figure] {
    try firstHour(part, StoryboardFiles("\(home)/\(part.storyboard)"))
  }

  private func firstHour(
    _ part: Part, _ files: StoryboardFiles
  ) throws(InputError) -> [DeploymentResults.Figure] {
    var plan = plan(part, files.storyboard)
    plan.days = 1
    plan.shift = min(plan.shift, .seconds(3_600))
    // Alarms on drift are tuned to a whole shift, and say nothing about one hour.
    plan.drift = nil
    plan.resamples = 0
    return DeploymentResults.figures(
      of: try files.run(
        plan, part.variant == .edgeOnly ? .edgeOnly : .withoutIncidents, over: files.link,
        farEnd: farEnd(part, files.storyboard), jobs: jobs))
  }

  private func plan(_ part: Part, _ storyboard: Storyboard) -> CascadePlan {
    var plan = storyboard.plan
    if let days = part.days { plan.days = min(days, plan.days) }
    if let repeats = part.repeatsParts { plan.repeatsParts = repeats }
    return plan
  }

  private func farEnd(_ part: Part, _ storyboard: Storyboard) -> FarEndChoice {
    part.hasGateway ? storyboard.farEnd : .direct
  }

  private func setting(_ part: Part, _ files: StoryboardFiles) -> String {
    let setting = files.setting
    let gateway = part.hasGateway ? setting.gateway.map { "gateway \($0)" } : nil
    let network =
      part.variant == .edgeOnly ? "" : ", \(setting.link), \(gateway ?? "no gateway")"
    return "\(setting.model) on \(setting.box)\(network)"
  }
}
