import Events
import Glibc
import Testing
import VirtualTime

/// Bandwidth, leakage, shot noise and the arbiter against closed forms and their own parameters.
@Suite("The sensor's circuits")
struct SensorReceptorTests {
  private static func quietModel() -> PixelModel {
    var model = PixelModel(preset: "ideal")!
    model.refractory = 0
    return model
  }

  private static func record(
    _ size: SensorSize, _ model: PixelModel, seed: UInt64 = 1, step: Int64, end: Int64,
    level: (Int, Double) -> Double
  ) -> EventBatch {
    func frame(_ time: Int64) -> [Double] {
      (0..<size.width * size.height).map { level($0, Double(time)) }
    }
    var camera = EventCamera(size: size, model: model, seed: seed, levels: frame(0), at: 0)
    var events = EventBatch()
    for time in stride(from: step, through: end, by: Int(step)) {
      camera.expose(frame(time), changedIn: .all(of: size), at: time, into: &events)
    }
    camera.finish(into: &events)
    return events
  }

  @Test("answer a step of light as a first-order low-pass does", arguments: [100, 1000, 7000])
  func step(_ step: Int64) {
    var model = Self.quietModel()
    model.onThreshold = 0.1
    model.photoreceptorCutoff = 30
    // The light rises by 1 within the first microsecond and stays.
    let size = SensorSize(width: 1, height: 1)
    var camera = EventCamera(size: size, model: model, seed: 1, levels: [0], at: 0)
    var events = EventBatch()
    camera.expose([1], changedIn: .all(of: size), at: 1, into: &events)
    for time in stride(from: 1 + step, through: 70_001, by: Int(step)) {
      camera.expose([1], changedIn: .all(of: size), at: time, into: &events)
    }
    let constant = 1e6 / (2 * Double.pi * 30)
    // 1 − exp(−t/T) passes k/10 at −T ln(1 − k/10); the tenth is never reached.
    let expected = (1...9).map { -constant * log(1 - Double($0) / 10) }
    #expect(events.count == 9)
    for (time, wanted) in zip(events.times, expected) {
      #expect(abs(Double(time) - wanted) <= 1.1, "\(time) instead of \(wanted)")
    }
  }

  @Test("follow a sinusoid with the gain and delay of a low-pass")
  func sinusoid() {
    var model = Self.quietModel()
    model.onThreshold = 0.13
    model.offThreshold = 0.13
    model.photoreceptorCutoff = 40
    let (size, amplitude, frequency) = (SensorSize(width: 1, height: 1), 1.0, 25.0)
    let omega = 2 * Double.pi * frequency
    let events = Self.record(size, model, step: 50, end: 1_000_000) { _, time in
      amplitude * sin(omega * time * 1e-6)
    }
    // Settled: gain 1/√(1+(f/fc)²), phase −atan(f/fc); events where that passes multiples of θ.
    let gain = amplitude / (1 + pow(frequency / 40, 2)).squareRoot()
    let phase = atan(frequency / 40)
    let late = (0..<events.count).filter { events.times[$0] >= 400_000 }
    #expect(late.count > 300)
    // Times rounded to 1 µs move the value by at most half a microsecond's slope.
    let bound = gain * omega * 1e-6 + 1e-4
    for index in late {
      let value = gain * sin(omega * Double(events.times[index]) * 1e-6 - phase)
      let steps = (value / 0.13).rounded()
      #expect(abs(value - steps * 0.13) < bound, "\(value) at \(events.times[index])")
    }
    // As many ON as OFF a period, both ⌊2·gain/θ⌋ or one less by the hysteresis.
    let on = late.count { events.polarities[$0] == 1 }
    #expect(abs(on - (late.count - on)) <= 15)
    let perPeriod = Double(on) / 15
    #expect(abs(perPeriod - (2 * gain / 0.13).rounded(.down)) <= 1)
  }

  @Test("fire at the crossings of an undamped sinusoid")
  func undamped() {
    var model = Self.quietModel()
    model.onThreshold = 0.2
    model.offThreshold = 0.2
    let omega = 2 * Double.pi * 10
    let events = Self.record(
      SensorSize(width: 1, height: 1), model, step: 20, end: 99_000
    ) { _, time in 0.95 * sin(omega * time * 1e-6) }
    func angle(_ multiple: Int) -> Double { asin(0.2 * Double(multiple) / 0.95) }
    // ON up to 0.8, then OFF from 0.6 to −0.8, and ON again from −0.6.
    let rising = (1...4).map { angle($0) / omega * 1e6 }
    let falling = (-4...3).reversed().map { (Double.pi - angle($0)) / omega * 1e6 }
    let again = (-3 ... -1).map { (2 * Double.pi + angle($0)) / omega * 1e6 }
    let expected = rising + falling + again
    #expect(events.count == expected.count)
    for (time, wanted) in zip(events.times, expected) {
      #expect(abs(Double(time) - wanted) <= 2, "\(time) instead of \(wanted)")
    }
  }

  @Test("leak ON events at even distances and at the stated rate")
  func leak() {
    var model = Self.quietModel()
    model.leakRate = 4
    let size = SensorSize(width: 32, height: 32)
    let events = Self.record(size, model, step: 10_000, end: 10_000_000) { _, _ in 0 }
    // Ten seconds at 4 Hz from a random phase: 40 each, or 39 or 41 by rounding.
    #expect(events.polarities.allSatisfy { $0 == 1 })
    var counts = [Int](repeating: 0, count: 1024)
    for index in 0..<events.count {
      counts[Int(events.ys[index]) * 32 + Int(events.xs[index])] += 1
    }
    #expect(counts.allSatisfy { (39...41).contains($0) })
    let one = (0..<events.count).filter { events.xs[$0] == 7 && events.ys[$0] == 9 }
    let gaps = zip(one, one.dropFirst()).map { events.times[$1] - events.times[$0] }
    #expect(gaps.allSatisfy { abs($0 - 250_000) <= 1 })
  }

  @Test("spread leak rates as a log-normal")
  func leakMismatch() {
    var model = Self.quietModel()
    model.leakRate = 20
    model.leakMismatch = 0.3
    let size = SensorSize(width: 32, height: 32)
    let events = Self.record(size, model, step: 100_000, end: 10_000_000) { _, _ in 0 }
    var counts = [Double](repeating: 0, count: 1024)
    for index in 0..<events.count {
      counts[Int(events.ys[index]) * 32 + Int(events.xs[index])] += 1
    }
    let logs = counts.map { log($0 / 200) }
    let mean = logs.reduce(0, +) / 1024
    let spread = (logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1023).squareRoot()
    // Five standard errors of a mean and of a standard deviation.
    #expect(abs(mean) < 5 * 0.3 / 32)
    #expect(abs(spread - 0.3) < 5 * 0.3 / (2.0 * 1023).squareRoot())
  }

  @Test("make shot noise by a Poisson law, less of it in the light", arguments: [0.0, 0.4, 1.0])
  func shotNoise(light: Double) {
    var model = Self.quietModel()
    model.shotNoiseRate = 8
    let size = SensorSize(width: 48, height: 48)
    let events = Self.record(size, model, step: 1_000_000, end: 10_000_000) { _, _ in
      log(max(light, 1e-9))
    }
    let expected = 8 * (1 - 0.75 * light) * 48 * 48 * 10
    #expect(abs(Double(events.count) - expected) < 5 * expected.squareRoot())
    let on = Double(events.polarities.count { $0 == 1 })
    #expect(abs(on - Double(events.count) / 2) < 5 * (Double(events.count) / 4).squareRoot())
    // Gaps of a Poisson process are exponential: as long as their spread, 1/e longer than the mean.
    let gaps = zip(events.times, events.times.dropFirst()).map { Double($1 - $0) }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let share = Double(gaps.count { $0 > mean }) / Double(gaps.count)
    let error = (0.3679 * 0.6321 / Double(gaps.count)).squareRoot()
    // Whole microseconds move the share by up to half a microsecond of the mean gap.
    #expect(abs(share - 0.3679) < 5 * error + 0.5 / mean)
  }

  @Test("keep a refractory pixel's rate at λ/(1 + λτ)")
  func refractoryRate() {
    var model = Self.quietModel()
    model.shotNoiseRate = 500
    model.refractory = 1_000
    let size = SensorSize(width: 16, height: 16)
    let events = Self.record(size, model, step: 50_000, end: 10_000_000) { _, _ in log(1e-9) }
    // A counter with a dead time of a full millisecond: 500/(1 + 0.5) events a second.
    let expected = 500 / (1 + 500 * 1e-3) * 256 * 10
    // The count of such a counter spreads by √n/(1 + λτ), so five of √n are more than enough.
    #expect(abs(Double(events.count) - expected) < 5 * expected.squareRoot())
    var last = [Int64](repeating: -1_000_000, count: 256)
    for index in 0..<events.count {
      let pixel = Int(events.ys[index]) * 16 + Int(events.xs[index])
      #expect(events.times[index] - last[pixel] >= 1_000)
      last[pixel] = events.times[index]
    }
  }

  @Test("read whole rows at one time and lose no event")
  func arbiter() {
    var model = Self.quietModel()
    model.onThreshold = 0.25
    let size = SensorSize(width: 40, height: 12)
    // A flash: every pixel crosses four thresholds within 2 ms.
    func light(_ pixel: Int, _ time: Double) -> Double { min(time / 2_000, 1) * 1.0001 }
    let free = Self.record(size, model, step: 500, end: 4_000, level: light)
    model.rowReadout = 20_000
    let read = Self.record(size, model, step: 500, end: 4_000, level: light)
    #expect(free.count == 40 * 12 * 4 && read.count == free.count)
    #expect(zip(read.times, read.times.dropFirst()).allSatisfy { $0 <= $1 })
    // Rows follow one another 20 µs apart, and each burst is one row at one time, left to right.
    for start in stride(from: 0, to: read.count, by: 40) {
      #expect(Set(read.times[start..<start + 40]).count == 1)
      #expect(Set(read.ys[start..<start + 40]).count == 1)
      #expect(Array(read.xs[start..<start + 40]) == Array(0..<40))
    }
    let starts = stride(from: 0, to: read.count, by: 40).map { read.times[$0] }
    #expect(starts.prefix(12).enumerated().allSatisfy { $1 == 500 + 20 * Int64($0) })
    // Each event leaves as early as its row's turn allows: 240 µs for all of a flash.
    #expect(read.times.last! == free.times.last! + 220)
  }

  @Test("come as v2e's settings by name")
  func presets() {
    for name in PixelModel.presetNames { #expect(PixelModel(preset: name) != nil) }
    #expect(PixelModel(preset: "perfect") == nil)
    #expect(PixelModel(preset: "noisy")?.photoreceptorCutoff == 30)
    #expect(PixelModel(preset: "clean")?.thresholdMismatch == 0.02)
  }
}
