import Glibc

/// 64 bits by which pictures that look alike are known: pHash.
///
/// The picture, averaged down to 32 × 32, is taken apart by a cosine transform; each of the 8 × 8
/// lowest frequencies is a bit, 1 where it is above their median. C. Zauner, Implementation and
/// Benchmarking of Perceptual Image Hash Functions (2010), §3.2.1. How unlike two pictures are is the
/// number of bits in which their hashes differ.
package struct PerceptualHash: Sendable {
  private static let side = 32
  private static let kept = 8

  /// cos((2x + 1)uπ/64) at [u · 32 + x].
  private let cosines: [Float]

  package init() {
    cosines = (0..<Self.kept * Self.side).map { index in
      let (u, x) = (index / Self.side, index % Self.side)
      return Float(cos(Double((2 * x + 1) * u) * .pi / Double(2 * Self.side)))
    }
  }

  /// The first frequency is the highest bit; row by row.
  ///
  /// - Parameter pixels: width · height, row by row; at least one.
  package func hash(_ pixels: [UInt8], width: Int, height: Int) -> UInt64 {
    precondition(pixels.count == width * height && !pixels.isEmpty)
    let small = Self.shrunk(pixels, width, height)
    var rows = [Float](repeating: 0, count: Self.side * Self.kept)
    for y in 0..<Self.side {
      for u in 0..<Self.kept {
        var sum: Float = 0
        for x in 0..<Self.side { sum += small[y * Self.side + x] * cosines[u * Self.side + x] }
        rows[y * Self.kept + u] = sum
      }
    }
    var frequencies: [Float] = []
    for v in 0..<Self.kept {
      for u in 0..<Self.kept {
        var sum: Float = 0
        for y in 0..<Self.side { sum += rows[y * Self.kept + u] * cosines[v * Self.side + y] }
        frequencies.append(sum)
      }
    }
    let sorted = frequencies.sorted()
    let median = (sorted[31] + sorted[32]) / 2
    return frequencies.reduce(0) { $0 << 1 | ($1 > median ? 1 : 0) }
  }

  /// Means over the pixels that fall into each of 32 × 32 parts; of a smaller picture the nearest.
  private static func shrunk(_ pixels: [UInt8], _ width: Int, _ height: Int) -> [Float] {
    func part(_ index: Int, of length: Int) -> Range<Int> {
      let start = index * length / side
      return start..<max(start + 1, (index + 1) * length / side)
    }
    var small: [Float] = []
    for row in 0..<side {
      let ys = part(row, of: height)
      for column in 0..<side {
        let xs = part(column, of: width)
        var sum = 0
        for y in ys {
          for x in xs { sum += Int(pixels[y * width + x]) }
        }
        small.append(Float(sum) / Float(xs.count * ys.count))
      }
    }
    return small
  }
}
