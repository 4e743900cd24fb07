package import Bytes
package import VirtualTime

/// What befalls some connections, as a proxy does it to a stream.
package struct ConnectionFault: Sendable, Equatable {
  package enum Effect: Sendable, Equatable {
    /// Nobody listens.
    case refuse
    /// Reset this long after the connection was accepted.
    case reset(after: Duration)
    /// Messages of one direction never come out; the connection is reset after a time, or never.
    case silence(isUplink: Bool, closesAfter: Duration?)
    /// Reset by the byte after these, in one direction.
    case limit(isUplink: Bool, bytes: Int)
  }

  package var effect: Effect
  /// Part of the connections that it befalls, drawn once for each.
  package var part: Double

  package init(_ effect: Effect, part: Double = 1) {
    self.effect = effect
    self.part = part
  }
}

/// A proxy or a toxic, as Toxiproxy's populate file and its API write them.
private struct ToxiproxyItem: Decodable {
  struct Attributes: Decodable {
    var latency: Int?
    var jitter: Int?
    var rate: Int?
    var delay: Int?
    var timeout: Int?
    var bytes: Int?
    var averageSize: Int?
    var sizeVariation: Int?

    enum CodingKeys: String, CodingKey {
      case latency, jitter, rate, delay, timeout, bytes
      case averageSize = "average_size"
      case sizeVariation = "size_variation"
    }

    func value(_ name: String) -> Int? {
      switch name {
      case "latency": latency
      case "jitter": jitter
      case "rate": rate
      case "delay": delay
      case "timeout": timeout
      case "bytes": bytes
      case "average_size": averageSize
      default: sizeVariation
      }
    }

    static let names = [
      "latency", "jitter", "rate", "delay", "timeout", "bytes", "average_size", "size_variation",
    ]
  }

  enum Kind: String, CaseIterable, Decodable {
    case latency
    case bandwidth
    case slowClose = "slow_close"
    case timeout
    case resetPeer = "reset_peer"
    case slicer
    case limitData = "limit_data"

    var attributes: [String] {
      switch self {
      case .latency: ["latency", "jitter"]
      case .bandwidth: ["rate"]
      case .slowClose: ["delay"]
      case .timeout, .resetPeer: ["timeout"]
      case .slicer: ["average_size", "size_variation", "delay"]
      case .limitData: ["bytes"]
      }
    }
  }

  enum Stream: String, CaseIterable, Decodable { case upstream, downstream }

  var name: String?
  var listen: String?
  var upstream: String?
  var enabled: Bool?
  var toxics: [ToxiproxyItem]?
  var type: Kind?
  var stream: Stream?
  var toxicity: Double?
  var attributes: Attributes?
}

extension LinkProfile {
  /// One proxy of Toxiproxy's populate file, or a list of toxics. `upstream` is the uplink,
  /// `downstream` (Toxiproxy's own default) the downlink; a KB is a thousand bytes, as there.
  ///
  /// - Throws: `InputError` for syntax, unknown names, values without sense, several proxies, and a
  ///   latency, bandwidth or slicer for a part of the connections only.
  package init(toxiproxy bytes: [UInt8], file: String) throws(InputError) {
    self.init(name: file, title: "Toxiproxy")
    do {
      let items: [ToxiproxyItem]
      if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
        items = [try ConfigurationFile.decode(ToxiproxyItem.self, bytes: bytes, file: file)]
      } else {
        items = try ConfigurationFile.decode([ToxiproxyItem].self, bytes: bytes, file: file)
      }
      try add(items)
    } catch {
      throw error.inFile(file)
    }
  }

  private mutating func add(_ items: [ToxiproxyItem]) throws(InputError) {
    guard !items.isEmpty else {
      throw InputError(at: .nowhere, "expected a proxy or toxics, found an empty list")
    }
    let proxies = items.filter { $0.type == nil }
    guard let proxy = proxies.first else { return try add(toxics: items, "") }
    guard items.count == 1 else {
      throw InputError(
        at: .key("[1]"), "expected one proxy, as a link is one path, found \(items.count)",
        advice:
          "proxies here: \(proxies.map { $0.name ?? "without a name" }.joined(separator: ", "))"
      )
    }
    guard proxy.name != nil else {
      throw InputError(
        at: .key("[0]"), "expected a proxy with a ‘name’ or a toxic with a ‘type’, found neither")
    }
    guard proxy.stream == nil, proxy.toxicity == nil, proxy.attributes == nil else {
      throw InputError(at: .key("[0]"), "expected ‘stream’, ‘toxicity’, ‘attributes’ in a toxic")
    }
    title = "Toxiproxy \(proxy.name!)"
    if proxy.enabled == false { faults.append(ConnectionFault(.refuse)) }
    try add(toxics: proxy.toxics ?? [], "toxics")
  }

  private mutating func add(toxics: [ToxiproxyItem], _ key: String) throws(InputError) {
    for (index, toxic) in toxics.enumerated() {
      do throws(InputError) {
        try add(toxic)
      } catch {
        throw InputError(
          at: .key("\(key)[\(index)]\(error.place.text.map { ".\($0)" } ?? "")"), error.problem,
          advice: error.advice)
      }
    }
  }

  private mutating func add(_ toxic: ToxiproxyItem) throws(InputError) {
    guard let kind = toxic.type else {
      throw InputError(at: .key("type"), "expected a type, found none")
    }
    guard toxic.listen == nil, toxic.upstream == nil, toxic.enabled == nil, toxic.toxics == nil
    else { throw InputError(at: .nowhere, "expected a toxic, found parts of a proxy") }
    let part = toxic.toxicity ?? 1
    guard 0...1 ~= part else {
      throw InputError(at: .key("toxicity"), "expected 0 to 1, found \(part)")
    }
    let attributes = toxic.attributes ?? ToxiproxyItem.Attributes()
    for name in ToxiproxyItem.Attributes.names where !kind.attributes.contains(name) {
      guard attributes.value(name) == nil else {
        throw InputError(
          at: .key("attributes.\(name)"), "expected no ‘\(name)’ in a toxic ‘\(kind.rawValue)’",
          advice: "it has \(kind.attributes.joined(separator: ", "))")
      }
    }
    guard part > 0 else { return }
    let isUplink = toxic.stream == .upstream
    switch kind {
    case .latency, .bandwidth, .slicer:
      guard part == 1 else {
        throw InputError(
          at: .key("toxicity"), "‘\(kind.rawValue)’ for some of the connections is not modelled",
          advice: "a link is as late and as fast for all of them; use toxicity 1")
      }
      var direction = isUplink ? uplink : downlink
      try direction.add(kind, attributes)
      if isUplink { uplink = direction } else { downlink = direction }
    case .slowClose:
      _ = try attributes.required("delay", 0...86_400_000)
      notes.append(
        "slow_close: nobody waits for a connection's end here, so that it changes nothing")
    case .timeout:
      let time = try attributes.required("timeout", 0...86_400_000)
      let end: Duration? = time == 0 ? nil : .milliseconds(Int64(time))
      faults.append(ConnectionFault(.silence(isUplink: isUplink, closesAfter: end), part: part))
    case .resetPeer:
      let time = try attributes.required("timeout", 0...86_400_000)
      faults.append(ConnectionFault(.reset(after: .milliseconds(Int64(time))), part: part))
    case .limitData:
      let bytes = try attributes.required("bytes", 0...Int.max)
      faults.append(ConnectionFault(.limit(isUplink: isUplink, bytes: bytes), part: part))
    }
    if kind == .slicer {
      notes.append("slicer: as the rate that it leaves, not as packets of its size")
    }
  }
}

extension ToxiproxyItem.Attributes {
  fileprivate func required(
    _ name: String, _ range: ClosedRange<Int>
  ) throws(InputError) -> Int {
    guard let value = value(name) else {
      throw InputError(at: .key("attributes.\(name)"), "expected a number, found none")
    }
    guard range.contains(value) else {
      throw InputError(
        at: .key("attributes.\(name)"),
        "expected \(range.lowerBound) to \(range.upperBound), found \(value)")
    }
    return value
  }
}

extension LinkProfile.Direction {
  fileprivate mutating func add(
    _ kind: ToxiproxyItem.Kind, _ attributes: ToxiproxyItem.Attributes
  ) throws(InputError) {
    switch kind {
    case .latency:
      let late = Duration.milliseconds(Int64(try attributes.required("latency", 0...86_400_000)))
      let jitter =
        attributes.jitter == nil ? 0 : try attributes.required("jitter", 0...86_400_000)
      switch (delay, jitter) {
      case (.constant(let before), 0): delay = .constant(before + late)
      case (.constant(let before), _):
        delay = .varying(
          before + late, jitter: .milliseconds(Int64(jitter)), .uniform, correlation: 0)
      case (.varying(let before, let spread, let shape, let correlation), 0):
        delay = .varying(before + late, jitter: spread, shape, correlation: correlation)
      default:
        throw InputError(at: .key("attributes.jitter"), "expected jitter in one latency a stream")
      }
    case .bandwidth: limit(to: Int64(try attributes.required("rate", 1...100_000_000)) * 8_000)
    default:
      let size = try attributes.required("average_size", 1...1_000_000)
      let pause = try attributes.required("delay", 0...1_000_000_000)
      if pause > 0 { limit(to: max(1, Int64(size) * 8_000_000 / Int64(pause))) }
    }
  }

  private mutating func limit(to rate: Int64) {
    if case .constant(let before) = capacity {
      capacity = .constant(min(before, rate))
    } else {
      capacity = .constant(rate)
    }
  }
}
