/// An edge at an input of the camera, or another instant that the camera marked.
package struct Trigger: Equatable, Sendable {
  package enum Edge: UInt8, CaseIterable, Sendable {
    case falling = 0
    case rising = 1
    /// A mark without a direction.
    case pulse = 2
  }

  /// Microseconds on the recording's own clock, unshifted.
  package var time: Int64
  /// The input's number. Formats of jAER and DV name their inputs: see `AEDATTriggers`.
  package var channel: UInt8
  package var edge: Edge

  package init(time: Int64, channel: UInt8, edge: Edge) {
    self.time = time
    self.channel = channel
    self.edge = edge
  }

  /// Prophesee's words and records hold 1 for a rising edge and 0 for a falling one.
  init(time: Int64, channel: UInt32, value: UInt32) {
    self.init(
      time: time, channel: UInt8(truncatingIfNeeded: channel),
      edge: value & 1 == 1 ? .rising : .falling)
  }
}

/// Triggers that decoding has met: always counted, kept only for a reader that hands them out.
struct TriggerLog: Sendable {
  /// Those with times in `wanted`.
  private(set) var count = 0
  private(set) var kept: [Trigger] = []
  var keeps = false
  /// Nil for all.
  var wanted: Range<Int64>?

  // Never inlined: in the hot loops it would cost registers for what hardly ever happens.
  @inline(never)
  mutating func add(_ trigger: Trigger) {
    if let wanted, !wanted.contains(trigger.time) { return }
    count += 1
    if keeps { kept.append(trigger) }
  }

  /// A place to go back to when a block has to be decoded again.
  var mark: (count: Int, kept: Int) { (count, kept.count) }

  mutating func rewind(to mark: (count: Int, kept: Int)) {
    count = mark.count
    kept.removeLast(kept.count - mark.kept)
  }

  /// The triggers kept so far; from here on none of them is kept.
  mutating func take() -> [Trigger] {
    defer { kept.removeAll(keepingCapacity: true) }
    return kept
  }
}

/// The inputs that cAER (AEDAT 3.1) and DV (AEDAT 4) name, as channels.
///
/// Sources: libcaer's `special.h` and the `Trigger` schema of dv-processing. Marks of the camera's
/// own clock and frames have channels too, so that they survive from AEDAT 4 to AEDAT 4.
enum AEDATTriggers {
  /// Of AEDAT 4's sources 0 to 9: resets are channel 2, frames 3, exposures 4.
  private static let sources: [(channel: UInt8, edge: Trigger.Edge)] = [
    (2, .pulse), (0, .rising), (0, .falling), (0, .pulse), (1, .rising), (1, .falling),
    (3, .rising), (3, .falling), (4, .rising), (4, .falling),
  ]
  /// Of AEDAT 3.1's special events: three inputs, then the generator, which is channel 1 above.
  private static let specials: [UInt8: (channel: UInt8, edge: Trigger.Edge)] = [
    2: (0, .rising), 3: (0, .falling), 4: (0, .pulse), 12: (1, .rising), 13: (1, .falling),
    6: (5, .rising), 7: (5, .falling), 8: (5, .pulse), 9: (6, .rising), 10: (6, .falling),
    11: (6, .pulse), 1: (2, .pulse), 14: (3, .rising), 15: (3, .falling), 16: (4, .rising),
    17: (4, .falling),
  ]

  static func trigger(time: Int64, source: UInt8) -> Trigger? {
    guard Int(source) < sources.count else { return nil }
    let (channel, edge) = sources[Int(source)]
    return Trigger(time: time, channel: channel, edge: edge)
  }

  static func source(_ trigger: Trigger) -> UInt8? {
    sources.firstIndex { $0 == (trigger.channel, trigger.edge) }.map { UInt8($0) }
  }

  static func trigger(time: Int64, special: UInt8) -> Trigger? {
    specials[special].map { Trigger(time: time, channel: $0.channel, edge: $0.edge) }
  }

  static func special(_ trigger: Trigger) -> UInt8? {
    specials.first { $0.value == (trigger.channel, trigger.edge) }?.key
  }
}
