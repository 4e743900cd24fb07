/// Tells how many bytes a grey picture has as JPEG.
package protocol JPEGSizing: Sendable {
  func byteCount(_ pixels: GreyImage.Pixels) -> Int
}

/// By our own encoder, which is not the one that a box would use.
package struct EstimatedJPEG: JPEGSizing {
  private let writer: JPEGWriter

  /// - Parameter quality: 1…100.
  package init(quality: Int) { writer = JPEGWriter(quality: quality) }

  package func byteCount(_ pixels: GreyImage.Pixels) -> Int {
    writer.bytes(pixels.bytes, width: pixels.width, height: pixels.height).count
  }
}
