import Bytes

/// One grey frame, row by row.
package struct GreyImage: Equatable, Sendable {
  package let width: Int
  package let height: Int
  /// 0 (black) … 1 (white), as the file encodes them; no gamma is undone.
  package var samples: [Float]

  package init(width: Int, height: Int, samples: [Float]) {
    precondition(samples.count == width * height)
    self.width = width
    self.height = height
    self.samples = samples
  }

  /// Luma of colours by the weights of Rec. 601.
  static func luma(_ red: Float, _ green: Float, _ blue: Float) -> Float {
    0.299 * red + 0.587 * green + 0.114 * blue
  }
}

/// What a file claims about its size, before anything is allocated for it.
struct ImageExtent {
  /// No side of a frame is longer: event addresses have 16 bits.
  static let longestSide = 65_535

  let width: Int
  let height: Int
  /// Cannot overflow: sides are at most 65,535.
  var pixels: Int { width * height }

  /// Throws `InputError` for an empty frame or one longer than `longestSide`.
  init(width: Int, height: Int, at place: InputError.Place) throws(InputError) {
    let sides = 1...Self.longestSide
    guard sides.contains(width), sides.contains(height) else {
      throw InputError(
        at: place,
        "expected a width and height from 1 to \(Self.longestSide), found \(width) × \(height)")
    }
    self.width = width
    self.height = height
  }
}
