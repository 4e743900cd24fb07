import Metrics
import Uplink
import VirtualTime

/// The boxes of some stations as makers of requests: what is sent, kept on the disk or refused, and
/// what that does to frames.
struct CascadeClient: RehearsalClient {
  /// A frame that waits for the cloud.
  struct OpenFrame: Sendable {
    var frame: Int32
    var station: Int32
    var arrival: Int64
    /// Crops of which nothing has been heard.
    var remaining: Int32
    /// The worst that befell a crop, and when the last of them was settled.
    var fate = FrameFate.answeredByCloud
    var latency: Int64 = 0
    var answers: UInt64 = 0
  }

  /// A crop under way.
  struct OpenCrop: Sendable {
    var crop: Int32
    var station: Int32
    var arrival: Int64
    var answered: Int64
    /// Its frame; −1 for one of a batch, whose frame has its answer already.
    var frame: Int32
    /// When it was put on the disk; of one of a batch.
    var since: Int64 = 0
  }

  struct Box: Sendable {
    var hasCarrier = true
    /// Nothing is sent before this time, as a request just came to nothing.
    var suspectUntil = Int64.min
    /// Nothing has gone through since a request could not be sent.
    var isCutOff = false
    var hasFullDisk = false
    var disk = CropDisk()
    /// Crops of the batch under way.
    var inBatch = 0
    var isWakeUpSet = false
    /// The deepest that the disk was in each moment, up to the last that is known.
    var depths: [Int32] = []
    var lastDepth: Int32 = 0
  }

  private static let nextFrame = 0
  static let firstStation = 1

  let plan: CascadePlan
  let book: CascadeBook
  let cloud: CloudAnswers
  /// By station number; those of others are never used.
  var boxes: [Box]
  var tally: CascadeTally
  private var doubtful: [DoubtfulFrame] = []
  private var next = 0
  /// When the next of them has been answered.
  private var wakeUp = Int64.min
  var frames = Pool<OpenFrame>()
  var crops = Pool<OpenCrop>()
  /// What answers of this period say that they cost.
  private var spent: Int64 = 0
  private(set) var period: Int64 = 0
  /// Nanoseconds between two frames.
  private let framePeriod: Int64
  private var isOverCeiling = false
  private let buffer: Int64
  /// Crops of a disk that may be under way.
  let batch: Int

  init(_ plan: CascadePlan, _ book: CascadeBook, _ cloud: CloudAnswers, _ tally: CascadeTally) {
    self.plan = plan
    self.book = book
    self.cloud = cloud
    self.tally = tally
    boxes = Array(repeating: Box(), count: plan.network.stations.count)
    buffer = plan.buffer.nanoseconds
    framePeriod = plan.records[0].framePeriod * 1_000
    let rules = plan.network.rules
    let room =
      rules.streams == 1 ? max(1, rules.connections - 1) : rules.connections * rules.streams
    batch = min(plan.queue?.batch ?? 0, room)
  }

  // MARK: - Frames

  /// Takes a day's doubtful frames, in the order of their answers, after those of the day before.
  mutating func take(_ frames: [DoubtfulFrame], into effects: inout [ClientEffect]) {
    doubtful.removeFirst(next)
    next = 0
    let last = doubtful.last?.answered
    doubtful += frames
    guard let first = frames.first?.answered, first < last ?? .max else { return }
    // A box that works around the clock may answer a frame of the day before after the day's first.
    if last != nil { doubtful.sort(by: DoubtfulFrame.isBefore) }
    scheduleNext(&effects)
  }

  private mutating func scheduleNext(_ effects: inout [ClientEffect]) {
    guard next < doubtful.count else { return }
    wakeUp = doubtful[next].answered
    effects.append(.wake(token: Self.nextFrame, at: Instant(nanoseconds: wakeUp)))
  }

  mutating func wake(_ token: Int, at now: Instant, into effects: inout [ClientEffect]) {
    if token == Self.nextFrame {
      // An earlier frame came after this wake-up was asked for.
      guard now.nanoseconds >= wakeUp else { return }
      while next < doubtful.count, doubtful[next].answered <= now.nanoseconds {
        escalate(doubtful[next], now.nanoseconds, &effects)
        next += 1
      }
      scheduleNext(&effects)
    } else {
      let station = Int32(token - Self.firstStation)
      boxes[Int(station)].isWakeUpSet = false
      sendBatch(station, now.nanoseconds, &effects)
    }
  }

  private mutating func escalate(
    _ frame: DoubtfulFrame, _ now: Int64, _ effects: inout [ClientEffect]
  ) {
    let place = frames.insert(
      OpenFrame(
        frame: frame.frame, station: frame.station, arrival: frame.arrival,
        remaining: frame.cropCount))
    let moment = tally.moment(of: frame.arrival)
    for index in frame.firstCrop..<frame.firstCrop + frame.cropCount {
      let crop = OpenCrop(
        crop: book.sent[Int(index)], station: frame.station, arrival: frame.arrival,
        answered: frame.answered, frame: Int32(place))
      tally.moments[moment].escalations += 1
      tally.count(station: crop.station, at: crop.arrival) { $0.escalations.total += 1 }
      if isRefusedByCeiling(at: now) {
        end(crop, .refusedByCeiling)
        settle(crop, .refusedByCeiling, now)
      } else if plan.queue != nil, isCutOff(crop.station, now) {
        keep(crop, now, &effects)
      } else {
        make(crop, now, &effects)
      }
    }
  }

  mutating func make(_ crop: OpenCrop, _ now: Int64, _ effects: inout [ClientEffect]) {
    let place = crops.insert(crop)
    let about = book.crops[Int(crop.crop)]
    effects.append(
      .make(
        Request(
          time: Instant(nanoseconds: now), bytes: Int(about.bytes) + plan.overhead,
          variant: about.product, station: crop.station,
          key: plan.network.stations[Int(crop.station)].key,
          imageHash: plan.repeatsParts ? about.hash : about.hash ^ otherLook(of: crop),
          label: about.label, subject: Int(crop.crop), token: place)))
  }

  /// What makes a crop's hash that of another part, the same for all crops of one showing of a block.
  private func otherLook(of crop: OpenCrop) -> UInt64 {
    let frame = Int(book.crops[Int(crop.crop)].frame)
    let record = book.record(ofFrame: frame)
    let place = frame - book.firstFrame[record]
    let start = book.blockStarts[record][book.block(ofFrame: place, in: record)]
    let began = crop.arrival - Int64(place - start) * framePeriod
    // Frames come at multiples of the period from a phase of the station's own: one time, one showing.
    var random = SeededRandom(
      seed: plan.seed ^ UInt64(bitPattern: began << 12 ^ Int64(crop.station)), stream: "look")
    return random.next()
  }

  /// A crop's last word, as far as counts go.
  mutating func end(_ crop: OpenCrop, _ fate: EscalationFate, _ failure: Fate? = nil) {
    tally.count(station: crop.station, at: crop.arrival) {
      $0.escalations[fate] += 1
      if let failure { $0.escalations.failures[failure.rawValue] += 1 }
    }
    tally.moments[tally.moment(of: crop.arrival)].fates[fate.rawValue] += 1
    tally.outages.note(
      station: Int(crop.station), at: crop.arrival,
      isAnswered: fate == .answeredInTime || fate == .batchedInTime)
  }

  /// A crop's last word, as far as its frame goes; the frame has its answer with the last of them.
  ///
  /// - Parameter answer: Of the cloud; its number, or the detector's.
  mutating func settle(
    _ crop: OpenCrop, _ fate: FrameFate, _ now: Int64, answer: UInt16 = CloudAnswers.edge
  ) {
    let place = Int(crop.frame)
    let isTooLate = now - crop.arrival > buffer && fate != .unfinished
    let fate = isTooLate ? .missedDeadline : fate
    let latency = isTooLate ? max(buffer, crop.answered - crop.arrival) : now - crop.arrival
    frames[place].remaining -= 1
    frames[place].latency = max(frames[place].latency, latency)
    if fate.severity > frames[place].fate.severity { frames[place].fate = fate }
    frames[place].answers |= UInt64(answer) << (16 * UInt64(book.crops[Int(crop.crop)].rank))
    guard frames[place].remaining == 0 else { return }
    let frame = frames[place]
    frames.remove(place)
    tally.count(station: frame.station, at: frame.arrival) { $0.frames[frame.fate] += 1 }
    if frame.fate != .unfinished {
      tally.finalLatency.add(Duration(nanoseconds: frame.latency))
    }
    tally.deadlineMisses += frame.fate == .missedDeadline ? 1 : 0
    if frame.answers != 0 {
      tally.answered[.init(frame: frame.frame, answers: frame.answers), default: 0] += 1
    }
  }

  // MARK: - Answers

  mutating func ended(
    _ request: Request, _ ending: RequestEnding, at now: Instant,
    into effects: inout [ClientEffect]
  ) {
    let crop = crops[request.token]
    crops.remove(request.token)
    tally.count(station: crop.station, at: now.nanoseconds) {
      $0.bytesUp += ending.bytesSent
      $0.bytesDown += ending.bytesReceived
    }
    spend(ending.cost, now.nanoseconds)
    let isBatch = crop.frame < 0
    if isBatch { boxes[Int(crop.station)].inBatch -= 1 }
    if ending.fate == .answered || ending.fate == .answeredLate {
      answered(crop, ending, now.nanoseconds)
      backAgain(crop.station, now.nanoseconds)
    } else if ending.fate == .abandoned {
      end(crop, .unfinished)
      if !isBatch { settle(crop, .unfinished, now.nanoseconds) }
    } else if ending.fate.isOfTheLink, plan.queue != nil {
      cutOff(crop.station, now.nanoseconds)
      keep(crop, now.nanoseconds, &effects)
    } else {
      if ending.fate.family == .refused || ending.fate == .timedOutWaiting {
        backAgain(crop.station, now.nanoseconds)
      }
      end(crop, EscalationFate(failure: ending.fate), ending.fate)
      if !isBatch { settle(crop, .cloudFailed, now.nanoseconds) }
    }
    // What is abandoned is so because everything ends.
    if plan.queue != nil, ending.fate != .abandoned {
      sendBatch(crop.station, now.nanoseconds, &effects)
    }
  }

  private mutating func answered(_ crop: OpenCrop, _ ending: RequestEnding, _ now: Int64) {
    let isInTime = now - crop.arrival <= buffer
    // Out of a cache comes what somebody once said of another crop, right or wrong.
    let subject = ending.stored?.subject ?? Int(crop.crop)
    let provider = ending.stored?.provider ?? ending.provider ?? 0
    if cloud.isRecorded(subject) {
      tally.recordedAnswers += 1
    } else {
      tally.assumedAnswers += 1
    }
    if ending.cache != .none {
      tally.count(station: crop.station, at: crop.arrival) {
        $0.cacheHits.right += ending.cache == .falseHit ? 0 : 1
        $0.cacheHits.wrong += ending.cache == .falseHit ? 1 : 0
      }
    }
    guard crop.frame >= 0 else { return end(crop, isInTime ? .batchedInTime : .batchedLate) }
    tally.cloudLatency.add(Duration(nanoseconds: now - crop.answered))
    end(crop, isInTime ? .answeredInTime : .answeredLate)
    settle(
      crop, .answeredByCloud, now,
      answer: isInTime ? cloud.number(of: subject, by: provider) : CloudAnswers.edge)
  }

  // MARK: - Cost

  mutating func billed(_ cost: Int64, isWasted: Bool, station: Int32, at now: Instant) {
    tally.count(station: station, at: now.nanoseconds) {
      $0.cost += cost
      $0.wastedCost += isWasted ? cost : 0
    }
    tally.moments[tally.moment(of: now.nanoseconds)].cost += cost
  }

  private mutating func beginPeriod(_ now: Int64) {
    guard let ceiling = plan.ceiling, now / ceiling.every.nanoseconds != period else { return }
    period = now / ceiling.every.nanoseconds
    spent = 0
    isOverCeiling = false
  }

  private mutating func spend(_ cost: Int64, _ now: Int64) {
    beginPeriod(now)
    spent += cost
  }

  mutating func isRefusedByCeiling(at now: Int64) -> Bool {
    guard let ceiling = plan.ceiling else { return false }
    beginPeriod(now)
    guard spent >= ceiling.limit else { return false }
    if !isOverCeiling { raise(.ceilingReached, nil, now) }
    isOverCeiling = true
    return true
  }

  mutating func raise(_ kind: CascadeOutcome.Alarm.Kind, _ station: Int32?, _ now: Int64) {
    tally.alarms.append(
      CascadeOutcome.Alarm(
        time: Instant(nanoseconds: now), kind: kind, station: station.map { Int($0) }))
  }
}

extension FrameFate {
  /// Of several crops' fates the worst is the frame's.
  fileprivate var severity: Int {
    switch self {
    case .answeredAtEdge, .answeredByCloud: 0
    case .refusedByCeiling: 1
    case .keptOffline: 2
    case .cloudFailed: 3
    case .missedDeadline: 4
    case .unfinished, .dropped: 5
    }
  }
}

extension EscalationFate {
  /// What a request's failure is to its crop.
  fileprivate init(failure: Fate) {
    self =
      switch failure.family {
      case .refused: .refused
      case .notSent: .notSent
      default: .timedOut
      }
  }
}

extension Fate {
  /// The request never got to the far end: the crop may as well wait.
  fileprivate var isOfTheLink: Bool {
    switch self {
    case .timedOutLookingUp, .timedOutConnecting, .timedOutSending, .redirected, .notSentNoName,
      .notSentNoProof, .notSentNoConnection:
      true
    default: false
    }
  }
}
