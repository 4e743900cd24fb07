import Boards
package import Timing
package import VirtualTime

extension CascadePlan.FrameTiming {
  /// A frame on an edge box: its preprocessing, then the detector, warm.
  ///
  /// - Parameter preprocessing: As `PreprocessingModel` says for the box.
  package init(_ timing: BoxTiming, preprocessing: Duration, queueDepth: Int = 1) {
    self.init(
      median: preprocessing + timing.median, jitter: timing.jitter,
      busyPower: timing.setting.mode.busyPower, idlePower: timing.setting.mode.idlePower,
      queueDepth: queueDepth)
  }
}
