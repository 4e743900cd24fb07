import Glibc

/// Makes events of frames, as ESIM and v2e do: an event camera before a screen.
///
/// Log intensity is ln(sample + 0.001) for samples of 0…1 (ESIM's; Rebecq et al., 2018): samples are
/// taken as light, no gamma is undone.
package struct FrameCamera: Sendable {
  /// Keeps black finite and its noise small.
  private static let darkest: Float = 0.001

  package let size: SensorSize
  private var camera: EventCamera

  /// - Parameter samples: 0…1, row by row, of the frame at time 0.
  package init(size: SensorSize, model: PixelModel, seed: UInt64, samples: [Float]) {
    self.size = size
    camera = EventCamera(
      size: size, model: model, seed: seed, levels: Self.levels(samples), at: 0)
  }

  /// Events that the refractory period silenced.
  package var silencedCount: Int { camera.silencedCount }

  /// Appends the events since the last frame. `time` in microseconds must be later than it.
  package mutating func show(_ samples: [Float], at time: Int64, into batch: inout EventBatch) {
    camera.expose(
      Self.levels(samples), changedIn: .all(of: size), at: time, into: &batch)
  }

  /// Appends what the sensor's arbiter still holds.
  package mutating func finish(into batch: inout EventBatch) { camera.finish(into: &batch) }

  private static func levels(_ samples: [Float]) -> [Double] {
    samples.map { Double(log($0 + darkest)) }
  }
}
