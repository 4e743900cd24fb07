/// One matrix product of a batch: left [rows, depth] × right [depth, columns].
///
/// Each side may lie transposed. Both are copied row by row, zero points taken out, so that the
/// inner loop is one dot product.
package struct MatrixProduct: Sendable {
  package let rows: Int
  package let depth: Int
  package let columns: Int
  private let leftTransposed: Bool
  private let rightTransposed: Bool

  /// For both sides widened to 32 bits, the left one first.
  package var scratchBytes: Int { (rows + columns) * depth * 4 }

  package init(
    rows: Int, depth: Int, columns: Int, leftTransposed: Bool, rightTransposed: Bool
  ) {
    self.rows = rows
    self.depth = depth
    self.columns = columns
    self.leftTransposed = leftTransposed
    self.rightTransposed = rightTransposed
  }

  /// How sums become results, and what is subtracted from each side.
  package struct Scaling: Sendable {
    package var leftZeroPoint: Int32
    package var rightZeroPoint: Int32
    package var outputZeroPoint: Int32
    package var multiplier: QuantizedMultiplier
    /// For fp32 in the place of the multiplier; 0 for double rounding.
    package var factor: Float

    package init(
      leftZeroPoint: Int32, rightZeroPoint: Int32, outputZeroPoint: Int32,
      multiplier: QuantizedMultiplier, factor: Float = 0
    ) {
      self.leftZeroPoint = leftZeroPoint
      self.rightZeroPoint = rightZeroPoint
      self.outputZeroPoint = outputZeroPoint
      self.multiplier = multiplier
      self.factor = factor
    }
  }

  /// - Parameters:
  ///   - left: [rows, depth], or [depth, rows] transposed.
  ///   - right: [depth, columns], or [columns, depth] transposed.
  ///   - output: [rows, columns].
  ///   - scratch: `scratchBytes`.
  package func run(
    _ left: UnsafePointer<Int8>, _ right: UnsafePointer<Int8>,
    to output: UnsafeMutablePointer<Int8>, _ scaling: Scaling,
    scratch: UnsafeMutablePointer<Int32>
  ) {
    widen(left, right, scratch, scaling)
    each(scratch) { place, sum in
      let narrow = Int32(truncatingIfNeeded: sum)
      if scaling.factor != 0 {
        let steps = max(-1e6, min(1e6, Float(narrow) * scaling.factor)).rounded(.toNearestOrEven)
        output[place] = Int8(clamping: Int32(steps) &+ scaling.outputZeroPoint)
      } else {
        output[place] = Int8(
          clamping: scaling.multiplier.multiply(narrow) &+ scaling.outputZeroPoint)
      }
    }
  }

  package func run(
    _ left: UnsafePointer<Int16>, _ right: UnsafePointer<Int16>,
    to output: UnsafeMutablePointer<Int16>, _ scaling: Scaling,
    scratch: UnsafeMutablePointer<Int32>
  ) {
    widen(left, right, scratch, scaling)
    each(scratch) { place, sum in
      output[place] = Int16(clamping: scaling.multiplier.multiply(sum) &+ scaling.outputZeroPoint)
    }
  }

  package func run(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    arrange(left, right, scratch, left: { $0 }, right: { $0 })
    let columnsStart = scratch + rows * depth
    for row in 0..<rows {
      for column in 0..<columns {
        output[row &* columns &+ column] = Float.dot(
          scratch + row &* depth, columnsStart + column &* depth, depth)
      }
    }
  }

  @inline(__always)
  private func widen<Element: FixedWidthInteger>(
    _ left: UnsafePointer<Element>, _ right: UnsafePointer<Element>,
    _ scratch: UnsafeMutablePointer<Int32>, _ scaling: Scaling
  ) {
    arrange(
      left, right, scratch, left: { Int32($0) &- scaling.leftZeroPoint },
      right: { Int32($0) &- scaling.rightZeroPoint })
  }

  /// Left as [rows, depth], then right as [columns, depth].
  @inline(__always)
  private func arrange<Element, Wide>(
    _ leftMatrix: UnsafePointer<Element>, _ rightMatrix: UnsafePointer<Element>,
    _ scratch: UnsafeMutablePointer<Wide>, left: (Element) -> Wide, right: (Element) -> Wide
  ) {
    for row in 0..<rows {
      for index in 0..<depth {
        let place = leftTransposed ? index &* rows &+ row : row &* depth &+ index
        scratch[row &* depth &+ index] = left(leftMatrix[place])
      }
    }
    let columnsStart = scratch + rows * depth
    for column in 0..<columns {
      for index in 0..<depth {
        let place =
          rightTransposed ? column &* depth &+ index : index &* columns &+ column
        columnsStart[column &* depth &+ index] = right(rightMatrix[place])
      }
    }
  }

  /// Calls `finish` with each result's place and its sum.
  @inline(__always)
  private func each(_ scratch: UnsafePointer<Int32>, finish: (Int, Int64) -> Void) {
    let columnsStart = scratch + rows * depth
    for row in 0..<rows {
      let x = scratch + row &* depth
      for column in 0..<columns {
        let y = columnsStart + column &* depth
        var sum: Int64 = 0
        for index in 0..<depth { sum &+= Int64(x[index]) &* Int64(y[index]) }
        finish(row &* columns &+ column, sum)
      }
    }
  }
}
