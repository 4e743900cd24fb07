package import Events
package import Images

/// An accumulated frame as a picture, with the time, labels and boxes drawn into it.
package struct FramePicture: Sendable {
  package static let palette: [Colour] =
    [background, on, off, both, text, band].map(\.0) + boxes

  private static let background = (Colour(30, 37, 52), 0 as UInt8)
  private static let on = (Colour(216, 223, 236), 1 as UInt8)
  private static let off = (Colour(64, 126, 201), 2 as UInt8)
  private static let both = (Colour(136, 150, 178), 3 as UInt8)
  private static let text = (Colour(255, 255, 255), 4 as UInt8)
  private static let band = (Colour(0, 0, 0), 5 as UInt8)
  /// By class, over and over.
  private static let boxes = [
    Colour(92, 200, 120), Colour(240, 150, 60), Colour(230, 90, 200), Colour(240, 220, 70),
    Colour(235, 80, 80), Colour(80, 210, 220),
  ]

  /// Picture pixels for a pixel of the sensor.
  package var zoom: Int
  /// Names of box classes, by number; others are shown as their number.
  package var classNames: [Int: String]

  package init(zoom: Int, classNames: [Int: String] = [:]) {
    precondition(zoom >= 1)
    self.zoom = zoom
    self.classNames = classNames
  }

  package func image(
    _ frame: AccumulatedFrame, caption: String, boxes: [BoxLabel] = []
  ) -> IndexedImage {
    var image = IndexedImage(
      width: frame.size.width * zoom, height: frame.size.height * zoom, palette: Self.palette)
    for row in 0..<frame.size.height {
      for column in 0..<frame.size.width {
        guard let found = frame.polarity(at: row * frame.size.width + column) else { continue }
        let colour = found.map { $0 ? Self.on.1 : Self.off.1 } ?? Self.both.1
        image.fill(x: column * zoom, y: row * zoom, width: zoom, height: zoom, colour: colour)
      }
    }
    for box in boxes { draw(box, into: &image) }
    image.write(caption, x: 0, y: 0, colour: Self.text.1, background: Self.band.1)
    return image
  }

  private func draw(_ box: BoxLabel, into image: inout IndexedImage) {
    // Labels may claim any place: what is far outside is cut before it becomes a whole number.
    func pixel(_ value: Float) -> Int { Int(min(max(value * Float(zoom), -70_000), 70_000)) }
    let (x, y) = (pixel(box.x), pixel(box.y))
    let (width, height) = (pixel(box.x + box.width) - x, pixel(box.y + box.height) - y)
    let index = Int(box.classNumber.magnitude % UInt(Self.boxes.count))
    let colour = UInt8(6 + index)
    image.outline(x: x, y: y, width: width, height: height, colour: colour)
    let name = classNames[box.classNumber] ?? String(box.classNumber)
    let above = y - BitmapFont.lineHeight
    image.write(
      name, x: x, y: above >= 0 ? above : y, colour: Self.band.1, background: colour)
  }
}
