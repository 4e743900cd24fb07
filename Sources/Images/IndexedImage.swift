/// A colour as screens show it.
package struct Colour: Equatable, Hashable, Sendable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }
}

/// A picture of at most sixteen colours, row by row: small on disk even without compression.
package struct IndexedImage: Equatable, Sendable {
  package static let mostColours = 16

  package let width: Int
  package let height: Int
  package let palette: [Colour]
  /// Places in the palette.
  package var pixels: [UInt8]

  /// A picture all of the palette's first colour.
  package init(width: Int, height: Int, palette: [Colour]) {
    precondition(width > 0 && height > 0 && (1...Self.mostColours).contains(palette.count))
    self.width = width
    self.height = height
    self.palette = palette
    pixels = [UInt8](repeating: 0, count: width * height)
  }

  /// Paints what lies inside the picture of a rectangle.
  package mutating func fill(x: Int, y: Int, width: Int, height: Int, colour: UInt8) {
    let columns = max(x, 0)..<max(min(x + width, self.width), max(x, 0))
    for row in max(y, 0)..<max(min(y + height, self.height), max(y, 0)) {
      for column in columns { pixels[row * self.width + column] = colour }
    }
  }

  /// The one pixel wide edge of a rectangle; sides outside the picture are not drawn.
  package mutating func outline(x: Int, y: Int, width: Int, height: Int, colour: UInt8) {
    guard width > 0, height > 0 else { return }
    fill(x: x, y: y, width: width, height: 1, colour: colour)
    fill(x: x, y: y + height - 1, width: width, height: 1, colour: colour)
    fill(x: x, y: y, width: 1, height: height, colour: colour)
    fill(x: x + width - 1, y: y, width: 1, height: height, colour: colour)
  }

  /// Text on a band of `background`, its upper left corner at (x, y).
  package mutating func write(
    _ text: String, x: Int, y: Int, colour: UInt8, background: UInt8
  ) {
    let glyphs = BitmapFont.glyphs(of: text)
    let (advance, line) = (BitmapFont.advance, BitmapFont.lineHeight)
    fill(x: x, y: y, width: glyphs.count * advance + 1, height: line, colour: background)
    for (place, glyph) in glyphs.enumerated() {
      for (row, bits) in glyph.enumerated() {
        for column in 0..<BitmapFont.width where bits >> (BitmapFont.width - 1 - column) & 1 == 1 {
          fill(
            x: x + 1 + place * advance + column, y: y + 1 + row, width: 1, height: 1,
            colour: colour)
        }
      }
    }
  }
}
