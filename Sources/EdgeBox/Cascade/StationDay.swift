import Metrics
import Uplink
import VirtualTime

/// A doubtful frame, at the time when the detector has answered.
struct DoubtfulFrame: Sendable {
  /// When the frame reached the box, and when the detector had answered; nanoseconds.
  var arrival: Int64
  var answered: Int64
  var station: Int32
  var frame: Int32
  /// Its crops' place in the book's `sent`, and how many there are.
  var firstCrop: Int32
  var cropCount: Int32

  /// A station answers one frame at a time: no two are equal.
  static func isBefore(_ a: Self, _ b: Self) -> Bool {
    (a.answered, a.station) < (b.answered, b.station)
  }
}

/// One belt's day, frame by frame, before anything is asked of the network: what it depends on is the
/// plan alone, so that days and stations may be worked on in any order.
struct StationDay: Sendable {
  var doubtful: [DoubtfulFrame] = []
  /// When the first frame comes, and how many come; nanoseconds.
  var firstArrival: Int64 = 0
  var frames = 0
  /// Frames that nobody has looked at, with their times.
  var dropped: [(arrival: Int64, frame: Int32)] = []
  /// How often each block was shown to its end.
  var wholeBlocks: [Int32]
  /// Frames of blocks that were cut short.
  var parts: [Range<Int32>] = []
  var blocksShown = 0
  /// Of all frames, and of those that the detector was sure of.
  var latency = DurationHistogram()
  var edgeLatency = DurationHistogram()
  /// Of the latter, those that left the belt's buffer before the detector had answered.
  var edgeMisses = 0
  /// Nanoseconds for which the box worked.
  var busy: Int64 = 0
}

/// Makes the days of stations.
struct StationDays: Sendable {
  /// What a station sees for a part of a day: frames of the day, a record, and a gate.
  private struct Segment {
    var frames: Range<Int>
    var record: Int
    var gate: Int
  }

  let plan: CascadePlan
  let book: CascadeBook
  let times: ServiceTimes
  /// Nothing is doubtful.
  let isEdgeOnly: Bool
  /// Nanoseconds between two frames.
  let period: Int64

  init(_ plan: CascadePlan, _ book: CascadeBook, isEdgeOnly: Bool) {
    self.plan = plan
    self.book = book
    times = ServiceTimes(plan.timing)
    self.isEdgeOnly = isEdgeOnly
    period = plan.records[0].framePeriod * 1_000
  }

  /// Where a station's frames fall between two of the belt's beginning: stations do not beat in time.
  private func phase(_ station: Int) -> Int64 {
    var random = SeededRandom(seed: plan.seed, stream: "phase.\(name(station))")
    return Int64(random.uniform() * Double(period))
  }

  private func name(_ station: Int) -> String { plan.network.stations[station].name }

  func day(_ day: Int, of station: Int) -> StationDay {
    var result = StationDay(wholeBlocks: Array(repeating: 0, count: book.blockCount))
    let first = Int64(day) * CascadePlan.day.nanoseconds + phase(station)
    let end = Int64(day) * CascadePlan.day.nanoseconds + plan.shift.nanoseconds
    result.firstArrival = first
    result.frames = max(0, Int((end - first + period - 1) / period))
    var blocks = SeededRandom(seed: plan.seed, stream: "blocks.\(name(station)).\(day)")
    var walk = FrameWalk(
      times, seed: plan.seed, stream: "frames.\(name(station)).\(day)", first: first,
      period: period, plan)
    for segment in segments(station, first, result.frames) {
      var next = segment.frames.lowerBound
      let starts = book.blockStarts[segment.record]
      while next < segment.frames.upperBound {
        let block = min(
          Int(blocks.uniform() * Double(starts.count - 1)), starts.count - 2)
        let length = min(starts[block + 1] - starts[block], segment.frames.upperBound - next)
        let firstFrame = book.firstFrame[segment.record] + starts[block]
        if length == starts[block + 1] - starts[block] {
          result.wholeBlocks[book.firstBlock[segment.record] + block] += 1
        } else {
          result.parts.append(Int32(firstFrame)..<Int32(firstFrame + length))
        }
        result.blocksShown += 1
        walk.show(
          starts[block]..<starts[block] + length, firstFrame: book.firstFrame[segment.record],
          isEdgeOnly ? nil : book.views[segment.gate][segment.record], station, into: &result)
        next += length
      }
    }
    walk.finish(into: &result)
    return result
  }

  /// What a station sees on a day, as frames of the day.
  private func segments(_ station: Int, _ first: Int64, _ count: Int) -> [Segment] {
    func frame(_ time: Instant) -> Int {
      Int(min(Int64(count), max(0, (time.nanoseconds - first + period - 1) / period)))
    }
    var cuts = [0, count]
    for change in plan.changes where change.stations.contains(station) {
      cuts += [frame(change.start), frame(change.end)]
    }
    for runaway in plan.runaways where runaway.stations.contains(station) {
      cuts += [frame(runaway.start), frame(runaway.end)]
    }
    cuts.sort()
    var segments: [Segment] = []
    for (lower, upper) in zip(cuts, cuts.dropFirst()) where lower < upper {
      func holds(_ start: Instant, _ end: Instant, _ stations: [Int]) -> Bool {
        stations.contains(station) && frame(start) <= lower && upper <= frame(end)
      }
      let change = plan.changes.first { holds($0.start, $0.end, $0.stations) }
      let isRunaway = plan.runaways.contains { holds($0.start, $0.end, $0.stations) }
      segments.append(
        Segment(
          frames: lower..<upper, record: change?.record ?? 0,
          gate: isRunaway ? book.runawayGate : book.gateOfStation[station]))
    }
    return segments
  }
}

/// One box, frame after frame: a single server, before which few frames may wait.
private struct FrameWalk {
  private let times: ServiceTimes
  private var draws: ServiceDraws
  private var drawn: [UInt16] = []
  private let period: Int64
  private let queueDepth: Int
  private let buffer: Int64
  /// No frame ever waits: every latency is a service time, and counts of quantiles say it all.
  private let neverWaits: Bool
  private var arrival: Int64
  private var free: Int64 = .min
  /// When work on the last frames began, as many as may wait; the oldest is at `accepted` modulo them.
  private var begun: [Int64]
  private var accepted = 0
  private var counts: [Int32]
  private var doubtfulCounts: [Int32]

  init(
    _ times: ServiceTimes, seed: UInt64, stream: String, first: Int64, period: Int64,
    _ plan: CascadePlan
  ) {
    self.times = times
    draws = ServiceDraws(seed: seed, stream: stream)
    self.period = period
    queueDepth = plan.timing.queueDepth
    buffer = plan.buffer.nanoseconds
    neverWaits = times.longest <= period
    arrival = first
    begun = Array(repeating: .min, count: max(1, queueDepth))
    counts = Array(repeating: 0, count: ServiceTimes.count)
    doubtfulCounts = counts
  }

  /// - Parameters:
  ///   - frames: Places in the record.
  ///   - view: Nil when nothing is doubtful.
  mutating func show(
    _ frames: Range<Int>, firstFrame: Int, _ view: CascadeBook.View?, _ station: Int,
    into day: inout StationDay
  ) {
    draws.fill(&drawn, frames.count)
    let doubtful =
      view.map { Int($0.before[frames.lowerBound])..<Int($0.before[frames.upperBound]) } ?? 0..<0
    if neverWaits {
      for index in 0..<frames.count { counts[Int(drawn[index])] &+= 1 }
      for number in doubtful {
        let frame = Int(view!.frames[number])
        let draw = Int(drawn[frame - frames.lowerBound])
        doubtfulCounts[draw] &+= 1
        let arrival = arrival + Int64(frame - frames.lowerBound) * period
        day.doubtful.append(
          DoubtfulFrame(
            view!, number, station, firstFrame, arrival: arrival,
            answered: arrival + times.quantiles[draw]))
      }
    } else {
      walk(frames, doubtful, firstFrame, view, station, into: &day)
    }
    arrival += Int64(frames.count) * period
  }

  private mutating func walk(
    _ frames: Range<Int>, _ doubtful: Range<Int>, _ firstFrame: Int, _ view: CascadeBook.View?,
    _ station: Int, into day: inout StationDay
  ) {
    var next = doubtful.lowerBound
    for index in 0..<frames.count {
      let now = arrival + Int64(index) * period
      let frame = frames.lowerBound + index
      let isDoubtful = next < doubtful.upperBound && Int(view!.frames[next]) == frame
      defer { next += isDoubtful ? 1 : 0 }
      // Busy, and the last frames that may wait are all waiting still.
      let isFull = queueDepth == 0 ? free > now : begun[accepted % queueDepth] > now
      guard !isFull else {
        day.dropped.append((now, Int32(firstFrame + frame)))
        continue
      }
      let start = max(now, free)
      if queueDepth > 0 { begun[accepted % queueDepth] = start }
      accepted += 1
      let service = times.quantiles[Int(drawn[index])]
      free = start + service
      day.busy += service
      day.latency.add(Duration(nanoseconds: free - now))
      if isDoubtful {
        day.doubtful.append(
          DoubtfulFrame(view!, next, station, firstFrame, arrival: now, answered: free))
      } else {
        day.edgeLatency.add(Duration(nanoseconds: free - now))
        day.edgeMisses += free - now > buffer ? 1 : 0
      }
    }
  }

  /// Turns counts of quantiles into latencies.
  func finish(into day: inout StationDay) {
    guard neverWaits else { return }
    for (index, count) in counts.enumerated() where count > 0 {
      let service = Duration(nanoseconds: times.quantiles[index])
      let sure = Int(count - doubtfulCounts[index])
      day.busy += service.nanoseconds * Int64(count)
      day.latency.add(service, times: Int(count))
      day.edgeLatency.add(service, times: sure)
      if service.nanoseconds > buffer { day.edgeMisses += sure }
    }
  }
}

extension DoubtfulFrame {
  fileprivate init(
    _ view: CascadeBook.View, _ number: Int, _ station: Int, _ firstFrame: Int, arrival: Int64,
    answered: Int64
  ) {
    self.init(
      arrival: arrival, answered: answered, station: Int32(station),
      frame: Int32(firstFrame) + view.frames[number], firstCrop: view.starts[number],
      cropCount: view.starts[number + 1] - view.starts[number])
  }
}
