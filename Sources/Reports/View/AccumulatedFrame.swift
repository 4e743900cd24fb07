package import Events

/// Events of a stretch of time, summed up for the eye.
package struct AccumulatedFrame: Sendable {
  /// A picture of more pixels is refused before memory is asked for.
  package static let mostPixels = 1 << 24

  package let size: SensorSize
  /// First microsecond, and the first after it.
  package var start: Int64
  package var end: Int64
  package private(set) var onCount = 0
  package private(set) var offCount = 0
  /// Events beyond `size`, which are not shown.
  package private(set) var outsideCount = 0
  /// By pixel, row by row; they stop at 255.
  private var on: [UInt8]
  private var off: [UInt8]

  package init(size: SensorSize, start: Int64, end: Int64) {
    precondition(size.width > 0 && size.height > 0)
    self.size = size
    self.start = start
    self.end = end
    on = [UInt8](repeating: 0, count: size.width * size.height)
    off = on
  }

  package var eventCount: Int { onCount + offCount + outsideCount }

  package mutating func add(_ event: Event) {
    let (x, y) = (Int(event.x), Int(event.y))
    guard x < size.width, y < size.height else {
      outsideCount += 1
      return
    }
    let pixel = y * size.width + x
    if event.isOn {
      onCount += 1
      if on[pixel] < .max { on[pixel] += 1 }
    } else {
      offCount += 1
      if off[pixel] < .max { off[pixel] += 1 }
    }
  }

  /// Empties the frame for another stretch.
  package mutating func restart(at start: Int64, end: Int64) {
    self.start = start
    self.end = end
    (onCount, offCount, outsideCount) = (0, 0, 0)
    for index in on.indices { on[index] = 0 }
    for index in off.indices { off[index] = 0 }
  }

  /// Sums over the part of a square of pixels that lies inside the frame.
  func sums(x: Int, y: Int, width: Int, height: Int) -> (on: Int, off: Int, active: Int) {
    var sums = (on: 0, off: 0, active: 0)
    for row in y..<min(y + height, size.height) {
      for pixel in row * size.width + x..<row * size.width + min(x + width, size.width) {
        sums.on += Int(on[pixel])
        sums.off += Int(off[pixel])
        if on[pixel] != 0 || off[pixel] != 0 { sums.active += 1 }
      }
    }
    return sums
  }

  /// Which polarity a pixel showed more of; nil when it was silent, `some(nil)` for a draw.
  func polarity(at pixel: Int) -> Bool?? {
    if on[pixel] == 0 && off[pixel] == 0 { return nil }
    if on[pixel] == off[pixel] { return .some(nil) }
    return on[pixel] > off[pixel]
  }
}
