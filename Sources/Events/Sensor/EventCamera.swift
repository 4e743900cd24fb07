import Glibc
import VirtualTime

/// A pixel array looking at frames of log intensity.
///
/// Between two frames each pixel's log intensity is taken as a straight line, and an event falls
/// where the line crosses the next multiple of the pixel's threshold (ESIM, Rebecq et al., 2018).
/// A crossing within the refractory period moves the pixel's reference but makes no event. With a
/// photoreceptor's bandwidth or leakage the line becomes a curve, see `ReceptorCurve`. Shot noise
/// sets the reference to the present level, other noise leaves it alone. An arbiter, where there is
/// one, then delays events until their row is read.
package struct EventCamera: Sendable {
  struct Candidate {
    var time: Int64
    var pixel: Int32
    var isOn: Bool
  }

  package let size: SensorSize
  package let model: PixelModel
  /// Microseconds of the last frame.
  package private(set) var time: Int64
  // One value a pixel, row by row.
  private var levels: [Double]
  private var references: [Double]
  private let onThresholds: [Double]
  private let offThresholds: [Double]
  private var lastEvents: [Int64]
  /// The photoreceptors' answers; empty when they follow the light at once and nothing leaks.
  private var answers: [Double] = []
  /// Log intensity per microsecond by which each reference sinks.
  private var leaks: [Double] = []
  private var noise: BackgroundNoise
  private var shotNoise: ShotNoise
  private var crosstalk: SeededRandom
  private var arbiter: RowArbiter?
  private var candidates: [Candidate] = []
  /// Crossings and noise that the refractory period has silenced so far.
  package private(set) var silencedCount = 0

  /// - Parameter levels: Log intensity of each pixel, row by row, at `time`.
  package init(
    size: SensorSize, model: PixelModel, seed: UInt64, levels: [Double], at time: Int64
  ) {
    precondition(levels.count == size.width * size.height)
    self.size = size
    self.model = model
    self.time = time
    self.levels = levels
    references = levels
    var random = SeededRandom(seed: seed, stream: "sensor thresholds")
    func thresholds(around mean: Double) -> [Double] {
      levels.map { _ in
        max(mean + model.thresholdMismatch * random.standardNormal(), model.leastThreshold)
      }
    }
    onThresholds = thresholds(around: model.onThreshold)
    offThresholds = thresholds(around: model.offThreshold)
    // So long ago that no refractory period reaches the first frame.
    lastEvents = [Int64](repeating: time - model.refractory - 1, count: levels.count)
    crosstalk = SeededRandom(seed: seed, stream: "sensor crosstalk")
    noise = BackgroundNoise(pixels: levels.count, model: model, seed: seed, from: time)
    shotNoise = ShotNoise(pixels: levels.count, model: model, seed: seed, from: time)
    if model.rowReadout > 0 { arbiter = RowArbiter(size: size, nanoseconds: model.rowReadout) }
    if model.photoreceptorCutoff > 0 || model.leakRate > 0 {
      answers = levels
      prepareLeaks(seed)
    }
  }

  /// Rates of their own, and references as if the sensor had been leaking for long.
  private mutating func prepareLeaks(_ seed: UInt64) {
    var random = SeededRandom(seed: seed, stream: "sensor leaks")
    leaks = onThresholds.map { threshold in
      let rate = model.leakRate * exp(model.leakMismatch * random.standardNormal())
      return rate * 1e-6 * threshold
    }
    guard model.leakRate > 0 else { return }
    for pixel in references.indices {
      references[pixel] -= random.uniform() * onThresholds[pixel]
    }
  }

  /// Appends the events of the time since the last frame, in order of time.
  ///
  /// - Parameters:
  ///   - next: Log intensity of each pixel, row by row.
  ///   - region: Where `next` may differ from the last frame; pixels outside are not read.
  ///   - end: Microseconds of this frame, later than the last.
  package mutating func expose(
    _ next: [Double], changedIn region: PixelRegion, at end: Int64, into batch: inout EventBatch
  ) {
    precondition(next.count == levels.count && end > time)
    candidates.removeAll(keepingCapacity: true)
    if answers.isEmpty {
      findCrossings(next, region, end)
    } else {
      findCurvedCrossings(next, region, end)
    }
    if model.rowCrosstalk > 0 { addCrosstalk() }
    while let event = noise.next(before: end) {
      candidates.append(
        Candidate(time: event.time, pixel: Int32(event.pixel), isOn: event.isOn))
    }
    while let event = shotNoise.next(before: end, levels: levels) {
      candidates.append(
        Candidate(time: event.time, pixel: Int32(event.pixel), isOn: event.isOn))
      references[event.pixel] = answers.isEmpty ? levels[event.pixel] : answers[event.pixel]
    }
    emit(until: end, into: &batch)
    time = end
  }

  /// Appends what the arbiter has not read yet; nothing without an arbiter.
  package mutating func finish(into batch: inout EventBatch) { arbiter?.finish(into: &batch) }

  private mutating func emit(until end: Int64, into batch: inout EventBatch) {
    // Equal times keep their arrival: row by row, then crosstalk, then noise.
    let order = candidates.indices.sorted {
      (candidates[$0].time, $0) < (candidates[$1].time, $1)
    }
    for index in order {
      let candidate = candidates[index]
      let pixel = Int(candidate.pixel)
      guard candidate.time - lastEvents[pixel] >= model.refractory else {
        silencedCount += 1
        continue
      }
      lastEvents[pixel] = candidate.time
      let event = Event(
        time: candidate.time, x: UInt16(pixel % size.width), y: UInt16(pixel / size.width),
        isOn: candidate.isOn)
      if arbiter == nil {
        batch.append(event)
      } else {
        arbiter!.admit(event, into: &batch)
      }
    }
    arbiter?.read(before: end, into: &batch)
  }

  private mutating func addCrosstalk() {
    for index in candidates.indices where crosstalk.chance(model.rowCrosstalk) {
      let cause = candidates[index]
      let distance = 1 + crosstalk.exponential(rate: 1 / model.crosstalkReach)
      let column =
        Double(Int(cause.pixel) % size.width) + (crosstalk.chance(0.5) ? distance : -distance)
      let isOn = crosstalk.chance(0.5)
      guard column >= 0, column < Double(size.width) else { continue }
      let row = Int(cause.pixel) / size.width
      candidates.append(
        Candidate(time: cause.time, pixel: Int32(row * size.width + Int(column)), isOn: isOn))
    }
  }

  private mutating func findCrossings(_ next: [Double], _ region: PixelRegion, _ end: Int64) {
    let start = time
    let step = Double(end - start)
    next.withUnsafeBufferPointer { next in
      levels.withUnsafeMutableBufferPointer { levels in
        for row in region.rows {
          let line = row * size.width
          for pixel in line + region.columns.lowerBound..<line + region.columns.upperBound {
            let from = levels[pixel]
            let to = next[pixel]
            guard from != to else { continue }
            levels[pixel] = to
            let isOn = to > from
            let threshold = isOn ? onThresholds[pixel] : -offThresholds[pixel]
            var crossing = references[pixel] + threshold
            while isOn ? crossing <= to : crossing >= to {
              let offset = Int64(((crossing - from) / (to - from) * step).rounded())
              candidates.append(
                Candidate(
                  time: min(max(start + offset, start), end), pixel: Int32(pixel), isOn: isOn))
              references[pixel] = crossing
              crossing += threshold
            }
          }
        }
      }
    }
  }

  /// As `findCrossings`, for every pixel: those whose light stays may still be settling or leaking.
  private mutating func findCurvedCrossings(
    _ next: [Double], _ region: PixelRegion, _ end: Int64
  ) {
    let start = time
    let step = Double(end - start)
    let receptor = Receptor(timeConstant: model.photoreceptorTime, step: step)
    for row in 0..<size.height {
      let line = row * size.width
      let columns = region.rows.contains(row) ? region.columns : 0..<0
      for column in 0..<size.width {
        let pixel = line + column
        let from = levels[pixel]
        let to = columns.contains(column) ? next[pixel] : from
        if from == to, answers[pixel] == to, leaks[pixel] == 0 { continue }
        levels[pixel] = to
        let curve = ReceptorCurve(
          receptor, from: from, to: to, answer: answers[pixel], leak: leaks[pixel])
        answers[pixel] = curve.end - leaks[pixel] * step
        curve.crossings(
          reference: &references[pixel], on: onThresholds[pixel], off: offThresholds[pixel]
        ) { offset, isOn in
          candidates.append(
            Candidate(
              time: min(start + Int64(offset.rounded()), end), pixel: Int32(pixel), isOn: isOn))
        }
        references[pixel] -= leaks[pixel] * step
      }
    }
  }
}
