package import Uplink
package import VirtualTime

/// An edge box at each station that judges every frame itself and asks the cloud about the doubtful ones.
package struct CascadePlan: Sendable {
  /// What a frame costs the box.
  package struct FrameTiming: Sendable, Equatable {
    /// From the frame's arrival at an idle box to the detector's answer, preprocessing included.
    package var median: Duration
    /// Standard deviation of the logarithm.
    package var jitter: Double
    /// Watts while a frame is worked on, and otherwise.
    package var busyPower: Double
    package var idlePower: Double
    /// Frames that may wait for the box; one more is dropped.
    package var queueDepth: Int

    package init(
      median: Duration, jitter: Double = 0, busyPower: Double = 0, idlePower: Double = 0,
      queueDepth: Int = 1
    ) {
      self.median = median
      self.jitter = jitter
      self.busyPower = busyPower
      self.idlePower = idlePower
      self.queueDepth = queueDepth
    }
  }

  /// When a frame's detections are doubtful.
  package struct Gate: Sendable, Equatable {
    /// Escalates below it.
    package var threshold: Double
    /// Escalates when the runner-up class is as near as this.
    package var margin: Double
    /// The most doubtful boxes of a frame, at most so many.
    package var cropsPerFrame: Int

    package init(threshold: Double = 0.55, margin: Double = 0.15, cropsPerFrame: Int = 1) {
      self.threshold = threshold
      self.margin = margin
      self.cropsPerFrame = cropsPerFrame
    }
  }

  /// What cannot be sent waits on the box's disk and goes up in batches when there is a link again.
  package struct OfflineQueue: Sendable, Equatable {
    package var capacity: Int
    package var longestAge: Duration
    /// Crops in a batch.
    package var batch: Int

    package init(capacity: Int, longestAge: Duration, batch: Int) {
      self.capacity = capacity
      self.longestAge = longestAge
      self.batch = batch
    }
  }

  /// A hard ceiling of cost: beyond it nothing is escalated, and frames are flagged for review.
  package struct Ceiling: Sendable, Equatable {
    /// Micro-units of the currency.
    package var limit: Int64
    package var every: Duration

    package init(limit: Int64, every: Duration) {
      self.limit = limit
      self.every = every
    }
  }

  /// How often the cloud is right of each class; the rest of its answers is spread over the others.
  package struct CloudAccuracy: Sendable, Equatable {
    /// Row: the true class; column: what the cloud says. Rows sum to 1. An answer about a box that
    /// holds no object is drawn from `onNothing`.
    package var confusion: [[Double]]
    package var onNothing: [Double]
    /// What the cloud's scores are.
    package var score: Double
    package var seed: UInt64

    package init(confusion: [[Double]], onNothing: [Double], score: Double, seed: UInt64) {
      self.confusion = confusion
      self.onNothing = onNothing
      self.score = score
      self.seed = seed
    }
  }

  /// From some time on, some stations see another recording.
  package struct TraceChange: Sendable, Equatable {
    package var start: Instant
    package var end: Instant
    /// A place in `records`.
    package var record: Int
    package var stations: [Int]
    package var title: String

    package init(start: Instant, end: Instant, record: Int, stations: [Int], title: String) {
      self.start = start
      self.end = end
      self.record = record
      self.stations = stations
      self.title = title
    }
  }

  package var seed: UInt64
  /// What stations see; the first is the usual one.
  package var records: [DetectionRecord]
  package var changes: [TraceChange] = []
  /// Recordings are cut into blocks of this length, which follow each other in a seeded order.
  package var block: Duration
  /// The belt runs so long each day, from the day's beginning; then it stands.
  package var shift: Duration
  package var days: Int
  package var timing: FrameTiming
  /// By station.
  package var gates: [Gate]
  /// An answer later than this after its frame is of no use any more.
  package var buffer: Duration
  /// Bytes of a request besides the crop.
  package var overhead: Int
  package var queue: OfflineQueue?
  package var ceiling: Ceiling?
  package var cloud: CloudAccuracy
  /// Stations, links, providers, incidents; its stations make no requests themselves.
  package var network: RehearsalPlan
}
