package import Boards
package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// Capacity drawn from statistics as time goes on: nothing is held but the present.
///
/// The rate's logarithm is an autoregressive process in steps of 100 ms; interruptions cut it to zero.
/// It is a function of time and seed alone, whatever traffic there is.
package struct GeneratedCapacity: Sendable {
  /// Of constant rate.
  package struct Spell: Sendable, Equatable {
    package var start: Instant
    package var end: Instant
    /// Bits a second.
    package var rate: Int64
  }

  package static let step = Duration.milliseconds(100)

  private let rate: GeneratedRate
  private let memory: Double
  private var random: SeededRandom
  private var deviation: Double
  private var slotEnd: Instant
  private var slotRate: Int64
  private var interruptions: [InterruptionProcess]
  private var cutUntil = Instant.zero
  private var now = Instant.zero

  /// - Parameters:
  ///   - shared: Interruptions that the other direction has too; drawn from `sharedStream`.
  ///   - stream: Names this direction's randomness.
  package init(
    _ rate: GeneratedRate, shared: [Interruption] = [], seed: UInt64, stream: String,
    sharedStream: String = "link"
  ) {
    self.rate = rate
    memory = exp(-Double(Self.step.nanoseconds) / Double(max(1, rate.persistence.nanoseconds)))
    random = SeededRandom(seed: seed, stream: stream + ".rate")
    deviation = random.normal()
    slotEnd = .zero + Self.step
    slotRate = 1
    interruptions =
      shared.enumerated().map {
        InterruptionProcess($1, seed: seed, stream: "\(sharedStream).\($1.cause) \($0)")
      }
      + rate.gaps.enumerated().map {
        InterruptionProcess($1, seed: seed, stream: "\(stream).\($1.cause) \($0)")
      }
    slotRate = currentRate
  }

  private var currentRate: Int64 {
    // Ten deviations and 10 Tbit/s bound what any file may ask for.
    max(1, Int64(min(Double(rate.median) * exp(rate.sigma * max(-10, min(10, deviation))), 1e13)))
  }

  /// The next stretch of constant rate.
  package mutating func next() -> Spell {
    let start = now
    for index in interruptions.indices {
      while interruptions[index].next.start <= start {
        cutUntil = max(cutUntil, interruptions[index].next.end)
        interruptions[index].advance()
      }
    }
    if cutUntil > start {
      now = cutUntil
      catchUp()
      return Spell(start: start, end: now, rate: 0)
    }
    var end = slotEnd
    for process in interruptions { end = min(end, process.next.start) }
    let spell = Spell(start: start, end: end, rate: slotRate)
    now = end
    catchUp()
    return spell
  }

  private mutating func catchUp() {
    guard slotEnd <= now else { return }
    while slotEnd <= now {
      deviation =
        memory * deviation + (1 - memory * memory).squareRoot() * random.normal()
      slotEnd = slotEnd + Self.step
    }
    slotRate = currentRate
  }
}
