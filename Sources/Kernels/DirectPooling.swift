/// Averages and maxima over windows of int16 and float32 images; padding does not count.
package struct DirectPooling: Sendable {
  private let reduction: Pooling.Reduction
  private let window: Window
  private let channels: Int

  package init(_ reduction: Pooling.Reduction, window: Window, channels: Int) {
    self.reduction = reduction
    self.window = window
    self.channels = channels
  }

  /// An average is rounded half away from zero.
  ///
  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, channels].
  package func run(
    _ image: UnsafePointer<Int16>, to output: UnsafeMutablePointer<Int16>,
    range: ClosedRange<Int32>
  ) {
    func reduce(_ sum: Int32, _ cell: Int16) -> Int32 {
      reduction == .average ? sum &+ Int32(cell) : max(sum, Int32(cell))
    }
    eachCell(image, seed: Int32(-32768), reduce: reduce) { place, sum, count in
      var value = sum
      if reduction == .average, count > 0 {
        value = (value > 0 ? value &+ count / 2 : value &- count / 2) / count
      }
      output[place] = Int16(
        truncatingIfNeeded: max(range.lowerBound, min(range.upperBound, value)))
    }
  }

  package func run(
    _ image: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>,
    range: ClosedRange<Float>
  ) {
    func reduce(_ sum: Float, _ cell: Float) -> Float {
      reduction == .average ? sum + cell : max(sum, cell)
    }
    eachCell(image, seed: -Float.greatestFiniteMagnitude, reduce: reduce) { place, sum, count in
      let value = reduction == .average && count > 0 ? sum / Float(count) : sum
      output[place] = max(range.lowerBound, min(range.upperBound, value))
    }
  }

  /// Calls `finish` with each output's place, its cells reduced, and their number.
  @inline(__always)
  private func eachCell<Element, Sum: Numeric>(
    _ image: UnsafePointer<Element>, seed: Sum, reduce: (Sum, Element) -> Sum,
    finish: (Int, Sum, Int32) -> Void
  ) {
    for pixel in 0..<window.outputHeight * window.outputWidth {
      let (row, column) = pixel.quotientAndRemainder(dividingBy: window.outputWidth)
      let (rows, top) = window.taps(row: row)
      let (columns, left) = window.taps(column: column)
      let count = Int32(truncatingIfNeeded: rows.count &* columns.count)
      for channel in 0..<channels {
        var sum = reduction == .average ? 0 : seed
        for y in rows {
          let line = (top &+ y) &* window.inputWidth &+ left
          for x in columns { sum = reduce(sum, image[(line &+ x) &* channels &+ channel]) }
        }
        finish(pixel &* channels &+ channel, sum, count)
      }
    }
  }
}
