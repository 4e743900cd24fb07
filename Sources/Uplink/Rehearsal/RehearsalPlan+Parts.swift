import Boards
import Bytes
import VirtualTime

extension StationRules {
  /// - Throws: `InputError` with the key of what is out of range.
  init(_ file: RehearsalFile) throws(InputError) {
    let deadline = try RehearsalPlan.time(
      file.deadline ?? TimeSpan(nanoseconds: 2_000_000_000), "deadline", from: 1)
    self.init(deadline: deadline)
    guard let raw = file.transport else { return }
    transport = raw.protocol ?? transport
    security = raw.security ?? (transport == .http3 ? .tls13 : security)
    guard transport != .http3 || security == .tls13 else {
      throw InputError(
        at: .key("transport.security"), "expected tls13 under http3, found \(security)")
    }
    guard [.none, .tls12, .tls13].contains(security) else {
      throw InputError(
        at: .key("transport.security"), "expected none, tls12 or tls13, found \(security)",
        advice: "resumption: \"tickets\" resumes sessions from the second connection on")
    }
    resumption = raw.resumption.flatMap { Resumption(rawValue: $0.rawValue) } ?? resumption
    connections = try Self.count(raw.connections, "connections", 1...1_000, or: connections)
    attempts = try Self.count(raw.attempts, "attempts", 1...100, or: attempts)
    queueLimit = try Self.count(raw.queue, "queue", 1...1_000_000, or: queueLimit)
    retriedStatuses = raw.retriedStatuses ?? []
    for (index, status) in retriedStatuses.enumerated() where !(300...599 ~= status) {
      throw InputError(
        at: .key("transport.retriedStatuses[\(index)]"), "expected 300 to 599, found \(status)")
    }
    func time(
      _ span: TimeSpan?, _ key: String, from least: Int64 = 1, or usual: Duration
    ) throws(InputError) -> Duration {
      try span.map { span throws(InputError) in
        try RehearsalPlan.time(span, "transport.\(key)", from: least)
      } ?? usual
    }
    keepAlive = try time(raw.keepAlive, "keepAlive", or: keepAlive)
    nameLifetime = try time(raw.nameLifetime, "nameLifetime", from: 0, or: nameLifetime)
    backoff = try time(raw.backoff, "backoff", from: 0, or: backoff)
    overallTimeout = try time(raw.timeouts?.overall, "timeouts.overall", or: deadline)
    attemptTimeout = try time(raw.timeouts?.attempt, "timeouts.attempt", or: overallTimeout)
    connectTimeout = try time(raw.timeouts?.connect, "timeouts.connect", or: attemptTimeout)
  }

  private static func count(
    _ value: Int?, _ key: String, _ range: ClosedRange<Int>, or usual: Int
  ) throws(InputError) -> Int {
    guard range ~= value ?? usual else {
      throw InputError(
        at: .key("transport.\(key)"),
        "expected \(range.lowerBound) to \(range.upperBound), found \(value ?? usual)")
    }
    return value ?? usual
  }
}

extension RequestPattern {
  init(
    _ raw: RehearsalFile.Requests, path: String, end: Instant?, _ names: inout RequestNames
  ) throws(InputError) {
    interval = try RehearsalPlan.time(raw.every, "\(path).every", from: 1_000)
    isRegular = raw.arrivals == .regular
    bytes = raw.bytes.bytes
    guard 1...RequestTraceReader.mostBytes ~= bytes else {
      throw InputError(
        at: .key("\(path).bytes"), "expected 1 to \(RequestTraceReader.mostBytes), found \(bytes)")
    }
    bytesSpread = raw.bytesSpread ?? 0
    guard 0...3 ~= bytesSpread else {
      throw InputError(
        at: .key("\(path).bytesSpread"), "expected 0 to 3, found \(bytesSpread)")
    }
    from = .zero + (try RehearsalPlan.time(raw.from, "\(path).from"))
    to =
      raw.to == nil
      ? Instant(nanoseconds: .max) : .zero + (try RehearsalPlan.time(raw.to, "\(path).to"))
    guard from < to else {
      throw InputError(at: .key("\(path).to"), "expected a time after ‘from’")
    }
    prompts = try Self.prompts(raw.prompts ?? [], path, &names)
    variants = try Self.variants(raw.variants ?? [], path, &names)
    repeated = try RehearsalPlan.share(raw.images?.repeated, "\(path).images.repeated", or: 0)
    lookAlike = try RehearsalPlan.share(raw.images?.lookAlike, "\(path).images.lookAlike", or: 0)
    guard repeated + lookAlike <= 1 else {
      throw InputError(
        at: .key("\(path).images"),
        "expected shares of at most 1 together, found "
          + "\(repeated + lookAlike)")
    }
    guard lookAlike == 0 || variants.count > 1 else {
      throw InputError(
        at: .key("\(path).images.lookAlike"), "expected 0, as there is only one variant")
    }
    differingBits = raw.images?.differingBits ?? 0
    guard 0...64 ~= differingBits else {
      throw InputError(
        at: .key("\(path).images.differingBits"), "expected 0 to 64, found \(differingBits)")
    }
  }

  private static func prompts(
    _ raw: [RehearsalFile.Requests.Prompt], _ path: String, _ names: inout RequestNames
  ) throws(InputError) -> [(from: Instant, number: Int32)] {
    var prompts: [(from: Instant, number: Int32)] = []
    for (index, prompt) in raw.enumerated() {
      let from =
        Instant.zero
        + (try RehearsalPlan.time(prompt.from, "\(path).prompts[\(index)].from"))
      guard prompts.last.map({ $0.from < from }) ?? true else {
        throw InputError(
          at: .key("\(path).prompts[\(index)].from"), "expected a later time than that before it")
      }
      prompts.append((from, names.prompts.number(of: prompt.name)))
    }
    return prompts.isEmpty ? [(.zero, 0)] : prompts
  }

  private static func variants(
    _ raw: [RehearsalFile.Requests.Variant], _ path: String, _ names: inout RequestNames
  ) throws(InputError) -> [Variant] {
    guard !raw.isEmpty else { return [Variant(number: 0, upTo: 1)] }
    for (index, variant) in raw.enumerated() {
      guard variant.share ?? 1 > 0, variant.share ?? 1 <= 1e9 else {
        throw InputError(
          at: .key("\(path).variants[\(index)].share"),
          "expected a share above 0, found "
            + "\(variant.share ?? 1)")
      }
    }
    let sum = raw.reduce(0) { $0 + ($1.share ?? 1) }
    var upTo = 0.0
    return raw.map { variant in
      upTo += (variant.share ?? 1) / sum
      return Variant(number: names.variants.number(of: variant.name), upTo: upTo)
    }
  }
}

extension RehearsalFile.Incident.Kind {
  var isOfLink: Bool {
    switch self {
    case .linkDown, .linkSlow, .linkLossy, .linkLatency, .nameFailure, .captivePortal,
      .addressRebinding:
      true
    default: false
    }
  }

  fileprivate var isOfProvider: Bool {
    switch self {
    case .providerError, .providerRateLimited, .providerSlow, .providerHanging, .providerRefusing,
      .wrongKey, .quotaExhausted, .badTLS:
      true
    default: false
    }
  }
}

extension Incident {
  init(
    _ raw: RehearsalFile.Incident, _ path: String, stations: [Int], providers: [ProviderProfile]
  ) throws(InputError) {
    try Self.checkMembers(raw, path)
    start = .zero + (try RehearsalPlan.time(raw.at, "\(path).at"))
    if raw.kind == .addressRebinding {
      guard raw.for == nil else {
        throw InputError(at: .key("\(path).for"), "expected none: it happens at one instant")
      }
      duration = .zero
    } else {
      guard let length = raw.for else {
        throw InputError(at: .key("\(path).for"), "expected how long it lasts, found nothing")
      }
      duration = try RehearsalPlan.time(length, "\(path).for", from: 1)
    }
    self.stations = stations
    kind = try Self.kind(raw, path, providers)
    title = raw.kind.rawValue
    if let provider = raw.provider { title += " \(provider)" }
    if let key = raw.key { title += " key \(key)" }
    if let names = raw.stations { title += " at \(names.joined(separator: ", "))" }
  }

  /// A member that means nothing to a kind is a misunderstanding.
  private static func checkMembers(
    _ raw: RehearsalFile.Incident, _ path: String
  ) throws(InputError) {
    let given: [(name: String, isGiven: Bool, kinds: [RehearsalFile.Incident.Kind])] = [
      ("rate", raw.rate != nil, [.linkSlow]), ("loss", raw.loss != nil, [.linkLossy]),
      ("delay", raw.delay != nil, [.linkLatency]),
      ("answer", raw.answer != nil, [.nameFailure]),
      ("ahead", raw.ahead != nil, [.clockSkew]), ("behind", raw.behind != nil, [.clockSkew]),
      ("status", raw.status != nil, [.providerError]),
      ("retryAfter", raw.retryAfter != nil, [.providerRateLimited]),
      ("factor", raw.factor != nil, [.providerSlow]),
    ]
    for (name, isGiven, kinds) in given where isGiven && !kinds.contains(raw.kind) {
      throw InputError(
        at: .key("\(path).\(name)"), "expected none under \(raw.kind.rawValue)",
        advice: "it belongs to \(kinds.map(\.rawValue).joined(separator: ", "))")
    }
    if raw.kind.isOfProvider, raw.stations != nil {
      throw InputError(at: .key("\(path).stations"), "expected none: it strikes a provider")
    }
    if !raw.kind.isOfProvider, raw.provider != nil || raw.key != nil {
      throw InputError(
        at: .key("\(path).\(raw.provider == nil ? "key" : "provider")"),
        "expected none under \(raw.kind.rawValue)")
    }
  }

  private static func kind(
    _ raw: RehearsalFile.Incident, _ path: String, _ providers: [ProviderProfile]
  ) throws(InputError) -> Kind {
    func need<T>(_ value: T?, _ name: String) throws(InputError) -> T {
      guard let value else {
        throw InputError(
          at: .key("\(path).\(name)"), "expected a value for \(raw.kind.rawValue), found none")
      }
      return value
    }
    switch raw.kind {
    case .linkDown: return .linkDown
    case .linkSlow:
      let rate = try RehearsalPlan.share(need(raw.rate, "rate"), "\(path).rate", or: 1)
      guard rate > 0 else {
        throw InputError(
          at: .key("\(path).rate"), "expected a part above 0 of the capacity, found 0",
          advice: "link-down cuts it")
      }
      return .linkSlow(rate)
    case .linkLossy:
      return .linkLossy(
        try RehearsalPlan.share(need(raw.loss, "loss"), "\(path).loss", or: 0))
    case .linkLatency:
      return .linkLatency(
        try RehearsalPlan.time(need(raw.delay, "delay"), "\(path).delay", from: 1))
    case .nameFailure: return .nameFailure(raw.answer == .silent ? .silent : .refuses)
    case .captivePortal: return .captivePortal
    case .addressRebinding: return .addressRebinding
    case .clockSkew:
      guard (raw.ahead == nil) != (raw.behind == nil) else {
        throw InputError(at: .key(path), "expected either ‘ahead’ or ‘behind’")
      }
      let offset = try RehearsalPlan.time(raw.ahead ?? raw.behind, "\(path)", from: 1)
      return .clockSkew(raw.ahead == nil ? .zero - offset : offset)
    default: return .provider(try provider(raw, path, providers))
    }
  }

  private static func provider(
    _ raw: RehearsalFile.Incident, _ path: String, _ providers: [ProviderProfile]
  ) throws(InputError) -> ProviderIncident {
    let names = providers.map(\.name)
    guard let index = raw.provider.map({ names.firstIndex(of: $0) }) ?? 0 else {
      throw InputError(
        at: .key("\(path).provider"),
        "expected one of \(names.joined(separator: ", ")), found "
          + "‘\(raw.provider ?? "")’")
    }
    let keys = providers[index].allKeys.map(\.name)
    var key: Int?
    if let name = raw.key {
      guard let found = keys.firstIndex(of: name) else {
        throw InputError(
          at: .key("\(path).key"),
          "expected one of \(keys.joined(separator: ", ")), found ‘\(name)’")
      }
      key = found
    }
    let status = raw.status ?? 503
    guard 500...599 ~= status else {
      throw InputError(at: .key("\(path).status"), "expected 500 to 599, found \(status)")
    }
    let factor = raw.factor ?? 10
    guard factor > 0, factor <= 1e6 else {
      throw InputError(at: .key("\(path).factor"), "expected above 0 to 1e6, found \(factor)")
    }
    let wait =
      raw.retryAfter == nil ? nil : try RehearsalPlan.time(raw.retryAfter, "\(path).retryAfter")
    let kind: ProviderIncident.Kind =
      switch raw.kind {
      case .providerError: .serverError(status: status)
      case .providerRateLimited: .rateLimited(retryAfter: wait)
      case .providerSlow: .slow(factor: factor)
      case .providerHanging: .hanging
      case .providerRefusing: .refusing
      case .wrongKey: .wrongKey
      case .quotaExhausted: .quotaExhausted
      default: .badTLS
      }
    return ProviderIncident(kind, provider: index, key: key)
  }
}
