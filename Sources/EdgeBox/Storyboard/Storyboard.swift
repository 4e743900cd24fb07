package import Boards
package import Bytes
package import Uplink
package import VirtualTime

/// A storyboard whose numbers are checked and whose files are open: a cascade, what happens to it, and
/// what is expected of it.
package struct Storyboard: Sendable {
  package let name: String
  package let summary: String?
  package let plan: CascadePlan
  package let farEnd: FarEndChoice
  package let expectations: [StoryboardExpectation]
  /// Of everything that happens at a time, in the order of time.
  package let incidents: [Happening]

  /// An incident as the report draws it.
  package struct Happening: Sendable, Equatable {
    package var title: String
    package var start: Instant
    package var end: Instant
    /// Numbers of those that it strikes.
    package var stations: [Int]
  }

  /// What the files that a storyboard names hold.
  package struct Parts: Sendable {
    /// In the order of the file's recordings.
    package var records: [DetectionRecord]
    package var timing: CascadePlan.FrameTiming
    package var gateway: GatewayProfile?
    package var answers: [CascadePlan.RecordedAnswer]

    package init(
      records: [DetectionRecord], timing: CascadePlan.FrameTiming, gateway: GatewayProfile?,
      answers: [CascadePlan.RecordedAnswer] = []
    ) {
      self.records = records
      self.timing = timing
      self.gateway = gateway
      self.answers = answers
    }
  }

  /// - Throws: `InputError` with the key of what is out of range, overlaps or is not known.
  package init(_ file: StoryboardFile, _ parts: Parts) throws(InputError) {
    name = file.name
    summary = file.summary
    if let buffer = file.cascade.buffer {
      _ = try RehearsalPlan.time(buffer, "cascade.buffer", from: 1)
    }
    let network = try RehearsalPlan(
      file.networkFile(), providers: parts.gateway?.providers ?? file.providers ?? [],
      virtualKeys: parts.gateway?.virtualKeys.map(\.name) ?? [], needsRequests: false)
    farEnd = parts.gateway.map(FarEndChoice.gateway) ?? .direct
    plan = try CascadePlan(file, parts, network)
    incidents = plan.happenings
    let classes = parts.records.first?.classNames ?? []
    let names = StoryboardExpectation.Names(
      currency: network.currency, classes: classes, providers: network.providers.map(\.name),
      keys: network.names.keys.names.filter { !$0.isEmpty }, stations: network.stations.map(\.name),
      incidents: incidents.map(\.title))
    var expectations: [StoryboardExpectation] = []
    for (index, text) in (file.expect ?? []).enumerated() {
      do throws(InputError) {
        expectations.append(try StoryboardExpectation(parsing: text, names: names))
      } catch {
        throw InputError(at: .key("expect[\(index)]"), error.problem, advice: error.advice)
      }
    }
    self.expectations = expectations
  }
}

extension CascadePlan {
  /// What happens to cameras and to the network, in the order of time.
  fileprivate var happenings: [Storyboard.Happening] {
    let scenes = changes.map {
      Storyboard.Happening(
        title: $0.title, start: $0.start, end: $0.end, stations: $0.stations)
    }
    let runaways = runaways.map {
      Storyboard.Happening(
        title: $0.title, start: $0.start, end: $0.end, stations: $0.stations)
    }
    let incidents = network.incidents.map {
      Storyboard.Happening(
        title: $0.title, start: $0.start, end: $0.end, stations: $0.stations)
    }
    return (scenes + runaways + incidents).enumerated().sorted {
      ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
    }.map(\.element)
  }
}

extension StoryboardFile {
  /// From the beginning to a minute after the end of the last shift, so that what is under way ends.
  private var duration: TimeSpan {
    let (days, day) = (shift.days ?? 1, 86_400_000_000_000)
    return TimeSpan(
      nanoseconds: (max(1, min(days, 366)) - 1) * day + min(shift.length.nanoseconds, day)
        + 60_000_000_000)
  }

  /// The part that a rehearsal of the network alone would state.
  fileprivate func networkFile() -> RehearsalFile {
    var file = RehearsalFile(name: name, link: link, stations: stations)
    file.summary = summary
    file.seed = seed
    file.duration = duration
    file.sharesLink = sharesLink
    file.transport = transport
    file.deadline = cascade.buffer
    file.gateway = gateway
    file.providers = providers
    file.currency = currency
    file.incidents = incidents
    return file
  }
}
