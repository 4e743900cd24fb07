package import Bytes
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

  /// When a detection is doubtful.
  package struct Gate: Sendable, Equatable {
    /// Doubtful when its score is below this, …
    package var threshold: Double
    /// … or its runner-up class is nearer than this.
    package var margin: Double
    /// A frame's best boxes are looked at, at most so many; each doubtful one is sent.
    package var cropsPerFrame: Int

    package init(threshold: Double = 0.55, margin: Double = 0.15, cropsPerFrame: Int = 1) {
      self.threshold = threshold
      self.margin = margin
      self.cropsPerFrame = cropsPerFrame
    }
  }

  /// What cannot be sent waits on the box's disk and goes up in batches when there is a link again.
  package struct OfflineQueue: Sendable, Equatable {
    /// Crops of one station.
    package var capacity: Int
    package var longestAge: Duration
    /// Crops of the disk that are under way at a time. Over HTTP/1.1 one connection is left to what is
    /// urgent, where there is more than one.
    package var batch: Int
    /// After a request that could not be sent, nothing is sent for so long.
    package var probeInterval: Duration

    package init(
      capacity: Int, longestAge: Duration, batch: Int, probeInterval: Duration = .seconds(5)
    ) {
      self.capacity = capacity
      self.longestAge = longestAge
      self.batch = batch
      self.probeInterval = probeInterval
    }
  }

  /// A hard ceiling of the cost of all stations together, as far as answers tell it: once it is
  /// reached nothing is escalated until the next period, and frames are flagged for review.
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
    /// holds no object is drawn from `onNothing`. A column beyond the classes is “no object”: such an
    /// answer takes the box away.
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

  /// What the cloud really said about a box.
  package struct RecordedAnswer: Sendable, Equatable {
    package var record: Int
    package var frame: Int
    /// The place of the box among the frame's detections.
    package var detection: Int
    /// Nil for “no object”.
    package var category: Int32?
    package var score: Double

    package init(record: Int, frame: Int, detection: Int, category: Int32?, score: Double) {
      self.record = record
      self.frame = frame
      self.detection = detection
      self.category = category
      self.score = score
    }
  }

  /// For a while, some stations escalate the best box of every frame that has any, sure or not.
  package struct Runaway: Sendable, Equatable {
    package var start: Instant
    package var end: Instant
    package var stations: [Int]
    package var title: String

    package init(start: Instant, end: Instant, stations: [Int], title: String) {
      self.start = start
      self.end = end
      self.stations = stations
      self.title = title
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
  /// The product variant that each record shows, by record; one and the same when empty. A cache may
  /// tell variants apart.
  package var products: [String] = []
  package var changes: [TraceChange] = []
  package var runaways: [Runaway] = []
  /// Recordings are cut into blocks of this length, which follow each other in a seeded order.
  package var block: Duration
  /// Whether a block that comes again shows the same parts, which a cache of answers knows, or others
  /// that look like none before.
  package var repeatsParts = true
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
  /// Where the cloud's answers are known, they are taken from here.
  package var recordedAnswers: [RecordedAnswer] = []
  package var drift: DriftRules? = DriftRules()
  /// Draws for the intervals of accuracies; none when 0.
  package var resamples = 400
  /// Stations, links, providers, incidents; its stations make no requests themselves.
  package var network: RehearsalPlan

  /// - Throws: What `check` throws.
  package init(
    seed: UInt64, records: [DetectionRecord], block: Duration, shift: Duration, days: Int,
    timing: FrameTiming, gates: [Gate], buffer: Duration = .seconds(2), overhead: Int = 800,
    cloud: CloudAccuracy, network: RehearsalPlan
  ) throws(InputError) {
    self.seed = seed
    self.records = records
    self.block = block
    self.shift = shift
    self.days = days
    self.timing = timing
    self.gates = gates
    self.buffer = buffer
    self.overhead = overhead
    self.cloud = cloud
    self.network = network
    try check()
  }
}
