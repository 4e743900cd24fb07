package import Bytes
package import Events
package import VirtualTime

/// A camera, a ring buffer and one core, simulated on the device's own clock.
///
///     camera ──► ring buffer ──┬─ window closes ─► queue ─► core: preprocess, infer
///                (full: lost)  └─ kept until the last window that needs it is preprocessed
///
/// Events arrive in recording order, at their time or, when a recording steps back, at the latest
/// time seen so far. The core starts at a whole cycle and is busy until the window is answered.
package struct DeviceSimulation: Sendable {
  package struct Settings: Sendable {
    package var windows: WindowRule
    package var clock: CoreClock
    package var bufferCapacity: Int
    package var policy: QueuePolicy
    /// Pixels that the model looks at; events outside are malformed. Nil takes everything.
    package var sensor: SensorSize?
    /// Core cycles that turning so many events into the input tensor takes.
    package var preprocessingCycles: @Sendable (Int) -> Int64
    package var inferenceCycles: Int64

    package init(
      windows: WindowRule, clock: CoreClock, bufferCapacity: Int, policy: QueuePolicy,
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
    /// The open adaptive window is as long as it has to be, or may be.
    case boundReached
    case preprocessingEnds
    case coreBecomesFree
  }

  /// A closed window, which the core works on or which waits for it.
  private struct Pending: Sendable {
    var index: Int
    var slots: Range<Int>
    /// Events of its slots that are before it are another window's.
    var start: Int64
    var end: Int64
    var closed: Instant
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
  private var inPreprocessing: Pending?
  private var isBusy = false
  /// The first cycle in which the core may take new work.
  private var freeCycle: Int64 = 0
  /// The latest time seen; below every plausible time before the first event.
  private var latest: Int64 = -(1 << 51)
  private var firstTime: Int64?
  private var firstSlot = 0
  /// Windows of events: the first slot of each that is open, and the events that were counted.
  private var openSlots: [Int] = []
  private var ordinal = 0
  /// The slot behind the window that closed last.
  private var closedSlot = 0
  /// Adaptive windows: what the open one holds, when it began and what will close it.
  private var openCount = 0
  private var openStart: Int64
  private var bounds: [Agenda<Step>.Token] = []
  private var malformed = 0
  private var total = 0

  package init(_ settings: Settings) {
    self.settings = settings
    buffer = EventBuffer(capacity: settings.bufferCapacity)
    openStart = settings.windows.origin
    nextStep = Self.never
    switch settings.windows {
    case .time(let plan):
      nextStep = instant(plan.end(of: 0))
      agenda.schedule(.windowCloses, at: nextStep)
    case .events: break
    case .adaptive:
      scheduleBounds()
      nextStep = agenda.nextTime() ?? Self.never
    }
  }

  private static let never = Instant(nanoseconds: .max)

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
        try store(event, reader: reader)
      }
    }
  }

  private mutating func store(_ event: Event, reader: Reader) throws(InputError) {
    switch settings.windows {
    case .time(let plan):
      buffer.store(event, arrival: latest, fate: fate(of: event.time, plan))
    case .events(let origin, let count, let stride):
      guard event.time >= origin else { return buffer.turnAway(as: .outsideWindows) }
      guard ordinal % stride < count else {
        ordinal += 1
        return buffer.turnAway(as: .outsideWindows)
      }
      let slot = buffer.head
      guard buffer.store(event, arrival: latest, fate: .waiting) else { return }
      if ordinal % stride == 0 { openSlots.append(slot) }
      ordinal += 1
      if ordinal >= count && (ordinal - count) % stride == 0 { try closeNow(reader: reader) }
    case .adaptive(let origin, let count, let shortest, _):
      guard event.time >= openStart else {
        return buffer.turnAway(as: event.time >= origin ? .late : .outsideWindows)
      }
      guard buffer.store(event, arrival: latest, fate: .waiting) else { return }
      openCount += 1
      if openCount >= count && latest - openStart >= shortest { try closeNow(reader: reader) }
    }
  }

  /// Closes the open window with the event that has just been stored.
  private mutating func closeNow(reader: Reader) throws(InputError) {
    agenda.schedule(.windowCloses, at: instant(latest))
    try advance(to: instant(latest), reader: reader)
  }

  /// Ends the recording: closes the windows that are complete and works the queue off.
  package mutating func finish(reader: Reader) throws(InputError) {
    // A window is complete when the recording reaches its last microsecond.
    if firstTime != nil { try advance(to: instant(latest + 1), reader: reader) }
    while let step = agenda.next() {
      switch step {
      case .windowCloses, .boundReached: continue
      case .preprocessingEnds, .coreBecomesFree: try perform(step, reader: reader)
      }
    }
    // Whatever is left after the last complete window belongs to none.
    if case .time(let plan) = settings.windows {
      if closedCount > 0 { buffer.release(arrivedBefore: plan.end(of: closedCount - 1)) }
    } else {
      buffer.release(before: closedSlot)
    }
    buffer.markWaiting(as: .outsideWindows)
    buffer.releaseAll()
  }

  /// Microseconds that a recording's clock can plausibly show: 35 years either way.
  private static let times: ClosedRange<Int64> = -(1 << 50)...(1 << 50)

  /// A corrupt time stamp far in the future would close windows for days.
  private func checkGap(before time: Int64) throws(InputError) {
    let pace: Int64
    switch settings.windows {
    case .time(let plan): pace = plan.stride
    case .adaptive(_, _, _, let longest): pace = longest
    case .events: return
    }
    let last = max(latest, settings.windows.origin)
    guard time > last, (time - last) / pace > Self.windowsInGap else { return }
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

  private func fate(of time: Int64, _ plan: WindowPlan) -> EventBuffer.Fate {
    guard let window = plan.lastWindow(holding: time) else { return .outsideWindows }
    return window < closedCount ? .late : .waiting
  }

  private mutating func advance(
    to now: Instant, reader: Reader
  ) throws(InputError) {
    while let time = agenda.nextTime(), time <= now, let step = agenda.next() {
      try perform(step, reader: reader)
    }
    nextStep = agenda.nextTime() ?? Self.never
  }

  private mutating func perform(
    _ step: Step, reader: Reader
  ) throws(InputError) {
    switch step {
    case .windowCloses: try closeWindow(reader: reader)
    case .boundReached:
      if case .adaptive(_, let count, _, let longest) = settings.windows,
        openCount >= count || agenda.now >= instant(openStart + longest)
      {
        try closeWindow(reader: reader)
      }
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
      // Nothing else may close it in between.
      for token in bounds { agenda.cancel(token) }
      return
    }
    let window = takeOpenWindow()
    if !isBusy {
      try begin(window, reader: reader)
    } else if waiting.count < settings.policy.depth {
      waiting.append(window)
      longestQueue = max(longestQueue, waiting.count)
    } else if case .dropOldest = settings.policy, !waiting.isEmpty {
      droppedWindows.append(waiting.removeFirst().index)
      waiting.append(window)
    } else {
      droppedWindows.append(window.index)
    }
    releaseEvents()
  }

  private mutating func begin(
    _ window: Pending, reader: Reader
  ) throws(InputError) {
    let clock = settings.clock
    let start = max(freeCycle, clock.cycle(atOrAfter: max(window.closed, agenda.now)))
    let preprocessed = start + settings.preprocessingCycles(window.slots.count)
    freeCycle = preprocessed + settings.inferenceCycles
    busyCycles += freeCycle - start
    isBusy = true
    inPreprocessing = window
    var run = WindowRun(
      index: window.index, start: window.start, end: window.end, eventCount: 0,
      closed: window.closed, began: clock.instant(ofCycle: start),
      preprocessed: clock.instant(ofCycle: preprocessed),
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
    if case .time(let plan) = settings.windows {
      var oldest = closedCount
      if let first = waiting.first { oldest = min(oldest, first.index) }
      if let inPreprocessing { oldest = min(oldest, inPreprocessing.index) }
      buffer.release(arrivedBefore: plan.start(of: oldest))
      return
    }
    var oldest = openSlots.first ?? buffer.head
    if case .adaptive = settings.windows { oldest = closedSlot }
    if let first = waiting.first { oldest = min(oldest, first.slots.lowerBound) }
    if let inPreprocessing { oldest = min(oldest, inPreprocessing.slots.lowerBound) }
    buffer.release(before: oldest)
  }
}

// MARK: Windows

extension DeviceSimulation {
  /// The window that closes now, and what has to be known of the next one.
  private mutating func takeOpenWindow() -> Pending {
    let index = closedCount
    closedCount += 1
    defer { closedSlot = buffer.head }
    switch settings.windows {
    case .time(let plan):
      agenda.schedule(.windowCloses, at: instant(plan.end(of: closedCount)))
      firstSlot = buffer.firstSlot(arrivedFrom: plan.start(of: index), after: firstSlot)
      return Pending(
        index: index, slots: firstSlot..<buffer.head, start: plan.start(of: index),
        end: plan.end(of: index), closed: agenda.now)
    case .events:
      let slots = openSlots.removeFirst()..<buffer.head
      // A window without length would have no bins: one µs is the least a clock can show.
      let times = buffer.times(of: slots) ?? latest...latest
      return Pending(
        index: index, slots: slots, start: times.lowerBound,
        end: max(times.upperBound, times.lowerBound + 1), closed: agenda.now)
    case .adaptive:
      let start = openStart
      openStart = settings.windows.origin + agenda.now.nanoseconds / 1_000
      openCount = 0
      scheduleBounds()
      return Pending(
        index: index, slots: closedSlot..<buffer.head, start: start, end: openStart,
        closed: agenda.now)
    }
  }

  private mutating func scheduleBounds() {
    guard case .adaptive(_, _, let shortest, let longest) = settings.windows else { return }
    for token in bounds { agenda.cancel(token) }
    bounds = [shortest, longest].map {
      agenda.schedule(.boundReached, at: instant(openStart + $0))
    }
  }
}
