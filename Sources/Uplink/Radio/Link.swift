package import Boards
package import Bytes
import VirtualTime

/// A link: two directions and the radio that they share.
package struct Link: Sendable {
  package var uplink: LinkDirection
  package var downlink: LinkDirection
  package var radio: Radio
  /// What befalls connections made from now on.
  package var faults: [ConnectionFault] = []
  private var faultRandom = SeededRandom(seed: 0, stream: "link.faults")

  package init(uplink: LinkDirection, downlink: LinkDirection, radio: RadioStates? = nil) {
    self.uplink = uplink
    self.downlink = downlink
    self.radio = Radio(radio)
  }

  /// A link as a profile describes it.
  ///
  /// - Parameter traces: The profile's `traceFiles` by their names.
  /// - Throws: `InputError` when a trace is missing.
  package init(
    _ profile: LinkProfile, traces: [String: CapacityTrace] = [:], seed: UInt64
  ) throws(InputError) {
    let sharesDelay =
      profile.uplink.delay.isLogNormal && profile.uplink.delay == profile.downlink.delay
    func direction(
      _ direction: LinkProfile.Direction, _ stream: String
    ) throws(InputError) -> LinkDirection {
      LinkDirection(
        try Capacity(
          direction.capacity, shared: profile.interruptions, traces: traces, seed: seed,
          stream: stream),
        PacketQueue(
          direction.queue.discipline, limit: direction.queue.packets,
          byteLimit: direction.queue.bytes, seed: seed),
        direction, seed: seed, stream: stream,
        delayStream: (sharesDelay ? "link" : stream) + ".delay")
    }
    try self.init(
      uplink: direction(profile.uplink, "link.uplink"),
      downlink: direction(profile.downlink, "link.downlink"), radio: profile.radio)
    faults = profile.faults
    faultRandom = SeededRandom(seed: seed, stream: "link.faults")
  }
}

extension Link {
  /// What befalls the next connection.
  mutating func drawFaults() -> [ConnectionFault.Effect] {
    var effects: [ConnectionFault.Effect] = []
    for fault in faults where fault.part >= 1 || faultRandom.uniform() < fault.part {
      effects.append(fault.effect)
    }
    return effects
  }
}

extension Capacity {
  /// - Parameter shared: Interruptions of both directions of the link.
  package init(
    _ capacity: LinkCapacity, shared: [Interruption], traces: [String: CapacityTrace],
    seed: UInt64, stream: String
  ) throws(InputError) {
    switch capacity {
    case .unlimited: self = .unlimited
    case .constant(let rate): self = .constant(rate)
    case .trace(let file, let isOnce):
      guard let trace = traces[file] else {
        throw InputError(at: .nowhere, "expected the capacity trace ‘\(file)’, found none")
      }
      self = .trace(CapacityTrace(trace.shape, period: trace.period, isOnce: isOnce))
    case .generated(let rate):
      self = .generated(GeneratedCapacity(rate, shared: shared, seed: seed, stream: stream))
    }
  }
}

extension DelayModel {
  fileprivate var isLogNormal: Bool {
    if case .logNormal = self { return true }
    return false
  }
}
