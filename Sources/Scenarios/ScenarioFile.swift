import Boards
package import Bytes
import Events

/// `scenario.json5` as written, before its numbers are checked.
struct ScenarioFile: Decodable {
  struct Trace: Decodable {
    var file: String
    var format: TraceFormat?
    var origin: ModelCard.Origin
    var labels: String?
    var source: String?
    var columns: String?
    var timeShift: String?
    var corner: TraceAdjustment.Origin?
    var monotonic: Bool?
  }

  struct Windows: Decodable {
    var length: TimeSpan?
    var stride: TimeSpan?
    var events: Int?
    var strideEvents: Int?
    var shortest: TimeSpan?
    var longest: TimeSpan?
    var origin: String?
  }

  /// One filter: exactly one of these is there.
  struct Filter: Decodable {
    struct Crop: Decodable {
      var x: Int
      var y: Int
      var width: Int
      var height: Int
    }

    struct BackgroundActivity: Decodable {
      var window: TimeSpan
      var neighbours: Int?
    }

    struct HotPixels: Decodable {
      var limit: Int
      var period: TimeSpan
    }

    struct Time: Decodable {
      var from: TimeSpan?
      var to: TimeSpan?
    }

    struct Events: Decodable {
      var skip: Int?
      var count: Int?
    }

    struct Drop: Decodable {
      var probability: Double
      var seed: Int?
    }

    enum Polarity: String, CaseIterable, Decodable {
      case on
      case off
    }

    var crop: Crop?
    var downsample: Int?
    var polarity: Polarity?
    var refractory: TimeSpan?
    var backgroundActivity: BackgroundActivity?
    var hotPixels: HotPixels?
    var time: Time?
    var events: Events?
    var drop: Drop?
  }

  struct Buffer: Decodable {
    var size: ByteCount
    var eventSize: ByteCount?
  }

  enum Policy: String, CaseIterable, Decodable {
    case queue
    case dropNewest = "drop-newest"
    case dropOldest = "drop-oldest"
  }

  struct Queue: Decodable {
    var policy: Policy
    var depth: Int?
  }

  struct Device: Decodable {
    var board: String
    var runtime: String
    var buffer: Buffer
    var queue: Queue
  }

  struct Expect: Decodable {
    var accuracyAtLeast: Double?
    var segmentAccuracyAtLeast: Double?
    var deadlineMissesAtMost: Int?
    var droppedWindowsAtMost: Int?
    var lostEventsAtMost: Int?
    var flashAtMost: ByteCount?
    var ramAtMost: ByteCount?
  }

  var name: String
  var summary: String?
  var trace: Trace
  var model: String
  var filters: [Filter]?
  var windows: Windows
  var device: Device
  var deadline: TimeSpan?
  var seed: Int?
  var expect: Expect?
}

extension TraceFormat: Decodable {}

extension TraceAdjustment.Origin: Decodable {}

extension Scenario {
  /// Reads a scenario:
  ///
  ///     {
  ///       name: "eleven gestures",
  ///       trace: {
  ///         file: "gestures.aedat", origin: "synthetic", labels: "gestures_labels.csv",
  ///         timeShift: "-2s",                        // or "first": the first event is at 0
  ///         corner: "top-left",                      // or "bottom-left", "stored"
  ///         monotonic: false,
  ///         columns: "x,y,p,t",                      // of a text with an order of its own
  ///       },
  ///       model: "../../models/gesture/card.json5",
  ///       filters: [                                 // before the device, in order
  ///         { crop: { x: 0, y: 0, width: 128, height: 128 } }, { downsample: 2 },
  ///         { polarity: "on" }, { refractory: "1ms" },
  ///         { backgroundActivity: { window: "5ms", neighbours: 8 } },
  ///         { hotPixels: { limit: 50, period: "100ms" } },
  ///         { time: { from: "1s", to: "2s" } }, { events: { skip: 0, count: 50000 } },
  ///         { drop: { probability: 0.1, seed: 1 } },
  ///       ],
  ///       windows: { length: "50ms", stride: "50ms", origin: "first-event" },
  ///       // or { events: 5000, strideEvents: 2500 }, or by the rate of events
  ///       // { events: 5000, shortest: "5ms", longest: "50ms" }
  ///       device: {
  ///         board: "stm32h743zi", runtime: "tflm-cmsis-nn",
  ///         buffer: { size: "128KiB", eventSize: 8 },
  ///         queue: { policy: "queue", depth: 1 },   // or "drop-newest", "drop-oldest"
  ///       },
  ///       deadline: "20ms",                          // from a window's close to its answer
  ///       seed: 1,                                   // of the accuracy's interval
  ///       expect: { accuracyAtLeast: 0.9, deadlineMissesAtMost: 0 },
  ///     }
  ///
  /// Paths are relative to the file's folder.
  ///
  /// - Throws: `InputError` with the line or key of what is missing, unknown or out of range.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    let raw = try ConfigurationFile.decode(ScenarioFile.self, bytes: bytes, file: file)
    do {
      try self.init(raw)
    } catch {
      throw error.inFile(file)
    }
  }

  private init(_ raw: ScenarioFile) throws(InputError) {
    let eventSize = raw.device.buffer.eventSize?.bytes ?? 8
    try Self.check((1...64).contains(eventSize), "device.buffer.eventSize") {
      "expected 1 to 64 bytes, found \(eventSize)"
    }
    let bufferSize = raw.device.buffer.size.bytes
    try Self.check((eventSize...Self.largestBuffer).contains(bufferSize), "device.buffer.size") {
      "expected \(eventSize) to \(Self.largestBuffer) bytes, found \(bufferSize)"
    }
    let seed = raw.seed ?? 1
    try Self.check(seed >= 0, "seed") { "expected a number of at least 0, found \(seed)" }
    if let deadline = raw.deadline {
      try Self.check(deadline.nanoseconds > 0, "deadline") { "expected more than 0" }
    }
    self.init(
      name: raw.name, summary: raw.summary,
      trace: Trace(
        file: raw.trace.file, format: raw.trace.format, origin: raw.trace.origin,
        columns: try Self.columns(raw.trace), adjustment: try Self.adjustment(raw.trace),
        labels: raw.trace.labels,
        source: raw.trace.source),
      card: raw.model, filters: try Self.filters(raw.filters ?? [], seed: UInt64(seed)),
      windows: try Self.windows(raw.windows, capacity: bufferSize / eventSize),
      windowOrigin: try Self.origin(raw.windows.origin, hasLabels: raw.trace.labels != nil),
      board: raw.device.board, runtime: raw.device.runtime, bufferSize: bufferSize,
      eventSize: eventSize, queue: try Self.queue(raw.device.queue),
      deadline: raw.deadline.map { Int64($0.nanoseconds) }, seed: UInt64(seed),
      expectations: try Self.expectations(raw))
  }

  /// More than any memory of a board listed here; keeps a slip of the pen from filling this machine.
  private static let largestBuffer = 64 << 20

  /// Ten years in nanoseconds.
  private static let latestOrigin = 3_652 * 86_400 * 1_000_000_000

  static func check(
    _ condition: Bool, _ key: String, _ problem: () -> String
  ) throws(InputError) {
    if !condition { throw InputError(at: .key(key), problem()) }
  }

  static func microseconds(_ span: TimeSpan, _ key: String) throws(InputError) -> Int64 {
    let (whole, rest) = span.nanoseconds.quotientAndRemainder(dividingBy: 1_000)
    try check(rest == 0 && (1...3_600_000_000).contains(whole), key) {
      "expected whole microseconds from 1us to 1h, found \(span.nanoseconds)ns"
    }
    return Int64(whole)
  }

  private static func origin(_ text: String?, hasLabels: Bool) throws(InputError) -> WindowOrigin {
    switch text {
    case nil, "first-event": return .firstEvent
    case "first-label":
      try check(hasLabels, "windows.origin") { "expected labels for “first-label”, found none" }
      return .firstLabel
    case let text?:
      do throws(InputError) {
        let time = try Quantity.nanoseconds(text)
        try check(time % 1_000 == 0 && time <= latestOrigin, "windows.origin") { "" }
        return .time(Int64(time / 1_000))
      } catch {
        throw InputError(
          at: .key("windows.origin"),
          "expected first-event, first-label or a time in whole microseconds such as 1500ms, "
            + "at most ten years, found “\(text)”")
      }
    }
  }

  private static func queue(_ raw: ScenarioFile.Queue) throws(InputError) -> QueuePolicy {
    let depth = raw.depth ?? 1
    switch raw.policy {
    case .dropNewest:
      try check(raw.depth == nil, "device.queue.depth") {
        "expected no depth: under drop-newest nothing waits"
      }
      return .dropNewest
    case .queue, .dropOldest:
      try check((1...10_000).contains(depth), "device.queue.depth") {
        "expected 1 to 10000 windows, found \(depth)"
      }
      return raw.policy == .queue ? .queue(depth: depth) : .dropOldest(depth: depth)
    }
  }

  private static func expectations(_ raw: ScenarioFile) throws(InputError) -> Expectations {
    var out = Expectations()
    guard let expect = raw.expect else { return out }
    for (key, share) in [
      ("accuracyAtLeast", expect.accuracyAtLeast),
      ("segmentAccuracyAtLeast", expect.segmentAccuracyAtLeast),
    ] {
      guard let share else { continue }
      try check((0...1).contains(share), "expect.\(key)") {
        "expected a share from 0 to 1, found \(share)"
      }
      try check(raw.trace.labels != nil, "expect.\(key)") { "expected labels, found none" }
    }
    for (key, count) in [
      ("deadlineMissesAtMost", expect.deadlineMissesAtMost),
      ("droppedWindowsAtMost", expect.droppedWindowsAtMost),
      ("lostEventsAtMost", expect.lostEventsAtMost),
    ] {
      try check((count ?? 0) >= 0, "expect.\(key)") { "expected at least 0, found \(count ?? 0)" }
    }
    try check(expect.deadlineMissesAtMost == nil || raw.deadline != nil, "deadline") {
      "expected a deadline, for expect.deadlineMissesAtMost counts its misses"
    }
    out.accuracyAtLeast = expect.accuracyAtLeast
    out.segmentAccuracyAtLeast = expect.segmentAccuracyAtLeast
    out.deadlineMissesAtMost = expect.deadlineMissesAtMost
    out.droppedWindowsAtMost = expect.droppedWindowsAtMost
    out.lostEventsAtMost = expect.lostEventsAtMost
    out.flashAtMost = expect.flashAtMost?.bytes
    out.ramAtMost = expect.ramAtMost?.bytes
    return out
  }
}
