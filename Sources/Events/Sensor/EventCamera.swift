import VirtualTime

/// A pixel array looking at frames of log intensity.
///
/// Between two frames each pixel's log intensity is taken as a straight line, and an event falls
/// where the line crosses the next multiple of the pixel's threshold (ESIM, Rebecq et al., 2018).
/// A crossing within the refractory period moves the pixel's reference but makes no event. Noise
/// is independent of the scene and leaves the reference alone.
package struct EventCamera: Sendable {
  private struct Candidate {
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
  private var noise: BackgroundNoise
  private var crosstalk: SeededRandom
  private var candidates: [Candidate] = []

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
    findCrossings(next, region, end)
    if model.rowCrosstalk > 0 { addCrosstalk() }
    while let event = noise.next(before: end) {
      candidates.append(
        Candidate(time: event.time, pixel: Int32(event.pixel), isOn: event.isOn))
    }
    // Equal times keep their arrival: row by row, then crosstalk, then noise.
    let order = candidates.indices.sorted {
      (candidates[$0].time, $0) < (candidates[$1].time, $1)
    }
    for index in order {
      let candidate = candidates[index]
      let pixel = Int(candidate.pixel)
      guard candidate.time - lastEvents[pixel] >= model.refractory else { continue }
      lastEvents[pixel] = candidate.time
      batch.append(
        Event(
          time: candidate.time, x: UInt16(pixel % size.width), y: UInt16(pixel / size.width),
          isOn: candidate.isOn))
    }
    time = end
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
}
