import Glibc

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

/// A change of the light for good: from 1 to `final`, begun at `start` and over after `ramp`.
package struct LightChange: Equatable, Sendable {
  /// Share of the first light that is left, or more than 1.
  package var final = 1.0
  /// Microseconds.
  package var start: Int64 = 0
  /// Microseconds; 0 for a step.
  package var ramp: Int64 = 0

  package init() {}

  func factor(at time: Int64) -> Double {
    if time < start { return 1 }
    if time >= start + ramp { return final }
    return 1 + (final - 1) * Double(time - start) / Double(ramp)
  }
}

/// A belt before an event camera, and a frame camera beside it, that look straight down on it; it
/// moves to the left.
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
  /// Percent of the objects of each class, in the order of `ConveyorClass`; together 100.
  package var shares = ConveyorClass.allCases.map(\.percent)
  /// When the products that come into view begin to be the variant, in microseconds; nil for never.
  package var variantStart: Int64?
  package var light = LightChange()
  /// Share of the light that flickers, at `flickerRate` hertz (twice the mains').
  package var flicker = 0.0
  package var flickerRate = 100.0
  /// When it flickers, in microseconds; nil for always.
  package var flickerTime: Range<Int64>?
  /// Areas of the dust on the lens, as a share of the lens's own, at the start; it grows evenly to
  /// `finalContamination` at the end.
  package var contamination = 0.0
  package var finalContamination = 0.0
  /// Microseconds for which a frame gathers light, the labelled instant in their middle: at the
  /// usual 2 ms, 1.8 m/s and 200 pixels a metre the belt smears by 0.7 pixels.
  package var exposure: Int64 = 2_000
  /// Electrons of a white pixel of a frame; their shot noise is their root, and 0 stands for none.
  /// Industrial sensors with global shutters hold about 10,000 (Sony's IMX273: 10.7 thousand).
  package var fullWell = 10_000.0
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

  /// The light of an instant, 1 for that of the start.
  func light(at time: Int64) -> Double {
    var factor = light.factor(at: time)
    if flicker > 0, flickerTime?.contains(time) ?? true {
      let seconds = Double(time - (flickerTime?.lowerBound ?? 0)) * 1e-6
      factor *= 1 + flicker * sin(2 * .pi * flickerRate * seconds)
    }
    return factor
  }

  /// Areas of the dust on the lens at an instant, as a share of the lens's own.
  func contamination(at time: Int64) -> Double {
    contamination + (finalContamination - contamination) * Double(time) / Double(duration)
  }

  /// Simulated frames between two instants: the belt moves half a pixel at most, and twenty fall on
  /// a period of flickering light.
  func steps(from start: Int64, to end: Int64) -> Int64 {
    let seconds = Double(end - start) * 1e-6
    var steps = max(speed, finalSpeed) * pixelsPerMetre * seconds / 0.5
    if flicker > 0, flickerTime?.overlaps(start..<end) ?? true {
      steps = max(steps, 20 * flickerRate * seconds)
    }
    return max(1, Int64(steps.rounded(.up)))
  }

  /// Most pixels by which the belt moves while a frame is exposed.
  var blur: Double { max(speed, finalSpeed) * pixelsPerMetre * Double(exposure) * 1e-6 }

  /// Rows that the belt takes; the rest is the frame of the machine.
  var beltRows: Range<Int> {
    let margin = size.height / 16
    return margin..<size.height - margin
  }
}
