package import EdgeBox
import Metrics
import VirtualTime

/// What `preflash rehearse` tells of a storyboard: three runs side by side, incidents over time, and
/// each expectation with what came out.
package struct StoryboardReport: Sendable {
  /// What the storyboard names, as the report names it.
  package struct Setting: Sendable, Equatable {
    package var box: String
    package var model: String
    package var link: String
    /// Nil when stations ask the provider themselves.
    package var gateway: String?
    /// What the latency is worth: measured, fitted, modelled.
    package var latency: String

    package init(box: String, model: String, link: String, gateway: String?, latency: String) {
      self.box = box
      self.model = model
      self.link = link
      self.gateway = gateway
      self.latency = latency
    }
  }

  package var storyboard: Storyboard
  package var setting: Setting
  package var runs: StoryboardRuns
  package let checks: [ExpectationCheck]

  package init(_ storyboard: Storyboard, setting: Setting, runs: StoryboardRuns) {
    self.storyboard = storyboard
    self.setting = setting
    self.runs = runs
    checks = storyboard.expectations.map { ExpectationCheck($0, of: runs, storyboard) }
  }

  /// True when every expectation holds.
  package var passes: Bool { checks.allSatisfy(\.holds) }

  var sides: [(name: String, outcome: CascadeOutcome)] {
    let all: [(String, CascadeOutcome)] = [
      ("edge only", runs.edgeOnly), ("cascade", runs.cascade),
      ("without incident", runs.withoutIncident),
    ]
    // Where nothing happens the third would only say the second again.
    return storyboard.incidents.isEmpty ? Array(all.prefix(2)) : all
  }

  /// Titles of what happens in a stretch of time.
  func happenings(from start: Instant, to end: Instant) -> [String] {
    storyboard.incidents.filter {
      $0.start < end && ($0.end > start || $0.start == $0.end && $0.start >= start)
    }.map(\.title)
  }

  func money(_ micro: Int64, _ places: Int = 2) -> String {
    "\(runs.cascade.currency)\((Double(micro) / 1e6).fixed(places))"
  }

  /// A value as its figure is measured.
  func text(_ value: Double?, _ expectation: StoryboardExpectation) -> String {
    guard let value else { return "no value" }
    guard case .figure(let figure) = expectation.subject else {
      return Self.text(Duration(nanoseconds: Int64(value * 1e9)))
    }
    switch figure.unit {
    case .time: return Self.text(Duration(nanoseconds: Int64(value * 1e9)))
    case .count: return Int(value).grouped
    case .share: return Self.percent(value)
    case .points: return "\(value.fixed(2)) points"
    case .money: return money(Int64((value * 1e6).rounded()))
    case .bytes: return Self.bytes(Int(value))
    case .energy: return Self.energy(value)
    }
  }

  static func percent(_ share: Double?, _ places: Int = 2) -> String { share.percent(places) }

  static func text(_ duration: Duration?) -> String {
    guard let duration else { return "–" }
    if duration < .seconds(1) { return "\(duration.inMilliseconds.fixed(1)) ms" }
    if duration < .seconds(120) { return "\(duration.inSeconds.fixed(2)) s" }
    return duration < .seconds(7_200)
      ? "\((duration.inSeconds / 60).fixed(1)) min" : "\((duration.inSeconds / 3600).fixed(1)) h"
  }

  static func bytes(_ count: Int) -> String {
    count < 1_000_000
      ? "\((Double(count) / 1e3).fixed(1)) kB"
      : count < 1_000_000_000
        ? "\((Double(count) / 1e6).fixed(1)) MB" : "\((Double(count) / 1e9).fixed(2)) GB"
  }

  static func energy(_ joules: Double) -> String {
    joules < 3_600 ? "\(joules.fixed(0)) J" : "\((joules / 3_600).fixed(2)) Wh"
  }
}
