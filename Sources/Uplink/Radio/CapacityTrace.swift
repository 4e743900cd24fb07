package import VirtualTime

/// How much a direction could carry over time, as somebody recorded it.
package struct CapacityTrace: Sendable, Equatable {
  /// One of two ways in which capacity is written down.
  package enum Shape: Sendable, Equatable {
    /// Milliseconds at which `opportunityBytes` could be sent, in ascending order (Mahimahi).
    case opportunities([Int32])
    /// Bits a second from each time on.
    case rates([Rate])
  }

  package struct Rate: Sendable, Equatable {
    /// From the trace's start.
    package var start: Duration
    package var bitsPerSecond: Int64

    package init(start: Duration, bitsPerSecond: Int64) {
      self.start = start
      self.bitsPerSecond = bitsPerSecond
    }
  }

  /// Mahimahi's PACKET_SIZE: an Ethernet payload and a TUN header. Its documentation says 1,500.
  package static let opportunityBytes = 1_504

  package let shape: Shape
  /// One lap; the trace then begins again.
  package let period: Duration
  /// Whether the link is dead after one lap instead.
  package let isOnce: Bool

  /// - Precondition: Ascending times from zero on within the period, which is longer than zero, and
  ///   no negative rate.
  package init(_ shape: Shape, period: Duration, isOnce: Bool = false) {
    precondition(period > .zero)
    self.shape = shape
    self.period = period
    self.isOnce = isOnce
  }
}
