import Bytes
import Events
import Scenarios
import VirtualTime

/// A device at 1 GHz, so that one cycle is one nanosecond, and the events that it is shown.
struct DeviceScript {
  var windows = WindowPlan(origin: 0, length: 10, stride: 10)
  /// Instead of `windows`, when there is one.
  var rule: WindowRule?
  var capacity = 1_000
  var policy = QueuePolicy.queue(depth: 4)
  /// Microseconds of work per window and per event.
  var inference: Int64 = 1
  var preprocessing: Int64 = 0
  var perEvent: Int64 = 0
  var sensor: SensorSize?

  struct Outcome {
    var device: DeviceSimulation
    /// Times of the events that each processed window was shown, by window index.
    var shown: [Int: [Int64]] = [:]

    var processed: [Int] { device.runs.map(\.index) }
    var latencies: [Int64] { device.runs.map { $0.latency.nanoseconds / 1_000 } }
  }

  func run(_ times: [Int64], pieces: Int = .max) throws -> Outcome {
    try run(times.map { Event(time: $0, x: 0, y: 0, isOn: true) }, pieces: pieces)
  }

  func run(_ events: [Event], pieces: Int = .max) throws -> Outcome {
    let (fixed, perEvent) = (preprocessing * 1_000, perEvent * 1_000)
    var device = DeviceSimulation(
      .init(
        windows: rule ?? .time(windows), clock: CoreClock(hertz: 1_000_000_000),
        bufferCapacity: capacity,
        policy: policy, sensor: sensor,
        preprocessingCycles: { fixed + Int64($0) * perEvent },
        inferenceCycles: inference * 1_000))
    var shown: [Int: [Int64]] = [:]
    let reader: DeviceSimulation.Reader = { run, batch, range throws(InputError) in
      shown[run.index] = Array(batch.times[range])
    }
    var rest = events[...]
    while !rest.isEmpty {
      var batch = EventBatch()
      for event in rest.prefix(pieces) { batch.append(event) }
      rest = rest.dropFirst(pieces)
      try device.receive(batch, reader: reader)
    }
    try device.finish(reader: reader)
    return Outcome(device: device, shown: shown)
  }
}
