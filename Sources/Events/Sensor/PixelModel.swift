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
  /// Events per second and pixel that have no cause in the scene.
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
