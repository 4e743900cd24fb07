/// A rectangle in pixels: left and upper edge, width and height.
package struct PixelBox: Equatable, Sendable {
  package var x: Double
  package var y: Double
  package var width: Double
  package var height: Double

  package init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  package var area: Double { width * height }

  /// Intersection over union; over the own area alone when `other` is a crowd, which has no
  /// outline that a detection could fill.
  package func overlap(_ other: PixelBox, isCrowd: Bool = false) -> Double {
    let common = min(x + width, other.x + other.width) - max(x, other.x)
    guard common > 0 else { return 0 }
    let rows = min(y + height, other.y + other.height) - max(y, other.y)
    guard rows > 0 else { return 0 }
    let intersection = common * rows
    return intersection / (isCrowd ? area : area + other.area - intersection)
  }
}

/// An object that is on an image.
package struct TrueBox: Equatable, Sendable {
  /// Counted from 0, as are categories.
  package var image: Int
  package var category: Int
  package var box: PixelBox
  /// Decides which sizes the object counts among; an outline's area may be less than its box's.
  package var area: Double
  /// A group without single outlines: found or not, it does not count, and any number of
  /// detections may lie in it.
  package var isCrowd: Bool

  package init(
    image: Int, category: Int, box: PixelBox, area: Double? = nil, isCrowd: Bool = false
  ) {
    self.image = image
    self.category = category
    self.box = box
    self.area = area ?? box.area
    self.isCrowd = isCrowd
  }
}

/// An object that a detector claims to see.
package struct DetectedBox: Equatable, Sendable {
  package var image: Int
  package var category: Int
  package var box: PixelBox
  package var score: Double

  package init(image: Int, category: Int, box: PixelBox, score: Double) {
    self.image = image
    self.category = category
    self.box = box
    self.score = score
  }
}

/// COCO's sizes of objects, by area in square pixels, both ends included.
package enum SizeRange: Int, CaseIterable, Sendable {
  case all, small, medium, large

  package var bounds: ClosedRange<Double> {
    switch self {
    case .all: 0...1e10
    case .small: 0...32 * 32
    case .medium: 32 * 32...96 * 96
    case .large: 96 * 96...1e10
    }
  }

  /// The figures of objects of this size that are means over the overlaps.
  var meanFigures: [DetectionFigure] {
    switch self {
    case .all: [.precision, .recallOf1, .recallOf10, .recallOf100]
    case .small: [.precisionSmall, .recallSmall]
    case .medium: [.precisionMedium, .recallMedium]
    case .large: [.precisionLarge, .recallLarge]
    }
  }
}
