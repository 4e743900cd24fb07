extension GreyImage {
  /// Bytes of pixels: 0 black, 255 white.
  package struct Pixels: Equatable, Sendable {
    package var width: Int
    package var height: Int
    /// Row by row.
    package var bytes: [UInt8]

    package init(width: Int, height: Int, bytes: [UInt8]) {
      precondition(bytes.count == width * height)
      self.width = width
      self.height = height
      self.bytes = bytes
    }
  }

  /// A square of `side` pixels around a point, moved into the picture where it would leave it, and
  /// cut to the picture where that is smaller.
  package func crop(aroundX x: Double, y: Double, side: Int) -> Pixels {
    func start(_ centre: Double, _ length: Int) -> Int {
      let first = (centre - Double(side) / 2).rounded(.down)
      return Int(max(0, min(first, Double(length - side))))
    }
    let (left, top) = (start(x, width), start(y, height))
    let (columns, rows) = (min(side, width), min(side, height))
    var bytes = [UInt8](repeating: 0, count: columns * rows)
    for row in 0..<rows {
      for column in 0..<columns {
        let sample = samples[(top + row) * width + left + column]
        bytes[row * columns + column] = UInt8(min(max(sample, 0), 1) * 255 + 0.5)
      }
    }
    return Pixels(width: columns, height: rows, bytes: bytes)
  }

  /// Means over `factor` × `factor` pixels; what does not fill a last row or column is left out.
  package func averaged(by factor: Int) -> GreyImage {
    precondition(factor > 0)
    if factor == 1 { return self }
    let (columns, rows) = (width / factor, height / factor)
    var means = [Float](repeating: 0, count: columns * rows)
    let share = 1 / Float(factor * factor)
    for row in 0..<rows {
      for column in 0..<columns {
        var sum: Float = 0
        for y in row * factor..<(row + 1) * factor {
          for x in column * factor..<(column + 1) * factor { sum += samples[y * width + x] }
        }
        means[row * columns + column] = sum * share
      }
    }
    return GreyImage(width: columns, height: rows, samples: means)
  }
}
