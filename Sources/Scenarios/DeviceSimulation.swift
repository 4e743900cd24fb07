package import Bytes
package import Events
package import VirtualTime

/// What a device with one core does with windows that close while it is busy.
package enum QueuePolicy: Equatable, Sendable {
  /// Up to `depth` windows wait in line; one more is turned away.
  case queue(depth: Int)
  /// Nothing waits: a window that closes while the core is busy is turned away.
  case dropNewest
  /// Up to `depth` windows wait; one more pushes out the one that has waited longest.
  case dropOldest(depth: Int)

  var depth: Int {
    switch self {
    case .queue(let depth), .dropOldest(let depth): depth
    case .dropNewest: 0
    }
  }
}

/// One window that the device worked on, on the device's own clock.
package struct WindowRun: Equatable, Sendable {
  package var index: Int
  /// Bounds on the recording's clock, in microseconds.
  package var start: Int64
  package var end: Int64
  package var eventCount: Int
  package var closed: Instant
  package var began: Instant
  /// When the input tensor was ready and the window's events were let go.
  package var preprocessed: Instant
  package var finished: Instant
  /// When the earliest of its events happened; nil for an empty window.
  package var oldestEvent: Instant?

  package var latency: Duration { finished - closed }
  package var reaction: Duration? { oldestEvent.map { finished - $0 } }
}

/// A camera, a ring buffer and one core, simulated on the device's own clock.
///
///     camera ──► ring buffer ──┬─ window closes ─► queue ─► core: preprocess, infer
///                (full: lost)  └─ kept until the last window that needs it is preprocessed
///
/// Events arrive in recording order, at their time or, when a recording steps back, at the latest
/// time seen so far. The core starts at a whole cycle and is busy until the window is answered.
package struct DeviceSimulation: Sendable {
  package struct Settings: Sendable {
    package var windows: WindowPlan
    package var clock: CoreClock
    package var bufferCapacity: Int
    package var policy: QueuePolicy
    /// Pixels that the model looks at; events outside are malformed. Nil takes everything.
    package var sensor: SensorSize?
    /// Core cycles that turning so many events into the input tensor takes.
    package var preprocessingCycles: @Sendable (Int) -> Int64
    package var inferenceCycles: Int64

    package init(
      windows: WindowPlan, clock: CoreClock, bufferCapacity: Int, policy: QueuePolicy,
      sensor: SensorSize?, preprocessingCycles: @escaping @Sendable (Int) -> Int64,
      inferenceCycles: Int64
    ) {
      self.windows = windows
      self.clock = clock
      self.bufferCapacity = bufferCapacity
      self.policy = policy
      self.sensor = sensor
      self.preprocessingCycles = preprocessingCycles
      self.inferenceCycles = inferenceCycles
    }
  }

  private enum Step: Sendable {
    case windowCloses
    case preprocessingEnds
    case coreBecomesFree
  }

  /// A closed window that waits for the core.
  private struct Pending: Sendable {
    var index: Int
    var slots: Range<Int>
  }

  package let settings: Settings
  package private(set) var runs: [WindowRun] = []
  package private(set) var droppedWindows: [Int] = []
  /// Cycles in which the core worked.
  package private(set) var busyCycles: Int64 = 0
  package private(set) var longestQueue = 0

  private var buffer: EventBuffer
  private var agenda = Agenda<Step>()
  private var nextStep: Instant
  private var closedCount = 0
  private var waiting: [Pending] = []
  /// The window whose events the core is reading.
  private var inPreprocessing: Int?
  private var isBusy = false
  /// The first cycle in which the core may take new work.
  private var freeCycle: Int64 = 0
  /// The latest time seen; below every plausible time before the first event.
  private var latest: Int64 = -(1 << 51)
  private var firstTime: Int64?
  private var firstSlot = 0
  private var malformed = 0
  private var total = 0

  package init(_ settings: Settings) {
    self.settings = settings
    buffer = EventBuffer(capacity: settings.bufferCapacity)
    nextStep = Instant(
      microsecond: settings.windows.end(of: 0), since: settings.windows.origin)
    agenda.schedule(.windowCloses, at: nextStep)
  }

  /// Called when the core begins to read a window: its run, and its events as a range of a batch.
  package typealias Reader = (WindowRun, EventBatch, Range<Int>) throws(InputError) -> Void
}

extension DeviceSimulation {
  /// Lets the events of `batch` happen, in order.
  package mutating func receive(
    _ batch: EventBatch, reader: Reader
  ) throws(InputError) {
    for index in 0..<batch.count {
      let event = batch[index]
      total += 1
      guard Self.times.contains(event.time) else {
        malformed += 1
        continue
      }
      if firstTime == nil { firstTime = event.time }
      if event.time > latest {
        try checkGap(before: event.time)
        latest = event.time
        let now = instant(latest)
        if nextStep <= now { try advance(to: now, reader: reader) }
      }
      if let sensor = settings.sensor,
        Int(event.x) >= sensor.width || Int(event.y) >= sensor.height
      {
        malformed += 1
      } else {
        buffer.store(event, arrival: latest, fate: fate(of: event.time))
      }
    }
  }

  /// Ends the recording: closes the windows that are complete and works the queue off.
  package mutating func finish(reader: Reader) throws(InputError) {
    // A window is complete when the recording reaches its last microsecond.
    if firstTime != nil { try advance(to: instant(latest + 1), reader: reader) }
    while let step = agenda.next() {
      if case .windowCloses = step { continue }
      try perform(step, reader: reader)
    }
    // Whatever is left after the last complete window belongs to none.
    if closedCount > 0 {
      buffer.release(arrivedBefore: settings.windows.end(of: closedCount - 1))
    }
    buffer.markWaiting(as: .outsideWindows)
    buffer.releaseAll()
  }

  /// Microseconds that a recording's clock can plausibly show: 35 years either way.
  private static let times: ClosedRange<Int64> = -(1 << 50)...(1 << 50)

  /// A corrupt time stamp far in the future would close windows for days.
  private func checkGap(before time: Int64) throws(InputError) {
    let last = max(latest, settings.windows.origin)
    guard time > last, (time - last) / settings.windows.stride > Self.windowsInGap else { return }
    throw InputError(
      at: .nowhere,
      "event \(total) comes \((time - last) / 1_000_000) s after what was before it: "
        + "more than \(Self.windowsInGap) windows without an event",
      advice: "is its time stamp damaged, or does the windowing begin too early?")
  }

  private static let windowsInGap: Int64 = 1_000_000

  package var bufferHighWater: Int { buffer.highWater }
  package var windowCount: Int { closedCount }

  /// Complete after `finish`.
  package var account: EventAccount {
    var account = buffer.account
    account.malformed = malformed
    account.total = total
    return account
  }

  /// From the start of the first window or event to the last event or answer.
  package var span: Duration {
    guard let firstTime else { return .zero }
    let begin = min(instant(firstTime), .zero)
    let end = runs.last.map(\.finished) ?? .zero
    return max(end, instant(latest)) - begin
  }

  private func instant(_ time: Int64) -> Instant {
    Instant(microsecond: time, since: settings.windows.origin)
  }

  private func fate(of time: Int64) -> EventBuffer.Fate {
    guard let window = settings.windows.lastWindow(holding: time) else { return .outsideWindows }
    return window < closedCount ? .late : .waiting
  }

  private mutating func advance(
    to now: Instant, reader: Reader
  ) throws(InputError) {
    while let time = agenda.nextTime(), time <= now, let step = agenda.next() {
      try perform(step, reader: reader)
    }
    nextStep = agenda.nextTime() ?? now
  }

  private mutating func perform(
    _ step: Step, reader: Reader
  ) throws(InputError) {
    switch step {
    case .windowCloses: try closeWindow(reader: reader)
    case .preprocessingEnds:
      inPreprocessing = nil
      releaseEvents()
    case .coreBecomesFree:
      isBusy = false
      if !waiting.isEmpty { try begin(waiting.removeFirst(), reader: reader) }
    }
  }

  private mutating func closeWindow(reader: Reader) throws(InputError) {
    // The core may become free at this very instant: let it, then look again.
    if isBusy, let last = runs.last, last.finished == agenda.now {
      agenda.schedule(.windowCloses, at: agenda.now)
      return
    }
    let index = closedCount
    closedCount += 1
    agenda.schedule(.windowCloses, at: instant(settings.windows.end(of: closedCount)))
    firstSlot = buffer.firstSlot(
      arrivedFrom: settings.windows.start(of: index), after: firstSlot)
    let window = Pending(index: index, slots: firstSlot..<buffer.head)
    if !isBusy {
      try begin(window, reader: reader)
    } else if waiting.count < settings.policy.depth {
      waiting.append(window)
      longestQueue = max(longestQueue, waiting.count)
    } else if case .dropOldest = settings.policy, !waiting.isEmpty {
      droppedWindows.append(waiting.removeFirst().index)
      waiting.append(window)
    } else {
      droppedWindows.append(index)
    }
    releaseEvents()
  }

  private mutating func begin(
    _ window: Pending, reader: Reader
  ) throws(InputError) {
    let clock = settings.clock
    let closed = instant(settings.windows.end(of: window.index))
    let start = max(freeCycle, clock.cycle(atOrAfter: max(closed, agenda.now)))
    let preprocessed = start + settings.preprocessingCycles(window.slots.count)
    freeCycle = preprocessed + settings.inferenceCycles
    busyCycles += freeCycle - start
    isBusy = true
    inPreprocessing = window.index
    var run = WindowRun(
      index: window.index, start: settings.windows.start(of: window.index),
      end: settings.windows.end(of: window.index), eventCount: 0, closed: closed,
      began: clock.instant(ofCycle: start), preprocessed: clock.instant(ofCycle: preprocessed),
      finished: clock.instant(ofCycle: freeCycle))
    agenda.schedule(.preprocessingEnds, at: run.preprocessed)
    agenda.schedule(.coreBecomesFree, at: run.finished)
    let (events, range) = buffer.use(window.slots, from: run.start)
    run.eventCount = range.count
    run.oldestEvent = events.times[range].min().map { instant($0) }
    runs.append(run)
    try reader(run, events, range)
  }

  /// Frees every event that neither an open, a waiting nor the window being read can need.
  private mutating func releaseEvents() {
    var oldest = closedCount
    if let first = waiting.first { oldest = min(oldest, first.index) }
    if let inPreprocessing { oldest = min(oldest, inPreprocessing) }
    buffer.release(arrivedBefore: settings.windows.start(of: oldest))
  }
}
