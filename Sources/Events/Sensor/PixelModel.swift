/// How an event camera's pixels turn light into events.
///
/// Defaults are of the order published for the DVS128 and used by simulators: thresholds and their
/// spread as in v2e (Hu et al., 2021), refractory period as in ESIM (Rebecq et al., 2018).
package struct PixelModel: Equatable, Sendable {
  /// Rise and fall of log intensity that make one event.
  package var onThreshold = 0.22
  package var offThreshold = 0.22
  /// Standard deviation of each pixel's thresholds around those, in the same unit.
  package var thresholdMismatch = 0.03
  /// No pixel's threshold is lower than this.
  package var leastThreshold = 0.05
  /// Microseconds after an event in which the same pixel stays silent.
  package var refractory: Int64 = 300
  /// Hertz at which the photoreceptor's answer has fallen by 3 dB; 0 follows the light at once.
  package var photoreceptorCutoff = 0.0
  /// ON events per second and pixel that leakage of the reference makes, at even distances.
  package var leakRate = 0.0
  /// Standard deviation of the natural logarithm of the pixels' leak rates around that.
  package var leakMismatch = 0.0
  /// Events per second and pixel that shot noise makes in the dark, half of them ON; in full light
  /// a quarter of that.
  package var shotNoiseRate = 0.0
  /// Nanoseconds that the arbiter takes for a row: the events waiting in a row leave together, at
  /// one time. 0 lets each event out when it happens.
  package var rowReadout: Int64 = 0
  /// Events per second and pixel that have no cause in the scene and none in a circuit modelled
  /// above: an overall rate as one measures it.
  package var noiseRate = 0.15
  /// Share of noise events that are ON: leakage makes more of them than of OFF.
  package var noiseOnShare = 0.6
  /// Chance that an event with a cause brings another, of either polarity, in the same row: real
  /// recordings of the DVS128 show such dots to both sides of whatever moves.
  package var rowCrosstalk = 0.0
  /// Mean distance of those in columns.
  package var crosstalkReach = 12.0
  /// Pixels that fire on their own, and the range of their rates in events per second.
  package var hotPixels = 0
  package var hotPixelRate: ClosedRange<Double> = 5...50

  package init() {}

  /// Microseconds of the photoreceptor's time constant.
  var photoreceptorTime: Double {
    photoreceptorCutoff > 0 ? 1e6 / (2 * .pi * photoreceptorCutoff) : 0
  }
}

extension PixelModel {
  /// Names of the sets of parameters that can be asked for.
  package static let presetNames = ["ideal", "clean", "noisy"]

  /// - `ideal`: equal pixels without noise.
  /// - `clean` and `noisy`: as the settings of these names of v2e (Hu et al., 2021).
  package init?(preset: String) {
    self.init()
    onThreshold = 0.2
    offThreshold = 0.2
    leastThreshold = 0.01
    refractory = 100
    noiseRate = 0
    switch preset {
    case "ideal":
      thresholdMismatch = 0
    case "clean":
      thresholdMismatch = 0.02
    case "noisy":
      thresholdMismatch = 0.05
      photoreceptorCutoff = 30
      leakRate = 0.1
      leakMismatch = 0.23  // v2e spreads by a tenth of a decade
      shotNoiseRate = 5
    default:
      return nil
    }
  }
}

/// A rectangle of pixels: columns and rows, upper bounds left out.
package struct PixelRegion: Equatable, Sendable {
  package var columns: Range<Int>
  package var rows: Range<Int>

  package init(columns: Range<Int>, rows: Range<Int>) {
    self.columns = columns
    self.rows = rows
  }

  package static func all(of size: SensorSize) -> PixelRegion {
    PixelRegion(columns: 0..<size.width, rows: 0..<size.height)
  }

  var isEmpty: Bool { columns.isEmpty || rows.isEmpty }

  /// The smallest rectangle around both.
  func union(_ other: PixelRegion) -> PixelRegion {
    if isEmpty { return other }
    if other.isEmpty { return self }
    return PixelRegion(
      columns: min(
        columns.lowerBound, other.columns.lowerBound)..<max(
          columns.upperBound, other.columns.upperBound),
      rows: min(
        rows.lowerBound, other.rows.lowerBound)..<max(rows.upperBound, other.rows.upperBound))
  }
}
