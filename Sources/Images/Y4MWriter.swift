/// Writes grey YUV4MPEG2 video in full range.
package struct Y4MWriter: Sendable {
  private let width: Int
  private let height: Int
  private let framesPerSecond: Int

  package init(width: Int, height: Int, framesPerSecond: Int) {
    precondition(width > 0 && height > 0 && framesPerSecond > 0)
    self.width = width
    self.height = height
    self.framesPerSecond = framesPerSecond
  }

  package func header() -> [UInt8] {
    Array(
      "YUV4MPEG2 W\(width) H\(height) F\(framesPerSecond):1 Ip A1:1 Cmono XCOLORRANGE=FULL\n".utf8)
  }

  package func frame(_ image: GreyImage) -> [UInt8] {
    precondition(image.width == width && image.height == height)
    return frame(image.samples.map { UInt8((min(max($0, 0), 1) * 255).rounded()) })
  }

  /// - Parameter bytes: 0 (black) … 255 (white), row by row.
  package func frame(_ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count == width * height)
    return Array("FRAME\n".utf8) + bytes
  }
}
