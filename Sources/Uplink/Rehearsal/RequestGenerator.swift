import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// What one group of stations asks, made up from a seed.
struct RequestPattern: Sendable, Equatable {
  struct Variant: Sendable, Equatable {
    var number: Int32
    /// Sum of the shares up to and with this one; the last is 1.
    var upTo: Double
  }

  /// Mean time between two requests of one station.
  var interval: Duration
  var isRegular: Bool
  var bytes: Int
  /// Deviation of the logarithm of the bytes.
  var bytesSpread: Double
  var from: Instant
  var to: Instant
  /// Prompt versions by the time from which they are used.
  var prompts: [(from: Instant, number: Int32)]
  var variants: [Variant]
  /// Share of images that look like an earlier one of the same variant, or of another variant.
  var repeated: Double
  var lookAlike: Double
  /// At most so many bits of the hash differ when an image looks like another.
  var differingBits: Int

  static func == (a: Self, b: Self) -> Bool {
    a.interval == b.interval && a.isRegular == b.isRegular && a.bytes == b.bytes
      && a.bytesSpread == b.bytesSpread && a.from == b.from && a.to == b.to
      && a.prompts.map(\.number) == b.prompts.map(\.number)
      && a.prompts.map(\.from) == b.prompts.map(\.from) && a.variants == b.variants
      && a.repeated == b.repeated && a.lookAlike == b.lookAlike
      && a.differingBits == b.differingBits
  }
}

/// Requests of many stations in the order of their times, without end or until their patterns end.
struct RequestGenerator: Sendable {
  /// Images that a later one may look like, the newest of each variant.
  private static let memory = 256

  private struct Source: Sendable {
    var station: Int32
    var key: Int32
    var pattern: Int
    var random: SeededRandom
    var next: Instant
  }

  private struct Seen: Sendable {
    var hashes: [UInt64] = []
    var next = 0

    mutating func add(_ hash: UInt64) {
      if hashes.count < RequestGenerator.memory {
        hashes.append(hash)
      } else {
        hashes[next] = hash
        next = (next + 1) % RequestGenerator.memory
      }
    }
  }

  private let patterns: [RequestPattern]
  private var sources: [Source] = []
  /// By pattern and variant.
  private var seen: [[Seen]]
  private var agenda = Agenda<Int>()
  private let end: Instant

  /// - Parameter stations: Pattern, key and stream name of each station that asks anything.
  init(
    _ patterns: [RequestPattern],
    stations: [(station: Int32, key: Int32, pattern: Int, name: String)], seed: UInt64,
    end: Instant
  ) {
    self.patterns = patterns
    self.end = end
    seen = patterns.map { $0.variants.map { _ in Seen() } }
    for (station, key, pattern, name) in stations {
      var random = SeededRandom(seed: seed, stream: "requests.\(name)")
      // Stations do not beat in time with each other.
      let phase = Double(patterns[pattern].interval.nanoseconds) * random.uniform()
      let first = patterns[pattern].from + Duration(nanoseconds: Int64(phase))
      agenda.schedule(sources.count, at: first)
      sources.append(
        Source(station: station, key: key, pattern: pattern, random: random, next: first))
    }
  }

  /// The next request; nil at the end.
  mutating func next() -> Request? {
    while let index = agenda.next() {
      let now = agenda.now
      guard now < end else { return nil }
      let pattern = patterns[sources[index].pattern]
      guard now < pattern.to else { continue }
      var gap = Double(pattern.interval.nanoseconds)
      if !pattern.isRegular { gap *= -log(1 - sources[index].random.uniform()) }
      agenda.schedule(index, at: now + Duration(nanoseconds: max(1, Int64(gap.rounded()))))
      return request(index, pattern, at: now)
    }
    return nil
  }

  private mutating func request(
    _ index: Int, _ pattern: RequestPattern, at now: Instant
  ) -> Request {
    let draw = sources[index].random.uniform()
    let variant = pattern.variants.firstIndex { draw < $0.upTo } ?? pattern.variants.count - 1
    let prompt = pattern.prompts.last { $0.from <= now } ?? pattern.prompts[0]
    return Request(
      time: now, bytes: bytes(index, pattern), prompt: prompt.number,
      variant: pattern.variants[variant].number, station: sources[index].station,
      key: sources[index].key, imageHash: image(index, pattern, variant))
  }

  private mutating func bytes(_ index: Int, _ pattern: RequestPattern) -> Int {
    guard pattern.bytesSpread > 0 else { return pattern.bytes }
    let u = max(sources[index].random.uniform(), 0x1p-53)
    let v = sources[index].random.uniform()
    let normal = (-2 * log(u)).squareRoot() * cos(2 * Double.pi * v)
    let bytes = Double(pattern.bytes) * exp(pattern.bytesSpread * normal)
    return max(1, Int(min(bytes, Double(RequestTraceReader.mostBytes)).rounded()))
  }

  private mutating func image(
    _ index: Int, _ pattern: RequestPattern, _ variant: Int
  ) -> UInt64 {
    let kind = sources[index].random.uniform()
    var from = variant
    if kind < pattern.repeated {
      from = variant
    } else if kind < pattern.repeated + pattern.lookAlike, pattern.variants.count > 1 {
      let step = 1 + Int(sources[index].random.next() % UInt64(pattern.variants.count - 1))
      from = (variant + step) % pattern.variants.count
    } else {
      return remember(sources[index].random.next(), index, variant)
    }
    let known = seen[sources[index].pattern][from].hashes
    guard !known.isEmpty else { return remember(sources[index].random.next(), index, variant) }
    var hash = known[Int(sources[index].random.next() % UInt64(known.count))]
    let flips = sources[index].random.next() % UInt64(pattern.differingBits + 1)
    for _ in 0..<flips { hash ^= 1 << (sources[index].random.next() & 63) }
    return hash
  }

  private mutating func remember(_ hash: UInt64, _ index: Int, _ variant: Int) -> UInt64 {
    seen[sources[index].pattern][variant].add(hash)
    return hash
  }
}

/// Where requests come from, in the order of their times.
enum RequestSource: Sendable {
  case trace(RequestTraceReader)
  case generated(RequestGenerator)
}
