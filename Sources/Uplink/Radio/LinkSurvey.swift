package import Boards
package import Bytes
package import VirtualTime

/// What a link offers: capacity, gaps, round trips and the times of small uploads.
package struct LinkSurvey: Sendable {
  package let profile: LinkProfile
  package let seed: UInt64
  package let uplink: Direction
  package let downlink: Direction
  /// From a packet's sending to its answer's arrival, without queues and transmission, ascending.
  package let roundTrips: [Duration]

  package struct Direction: Sendable {
    package let capacity: Capacity
    /// Nil without limits that change.
    package let statistics: CapacityStatistics?
    package let uploads: [Uploads]
  }

  package struct Uploads: Sendable {
    package let bytes: Int
    package let times: UploadTimes
  }

  /// A JPEG crop of 11 KB as it is, and as base64 in a request.
  package static let uploadSizes = [11_264, 15_800]
  /// What a conveyor buffers.
  package static let patience = Duration.seconds(2)
  private static let roundTripCount = 10_000
  private static let fewestUploads = 10_000

  /// - Parameter span: How much of a generated capacity is looked at.
  package init(
    _ profile: LinkProfile, traces: [String: CapacityTrace], seed: UInt64, span: Duration
  ) throws(InputError) {
    self.profile = profile
    self.seed = seed
    let link = try Link(profile, traces: traces, seed: seed)
    uplink = Self.survey(link.uplink.capacity, span)
    downlink = Self.survey(link.downlink.capacity, span)
    roundTrips = Self.roundTrips(link)
  }

  private static func survey(_ capacity: Capacity, _ span: Duration) -> Direction {
    var length = span
    var statistics: CapacityStatistics?
    switch capacity {
    case .unlimited: return Direction(capacity: capacity, statistics: nil, uploads: [])
    case .constant: length = .seconds(1)
    case .trace(let trace):
      statistics = CapacityStatistics(trace)
      length = trace.period
    case .generated(let generated):
      statistics = CapacityStatistics(generated, over: span)
    }
    // Every 10 ms of a short trace; fewer of a long one say as much.
    let step = Duration(
      nanoseconds: max(10_000_000, length.nanoseconds / Int64(10 * fewestUploads)))
    let uploads = uploadSizes.map {
      Uploads(bytes: $0, times: UploadTimes(of: $0, on: capacity, over: length, each: step))
    }
    return Direction(capacity: capacity, statistics: statistics, uploads: uploads)
  }

  private static func roundTrips(_ link: Link) -> [Duration] {
    var link = link
    var found: [Duration] = []
    // Far enough apart that no delay holds over from the last.
    for index in 0..<roundTripCount {
      let start = Instant.zero + .seconds(Int64(index) * 120)
      let there = link.uplink.arrival(of: start)
      found.append(link.downlink.arrival(of: there) - start)
    }
    return found.sorted()
  }

  /// - Parameter q: In [0, 1].
  package func roundTrip(_ q: Double) -> Duration {
    roundTrips[min(roundTrips.count - 1, Int(q * Double(roundTrips.count)))]
  }
}
