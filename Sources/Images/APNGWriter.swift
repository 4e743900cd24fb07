/// Writes an animated PNG frame by frame; whoever holds the pieces holds one frame at most.
///
///     sink.write(writer.header())
///     for image in frames { sink.write(writer.frame(image, milliseconds: 33)) }
///     sink.write(writer.trailer())
///     sink.overwrite(writer.header())   // which says how many frames there are
///
/// Source: PNG specification, third edition (W3C, 2025), chunks acTL, fcTL and fdAT. Software that
/// knows no animation shows the first frame.
package struct APNGWriter: Sendable {
  private let width: Int
  private let height: Int
  private let palette: [Colour]
  private var frameCount: UInt32 = 0
  /// Control and data chunks share one count.
  private var sequence: UInt32 = 0

  package init(width: Int, height: Int, palette: [Colour]) {
    precondition((1...65_535).contains(width) && (1...65_535).contains(height))
    precondition((1...IndexedImage.mostColours).contains(palette.count))
    self.width = width
    self.height = height
    self.palette = palette
  }

  /// Of one size whatever the number of frames so far.
  package func header() -> [UInt8] {
    var control: [UInt8] = []
    control.appendBigEndian(frameCount)
    control.appendBigEndian(UInt32(0))  // over and over again
    return PNGWriter.start(width: width, height: height) + PNGWriter.chunk("acTL", control)
      + PNGWriter.palette(palette)
  }

  /// - Parameter milliseconds: Until the next frame, at most 65,535.
  package mutating func frame(_ image: IndexedImage, milliseconds: Int) -> [UInt8] {
    precondition(image.width == width && image.height == height)
    var control = number()
    for value in [width, height, 0, 0] { control.appendBigEndian(UInt32(value)) }
    for value in [min(max(milliseconds, 0), 65_535), 1_000] {
      control += [UInt8(value >> 8), UInt8(value & 0xFF)]
    }
    control += [0, 0]  // the whole picture takes the place of the one before
    let isFirst = frameCount == 0
    frameCount += 1
    let pixels = PNGWriter.pixels(image)
    return PNGWriter.chunk("fcTL", control)
      + (isFirst ? PNGWriter.chunk("IDAT", pixels) : PNGWriter.chunk("fdAT", number() + pixels))
  }

  package func trailer() -> [UInt8] { PNGWriter.end }

  private mutating func number() -> [UInt8] {
    var out: [UInt8] = []
    out.appendBigEndian(sequence)
    sequence += 1
    return out
  }
}
