package import Bytes
import VirtualTime

/// A link as its JSON5 file states it, before anything is checked.
private struct LinkFile: Decodable {
  struct RoundTrip: Decodable {
    var median: TimeSpan
    var sigma: Double
    var period: TimeSpan
  }

  struct Direction: Decodable {
    var capacity: Capacity?
    var delay: Delay?
    var queue: Queue?
    var loss: Loss?
    var netem: String?
  }

  struct Capacity: Decodable {
    var rate: BitRate?
    var trace: String?
    var once: Bool?
    var median: BitRate?
    var sigma: Double?
    var persistence: TimeSpan?
    var gaps: [Cause]?
  }

  struct Delay: Decodable {
    var mean: TimeSpan
    var jitter: TimeSpan?
    var shape: JitterShape?
    var reorders: Bool?
  }

  struct Queue: Decodable {
    enum Discipline: String, CaseIterable, Decodable {
      case dropTail = "drop-tail"
      case dropHead = "drop-head"
      case codel
      case pie
    }

    var discipline: Discipline?
    var packets: Int?
    var bytes: ByteCount?
    var target: TimeSpan?
    var interval: TimeSpan?
    var burst: TimeSpan?
  }

  struct Loss: Decodable {
    /// Of packets, in the long run.
    var mean: Double?
    /// Mean length of a run of lost packets.
    var burst: Double?
    var toBad: Double?
    var toGood: Double?
    var inGood: Double?
    var inBad: Double?
  }

  struct Radio: Decodable {
    var promotion: TimeSpan
    var tail: TimeSpan
  }

  struct Cause: Decodable {
    struct Lengths: Decodable {
      var median: TimeSpan?
      var sigma: Double?
      var alpha: Double?
      var shortest: TimeSpan
      var longest: TimeSpan
    }

    struct Clusters: Decodable {
      var size: Double
      var spacing: TimeSpan
    }

    var cause: String
    var perHour: Double
    var lengths: Lengths
    var clusters: Clusters?
  }

  var name: String
  var title: String
  var purpose: String?
  var roundTrip: RoundTrip?
  var uplink: Direction?
  var downlink: Direction?
  var radio: Radio?
  var interruptions: [Cause]?
}

extension LinkProfile {
  /// Reads `boards/links/NAME.json5`.
  ///
  /// - Throws: `InputError` for syntax, unknown or missing names, and values that cannot be.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    let raw = try ConfigurationFile.decode(LinkFile.self, bytes: bytes, file: file)
    do {
      self = try LinkCheck.profile(raw)
    } catch {
      throw error.inFile(file)
    }
  }
}

/// What must hold beyond what the decoder sees.
private enum LinkCheck {
  /// No length of time in a link is longer.
  static let longest = Duration.seconds(90 * 86_400)

  static func profile(_ raw: LinkFile) throws(InputError) -> LinkProfile {
    try require(!raw.name.isEmpty, "name", "expected a name")
    var profile = LinkProfile(name: raw.name, title: raw.title, purpose: raw.purpose)
    profile.interruptions = try causes(raw.interruptions, "interruptions")
    profile.uplink = try direction(raw.uplink, "uplink")
    profile.downlink = try direction(raw.downlink, "downlink")
    if let radio = raw.radio {
      profile.radio = RadioStates(
        promotion: try time(radio.promotion, "radio.promotion"),
        tail: try time(radio.tail, "radio.tail"))
    }
    if let trip = raw.roundTrip {
      let model = try roundTrip(trip)
      for (name, delay) in [
        ("uplink", profile.uplink.delay), ("downlink", profile.downlink.delay),
      ] {
        try require(
          delay == .constant(.zero), "\(name).delay",
          "expected no delay beside ‘roundTrip’, of which each direction gets half")
      }
      profile.uplink.delay = model
      profile.downlink.delay = model
    }
    if !profile.interruptions.isEmpty {
      for (name, capacity) in [
        ("uplink", profile.uplink.capacity), ("downlink", profile.downlink.capacity),
      ] {
        guard case .generated = capacity else {
          throw InputError(
            at: .key(name), "expected a generated capacity beside ‘interruptions’",
            advice: "give its capacity median, sigma and persistence; sigma 0 is a constant rate")
        }
      }
    }
    return profile
  }

  private static func require(
    _ condition: Bool, _ key: String, _ problem: @autoclosure () -> String
  ) throws(InputError) {
    if !condition { throw InputError(at: .key(key), problem()) }
  }

  private static func time(_ span: TimeSpan, _ key: String) throws(InputError) -> Duration {
    let time = Duration.nanoseconds(Int64(span.nanoseconds))
    try require(time <= longest, key, "expected at most 90 days")
    return time
  }

  private static func positive(_ span: TimeSpan, _ key: String) throws(InputError) -> Duration {
    let time = try time(span, key)
    try require(time > .zero, key, "expected a time above 0")
    return time
  }

  private static func sigma(_ value: Double, _ key: String) throws(InputError) -> Double {
    try require(0...3 ~= value, key, "expected a deviation from 0 to 3, found \(value)")
    return value
  }

  private static func roundTrip(_ raw: LinkFile.RoundTrip) throws(InputError) -> DelayModel {
    let median = try positive(raw.median, "roundTrip.median")
    try require(median <= .seconds(60), "roundTrip.median", "expected at most 60 s")
    return .logNormal(
      median: Duration(nanoseconds: median.nanoseconds / 2),
      sigma: try sigma(raw.sigma, "roundTrip.sigma"),
      period: try positive(raw.period, "roundTrip.period"))
  }

  private static func direction(
    _ raw: LinkFile.Direction?, _ key: String
  ) throws(InputError) -> LinkProfile.Direction {
    var direction = LinkProfile.Direction()
    guard let raw else { return direction }
    if let line = raw.netem {
      try require(
        raw.capacity == nil && raw.delay == nil && raw.queue == nil && raw.loss == nil,
        "\(key).netem", "expected a netem line alone, found other descriptions beside it")
      do throws(InputError) {
        return try LinkProfile.Direction(netem: line)
      } catch {
        throw InputError(at: .key("\(key).netem"), error.problem, advice: error.advice)
      }
    }
    if let capacity = raw.capacity {
      direction.capacity = try Self.capacity(capacity, "\(key).capacity")
    }
    if let delay = raw.delay {
      let mean = try time(delay.mean, "\(key).delay.mean")
      direction.delay = .constant(mean)
      if let jitter = delay.jitter {
        direction.delay = .varying(
          mean, jitter: try time(jitter, "\(key).delay.jitter"), delay.shape ?? .uniform,
          correlation: 0)
      } else {
        try require(delay.shape == nil, "\(key).delay.shape", "expected a jitter to give shape to")
      }
      direction.jitterReorders = delay.reorders ?? false
    }
    if let queue = raw.queue { direction.queue = try Self.queue(queue, "\(key).queue") }
    if let loss = raw.loss { direction.loss = try Self.loss(loss, "\(key).loss") }
    return direction
  }

  private static func capacity(
    _ raw: LinkFile.Capacity, _ key: String
  ) throws(InputError) -> LinkCapacity {
    let given = [raw.rate != nil, raw.trace != nil, raw.median != nil]
    guard given.count(where: { $0 }) == 1 else {
      throw InputError(at: .key(key), "expected one of ‘rate’, ‘trace’ and ‘median’")
    }
    try require(
      raw.trace != nil || raw.once == nil, "\(key).once", "expected a trace to run through once")
    if raw.median == nil {
      try require(
        raw.sigma == nil && raw.persistence == nil && raw.gaps == nil, key,
        "expected ‘sigma’, ‘persistence’ and ‘gaps’ only beside a ‘median’")
    }
    if let rate = raw.rate { return .constant(Int64(rate.bitsPerSecond)) }
    if let trace = raw.trace {
      try require(!trace.isEmpty, "\(key).trace", "expected the name of a file")
      return .trace(file: trace, isOnce: raw.once ?? false)
    }
    guard let sigma = raw.sigma, let persistence = raw.persistence else {
      throw InputError(at: .key(key), "expected ‘sigma’ and ‘persistence’ beside ‘median’")
    }
    return .generated(
      GeneratedRate(
        median: Int64(raw.median!.bitsPerSecond), sigma: try Self.sigma(sigma, "\(key).sigma"),
        persistence: try positive(persistence, "\(key).persistence"),
        gaps: try causes(raw.gaps, "\(key).gaps")))
  }

  private static func queue(
    _ raw: LinkFile.Queue, _ key: String
  ) throws(InputError) -> QueueRule {
    func needed(_ span: TimeSpan?, _ name: String) throws(InputError) -> Duration {
      guard let span else {
        throw InputError(
          at: .key("\(key).\(name)"), "expected a time for \(raw.discipline!.rawValue), found none")
      }
      return try positive(span, "\(key).\(name)")
    }
    let discipline: QueueDiscipline
    var used: Set<String> = []
    switch raw.discipline {
    case nil, .dropTail: discipline = .dropTail
    case .dropHead: discipline = .dropHead
    case .codel:
      discipline = .codel(
        target: try needed(raw.target, "target"), interval: try needed(raw.interval, "interval"))
      used = ["target", "interval"]
    case .pie:
      discipline = .pie(
        target: try needed(raw.target, "target"), burst: try needed(raw.burst, "burst"))
      used = ["target", "burst"]
    }
    for (name, span) in [
      ("target", raw.target), ("interval", raw.interval), ("burst", raw.burst),
    ] {
      try require(
        span == nil || used.contains(name), "\(key).\(name)",
        "expected no ‘\(name)’ for this discipline")
    }
    try require(
      raw.packets.map { 1...10_000_000 ~= $0 } ?? true, "\(key).packets",
      "expected 1 to 10,000,000 packets")
    try require(
      raw.bytes.map { $0.bytes >= 1_500 } ?? true, "\(key).bytes",
      "expected at least one packet of 1,500 B")
    return QueueRule(discipline, packets: raw.packets, bytes: raw.bytes?.bytes)
  }

  private static func loss(_ raw: LinkFile.Loss, _ key: String) throws(InputError) -> LossModel {
    for (name, value) in [
      ("mean", raw.mean), ("toBad", raw.toBad), ("toGood", raw.toGood), ("inGood", raw.inGood),
      ("inBad", raw.inBad),
    ] {
      try require(
        value.map { 0...1 ~= $0 } ?? true, "\(key).\(name)",
        "expected a probability from 0 to 1, found \(value ?? 0)")
    }
    if let mean = raw.mean {
      try require(
        raw.toBad == nil && raw.toGood == nil && raw.inGood == nil && raw.inBad == nil, key,
        "expected either ‘mean’ and perhaps ‘burst’, or ‘toBad’ and ‘toGood’")
      guard let burst = raw.burst else { return .independent(mean) }
      try require(
        1...1e6 ~= burst && mean < 1, "\(key).burst",
        "expected bursts of 1 to 1,000,000 packets and a mean below 1")
      let model = LossModel.bursts(loss: mean, length: burst)
      try require(
        mean / (1 - mean) / burst <= 1, "\(key).burst",
        "expected bursts longer than \(mean / (1 - mean)) packets for this mean")
      return model
    }
    guard let toBad = raw.toBad, let toGood = raw.toGood else {
      throw InputError(
        at: .key(key), "expected ‘mean’ and perhaps ‘burst’, or ‘toBad’ and ‘toGood’")
    }
    try require(raw.burst == nil, "\(key).burst", "expected ‘burst’ only beside ‘mean’")
    return .gilbertElliott(
      toBad: toBad, toGood: toGood, lossInGood: raw.inGood ?? 0, lossInBad: raw.inBad ?? 1)
  }

  private static func causes(
    _ raw: [LinkFile.Cause]?, _ key: String
  ) throws(InputError) -> [Interruption] {
    var causes: [Interruption] = []
    for (index, cause) in (raw ?? []).enumerated() {
      causes.append(try interruption(cause, "\(key)[\(index)]"))
    }
    return causes
  }

  private static func interruption(
    _ raw: LinkFile.Cause, _ key: String
  ) throws(InputError) -> Interruption {
    try require(!raw.cause.isEmpty, "\(key).cause", "expected the name of a cause")
    try require(
      0...1e6 ~= raw.perHour, "\(key).perHour", "expected 0 to 1,000,000, found \(raw.perHour)")
    var result = Interruption(
      cause: raw.cause, perHour: raw.perHour, lengths: try lengths(raw.lengths, "\(key).lengths"))
    if let clusters = raw.clusters {
      try require(
        1...1e6 ~= clusters.size, "\(key).clusters.size",
        "expected a mean of 1 to 1,000,000, found \(clusters.size)")
      result.clusters = .init(
        size: clusters.size, spacing: try time(clusters.spacing, "\(key).clusters.spacing"))
    }
    try require(
      result.meanWait > 0, "\(key).perHour",
      "expected room between interruptions, found \(raw.perHour) an hour of "
        + "\(result.lengths.mean) s each")
    return result
  }

  private static func lengths(
    _ raw: LinkFile.Cause.Lengths, _ key: String
  ) throws(InputError) -> Interruption.Lengths {
    let shortest = try positive(raw.shortest, "\(key).shortest")
    let longest = try time(raw.longest, "\(key).longest")
    try require(
      shortest < longest, "\(key).longest",
      "expected more than the shortest, \(shortest.inSeconds) s")
    switch (raw.median, raw.sigma, raw.alpha) {
    case (nil, nil, nil): return .uniform(shortest, longest)
    case (nil, nil, let alpha?):
      try require(0.05...20 ~= alpha, "\(key).alpha", "expected 0.05 to 20, found \(alpha)")
      return .pareto(alpha: alpha, shortest: shortest, longest: longest)
    case (let median?, let sigma?, nil):
      let median = try positive(median, "\(key).median")
      try require(
        shortest <= median && median <= longest, "\(key).median",
        "expected a median between shortest and longest")
      return .logNormal(
        median: median, sigma: try Self.sigma(sigma, "\(key).sigma"), shortest: shortest,
        longest: longest)
    default:
      throw InputError(
        at: .key(key), "expected ‘median’ and ‘sigma’, or ‘alpha’, or none of them",
        advice: "a log-normal, a Pareto and a uniform distribution in this order")
    }
  }
}
