package import VirtualTime

/// A link as a file describes it: what it carries each way, how late, and what goes wrong.
///
/// Decoded from `boards/links/NAME.json5`, from a netem line or from a list of toxics; `Link` in
/// Uplink brings it to life.
package struct LinkProfile: Sendable, Equatable {
  /// Lower-case name of the file, such as `driving-lte`.
  package var name: String
  package var title: String
  /// What the profile is for, in a sentence.
  package var purpose: String?
  package var uplink: Direction
  package var downlink: Direction
  /// Nil for a radio that never sleeps.
  package var radio: RadioStates?
  /// Times without capacity that both directions share: handovers, radio link failures, outages.
  package var interruptions: [Interruption]
  /// What befalls single connections.
  package var faults: [ConnectionFault] = []
  /// What of a foreign description is modelled otherwise than there.
  package var notes: [String] = []

  package init(
    name: String, title: String, purpose: String? = nil, uplink: Direction = Direction(),
    downlink: Direction = Direction(), radio: RadioStates? = nil,
    interruptions: [Interruption] = []
  ) {
    self.name = name
    self.title = title
    self.purpose = purpose
    self.uplink = uplink
    self.downlink = downlink
    self.radio = radio
    self.interruptions = interruptions
  }

  /// One direction: a queue before a transmitter, then losses and a delay.
  package struct Direction: Sendable, Equatable {
    package var capacity = LinkCapacity.unlimited
    package var framing: LinkFraming?
    package var queue = QueueRule()
    package var loss = LossModel.none
    /// Packets that arrive damaged: thrown away by their receiver.
    package var corruption: Chance?
    package var duplication: Chance?
    /// Half a round trip when both directions have the same log-normal delay: they then draw alike.
    package var delay = DelayModel.constant(.zero)
    package var reordering: Reordering?
    /// Whether a packet with a shorter delay overtakes one with a longer, as netem's jitter lets it.
    package var jitterReorders = false

    package init() {}
  }

  /// Names of the trace files that the directions are taken from.
  package var traceFiles: [String] {
    var files: [String] = []
    for direction in [uplink, downlink] {
      if case .trace(let file, _) = direction.capacity, !files.contains(file) { files.append(file) }
    }
    return files
  }
}

/// How much a direction carries over time.
package enum LinkCapacity: Sendable, Equatable {
  case unlimited
  /// Bits a second, above zero.
  case constant(Int64)
  /// A recorded trace, by the name of its file; dead after one lap when `isOnce`.
  case trace(file: String, isOnce: Bool)
  case generated(GeneratedRate)
}

/// Capacity drawn from fitted statistics: a rate that wanders, and gaps in it.
package struct GeneratedRate: Sendable, Equatable {
  /// Bits a second between gaps.
  package var median: Int64
  /// Standard deviation of the logarithm of the rate.
  package var sigma: Double
  /// After this time the rate has forgotten all but 1/e of where it was.
  package var persistence: Duration
  /// Times without capacity in this direction alone.
  package var gaps: [Interruption]

  package init(median: Int64, sigma: Double, persistence: Duration, gaps: [Interruption] = []) {
    self.median = median
    self.sigma = sigma
    self.persistence = persistence
    self.gaps = gaps
  }
}

/// What a link layer adds to each packet, as netem's `rate R OVERHEAD CELL CELLOVERHEAD`.
package struct LinkFraming: Sendable, Equatable {
  /// Bytes a packet; may be negative.
  package var overhead: Int
  /// Bytes of payload that a cell carries; 0 for no cells.
  package var cell: Int
  package var cellOverhead: Int

  package init(overhead: Int, cell: Int = 0, cellOverhead: Int = 0) {
    self.overhead = overhead
    self.cell = cell
    self.cellOverhead = cellOverhead
  }

  /// Bytes on the wire of a packet of `size` bytes.
  package func bytes(of size: Int) -> Int {
    let packet = max(0, size + overhead)
    guard cell > 0 else { return packet }
    return max(0, (packet + cell - 1) / cell * (cell + cellOverhead))
  }
}

/// A queue's discipline and limits.
package struct QueueRule: Sendable, Equatable {
  package var discipline: QueueDiscipline
  /// Packets and bytes; nil for no limit.
  package var packets: Int?
  package var bytes: Int?

  package init(
    _ discipline: QueueDiscipline = .dropTail, packets: Int? = nil, bytes: Int? = nil
  ) {
    self.discipline = discipline
    self.packets = packets
    self.bytes = bytes
  }
}
