/// A frame of a camera beside the events: grey, at one instant of the recording's clock.
package struct GreyFrame: Equatable, Sendable {
  /// Microseconds: the middle of the exposure.
  package var time: Int64
  /// Microseconds for which light was gathered.
  package var exposure: Int64
  package var size: SensorSize
  /// 0 (black) … 255 (white), row by row.
  package var bytes: [UInt8]

  package init(time: Int64, exposure: Int64, size: SensorSize, bytes: [UInt8]) {
    precondition(bytes.count == size.width * size.height)
    self.time = time
    self.exposure = exposure
    self.size = size
    self.bytes = bytes
  }
}
