/// What is on the belt: as good as it should be, or one of four faults.
///
/// Shares are those of an imbalanced inspection line: 92 % good, then 3, 2, 2 and 1 %.
package enum ConveyorClass: Int, CaseIterable, Sendable {
  case ok = 0
  case scratch
  case dent
  case missingLabel
  case tear

  package var name: String {
    switch self {
    case .ok: "ok"
    case .scratch: "scratch"
    case .dent: "dent"
    case .missingLabel: "missing label"
    case .tear: "tear"
    }
  }

  /// Percent of the objects.
  package var percent: Int {
    switch self {
    case .ok: 92
    case .scratch: 3
    case .dent, .missingLabel: 2
    case .tear: 1
    }
  }
}

/// A belt before an event camera that looks straight down on it; it moves to the left.
package struct ConveyorPlan: Sendable {
  package var size = SensorSize(width: 640, height: 480)
  package var seed: UInt64 = 1
  /// Microseconds.
  package var duration: Int64 = 2_000_000
  /// Pixels for a metre of belt.
  package var pixelsPerMetre = 400.0
  /// Metres a second at the start; it changes evenly to `finalSpeed` at the end.
  package var speed = 1.8
  package var finalSpeed = 1.8
  /// Labelled instants, and rendered frames, a second.
  package var frameRate = 25
  /// Belt between two objects, in metres.
  package var gap: ClosedRange<Double> = 0.08...0.35
  /// Share of the light that flickers, at `flickerRate` hertz (twice the mains').
  package var flicker = 0.0
  package var flickerRate = 100.0
  /// Share of the lens that dust and smears cover.
  package var contamination = 0.0
  package var model: PixelModel

  package init() {
    model = PixelModel()
    model.photoreceptorCutoff = 0
    model.noiseRate = 0.1
    model.hotPixels = 3
    model.refractory = 200
    model.rowReadout = 250
  }

  /// Pixels that the belt has moved since the start.
  func shift(at time: Int64) -> Double {
    let seconds = Double(time) * 1e-6
    let acceleration = (finalSpeed - speed) / (Double(duration) * 1e-6)
    return (speed * seconds + acceleration * seconds * seconds / 2) * pixelsPerMetre
  }

  /// Simulated frames between two labelled instants: the belt moves half a pixel at most.
  var stepsPerFrame: Int {
    let fastest = max(speed, finalSpeed) * pixelsPerMetre / Double(frameRate)
    return max(1, Int((fastest / 0.5).rounded(.up)))
  }

  /// Rows that the belt takes; the rest is the frame of the machine.
  var beltRows: Range<Int> {
    let margin = size.height / 16
    return margin..<size.height - margin
  }
}
