package import Boards
package import Bytes
package import VirtualTime

/// A rehearsal: stations with links and requests, who answers, and what goes wrong when.
package struct RehearsalPlan: Sendable {
  package struct Station: Sendable, Equatable {
    package var name: String
    package var team: String
    /// A number in `names.keys`.
    package var key: Int32
    /// Place among the keys of the first provider, used without a gateway.
    var providerKey: Int
    /// Place in `patterns`; nil when requests come from a trace, or not at all.
    var pattern: Int?
  }

  package struct Expectations: Sendable, Equatable {
    package var inTimeAtLeast: Double?
    package var p95AtMost: Duration?
    package var costAtMost: Int64?
    package var falseHitsAtMost: Int?
  }

  /// A year: nothing is rehearsed for longer.
  static let longest = Duration.seconds(366 * 86_400)
  private static let mostStations = 10_000

  package private(set) var name: String
  package private(set) var summary: String?
  package private(set) var seed: UInt64
  /// When everything ends; nil for when the last request has ended.
  package private(set) var end: Instant?
  package private(set) var sharesLink: Bool
  package private(set) var rules: StationRules
  package private(set) var stations: [Station] = []
  package private(set) var names = RequestNames()
  package private(set) var incidents: [Incident] = []
  package private(set) var expectations = Expectations()
  package private(set) var currency: String
  /// All that a gateway may ask; without one, stations ask the first.
  package let providers: [ProviderProfile]
  private(set) var patterns: [RequestPattern] = []

  /// - Parameters:
  ///   - providers: Those of the gateway, or the file's own.
  ///   - virtualKeys: Those that the gateway knows, in its order.
  ///   - needsRequests: False when requests come from outside the plan.
  /// - Throws: `InputError` with the key of what is out of range, overlaps or is not known.
  package init(
    _ file: RehearsalFile, providers: [ProviderProfile], virtualKeys: [String],
    needsRequests: Bool = true
  ) throws(InputError) {
    guard !providers.isEmpty else {
      throw InputError(at: .key("providers"), "expected a provider, found none")
    }
    try Self.check(file.providers ?? [])
    name = file.name
    summary = file.summary
    currency = file.currency ?? "€"
    self.providers = providers
    sharesLink = file.sharesLink ?? false
    guard (0...Int.max) ~= file.seed ?? 1 else {
      throw InputError(at: .key("seed"), "expected at least 0, found \(file.seed ?? 1)")
    }
    seed = UInt64(file.seed ?? 1)
    rules = try StationRules(file)
    if let duration = file.duration {
      end = .zero + (try Self.time(duration, "duration", from: 1))
    }
    // Number 0 is no key at all, so that a key's number in the gateway is one less.
    names.keys = NameTable([""] + virtualKeys)
    names.prompts = NameTable([""])
    names.variants = NameTable([""])
    try addStations(file)
    if needsRequests { try checkSource(file) }
    try addIncidents(file.incidents ?? [], file)
    expectations = try Self.expectations(file.expect)
  }

  private static func check(_ providers: [ProviderProfile]) throws(InputError) {
    for (index, provider) in providers.enumerated() {
      try provider.check("providers[\(index)]")
      if providers[..<index].contains(where: { $0.name == provider.name }) {
        throw InputError(
          at: .key("providers[\(index)].name"), "‘\(provider.name)’ occurs twice")
      }
    }
  }

  private mutating func addStations(_ file: RehearsalFile) throws(InputError) {
    guard !file.stations.isEmpty else {
      throw InputError(at: .key("stations"), "expected stations, found none")
    }
    for (index, group) in file.stations.enumerated() {
      let path = "stations[\(index)]"
      let count = group.count ?? 1
      guard 1...Self.mostStations ~= count, stations.count + count <= Self.mostStations else {
        throw InputError(
          at: .key("\(path).count"),
          "expected 1 to \(Self.mostStations) stations in all, "
            + "found \(count)")
      }
      guard !group.name.isEmpty else {
        throw InputError(at: .key("\(path).name"), "expected a name, found none")
      }
      let key = names.keys.number(of: group.key ?? "")
      let providerKey = try providerKey(group.providerKey, "\(path).providerKey")
      var pattern: Int?
      if let requests = group.requests {
        pattern = patterns.count
        patterns.append(
          try RequestPattern(requests, path: "\(path).requests", end: end, &names))
      }
      for number in 1...count {
        let name = group.count == nil ? group.name : "\(group.name)-\(number)"
        guard names.stations.existing(name) == nil else {
          throw InputError(at: .key("\(path).name"), "‘\(name)’ occurs twice")
        }
        _ = names.stations.number(of: name)
        stations.append(
          Station(
            name: name, team: group.team ?? "", key: key, providerKey: providerKey,
            pattern: pattern))
      }
    }
  }

  private func providerKey(_ name: String?, _ path: String) throws(InputError) -> Int {
    let keys = providers[0].allKeys.map(\.name)
    guard let index = name.map({ keys.firstIndex(of: $0) }) ?? 0 else {
      throw InputError(
        at: .key(path), "expected one of \(keys.joined(separator: ", ")), found ‘\(name ?? "")’")
    }
    return index
  }

  private func checkSource(_ file: RehearsalFile) throws(InputError) {
    if file.trace != nil {
      if let index = file.stations.firstIndex(where: { $0.requests != nil }) {
        throw InputError(
          at: .key("stations[\(index)].requests"), "expected none, as there is a trace",
          advice: "take requests from a trace or make them up, not both")
      }
      return
    }
    guard !patterns.isEmpty else {
      throw InputError(
        at: .key("stations"), "expected requests, found none",
        advice: "give a group of stations ‘requests’, or the file a ‘trace’")
    }
    guard end != nil else {
      throw InputError(
        at: .key("duration"), "expected a duration, as requests are made up without end")
    }
  }

  // MARK: - Checks that several parts share

  package static func time(
    _ span: TimeSpan?, _ key: String, from least: Int64 = 0
  ) throws(InputError) -> Duration {
    let nanoseconds = Int64(span?.nanoseconds ?? 0)
    guard least...longest.nanoseconds ~= nanoseconds else {
      throw InputError(
        at: .key(key),
        "expected \(least > 0 ? "more than 0" : "0") to a year, found "
          + "\(nanoseconds) ns")
    }
    return Duration(nanoseconds: nanoseconds)
  }

  package static func share(
    _ value: Double?, _ key: String, or usual: Double
  ) throws(InputError) -> Double {
    guard 0...1 ~= value ?? usual else {
      throw InputError(at: .key(key), "expected a share from 0 to 1, found \(value ?? usual)")
    }
    return value ?? usual
  }

  private static func expectations(
    _ raw: RehearsalFile.Expect?
  ) throws(InputError) -> Expectations {
    var out = Expectations()
    guard let raw else { return out }
    if raw.inTimeAtLeast != nil {
      out.inTimeAtLeast = try share(raw.inTimeAtLeast, "expect.inTimeAtLeast", or: 0)
    }
    if raw.p95AtMost != nil { out.p95AtMost = try time(raw.p95AtMost, "expect.p95AtMost", from: 1) }
    out.costAtMost = raw.costAtMost?.microUnits
    guard raw.falseHitsAtMost ?? 0 >= 0 else {
      throw InputError(at: .key("expect.falseHitsAtMost"), "expected at least 0")
    }
    out.falseHitsAtMost = raw.falseHitsAtMost
    return out
  }
}

extension RehearsalPlan {
  private mutating func addIncidents(
    _ raw: [RehearsalFile.Incident], _ file: RehearsalFile
  ) throws(InputError) {
    for (index, entry) in raw.enumerated() {
      let path = "incidents[\(index)]"
      let struck = try self.stations(named: entry.stations, "\(path).stations")
      if sharesLink, entry.stations != nil, entry.kind.isOfLink {
        throw InputError(
          at: .key("\(path).stations"), "expected none: the stations share one link")
      }
      let incident = try Incident(entry, path, stations: struck, providers: providers)
      if let other = incidents.firstIndex(where: { $0.overlaps(incident) }) {
        throw InputError(
          at: .key(path),
          "expected one incident at a time on the \(incident.component), found an "
            + "overlap with incidents[\(other)]")
      }
      incidents.append(incident)
    }
  }

  /// Numbers of the stations that are named one by one or by their group; all when none is.
  package func stations(
    named wanted: [String]?, _ path: String
  ) throws(InputError) -> [Int] {
    guard let wanted else { return Array(stations.indices) }
    var found: Set<Int> = []
    for (index, name) in wanted.enumerated() {
      let matches = stations.indices.filter {
        stations[$0].name == name || stations[$0].name.isMember(of: name)
      }
      guard !matches.isEmpty else {
        throw InputError(
          at: .key("\(path)[\(index)]"), "expected a station or a group, found ‘\(name)’",
          advice: name.closest(in: names.stations.names).map { "did you mean \($0)?" })
      }
      found.formUnion(matches)
    }
    return found.sorted()
  }
}

extension String {
  /// `line-3` of the group `line`.
  fileprivate func isMember(of group: String) -> Bool {
    hasPrefix("\(group)-") && Int(dropFirst(group.count + 1)) != nil
  }
}

extension RehearsalPlan {
  /// The same plan when nothing goes wrong.
  package func withoutIncidents() -> RehearsalPlan {
    var plan = self
    plan.incidents = []
    return plan
  }
}
