/// Averages and maxima over windows of an int8 image; cells in the padding do not count.
package struct Pooling: Sendable {
  package enum Reduction: Sendable { case average, maximum }

  package let reduction: Reduction
  private let window: Window
  private let channels: Int
  private let range: ClosedRange<Int32>

  /// For 32-bit sums or maxima, one per channel.
  package var scratchBytes: Int { channels * 4 }

  package init(
    _ reduction: Reduction, window: Window, channels: Int, range: ClosedRange<Int32>
  ) {
    self.reduction = reduction
    self.window = window
    self.channels = channels
    self.range = range
  }

  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, channels].
  ///   - scratch: `scratchBytes`, aligned for 32-bit elements.
  package func run(
    _ image: UnsafePointer<Int8>, to output: UnsafeMutablePointer<Int8>,
    scratch: UnsafeMutableRawPointer
  ) {
    let cells = scratch.assumingMemoryBound(to: Int32.self)
    var target = output
    for row in 0..<window.outputHeight {
      let top = row * window.strideHeight - window.paddingTop
      let rows = max(0, top)..<min(window.inputHeight, top + window.filterHeight)
      for column in 0..<window.outputWidth {
        let left = column * window.strideWidth - window.paddingLeft
        let columns = max(0, left)..<min(window.inputWidth, left + window.filterWidth)
        reduce(image, rows, columns, to: cells)
        finish(cells, count: Int32(truncatingIfNeeded: rows.count * columns.count), to: target)
        target += channels
      }
    }
  }

  private func reduce(
    _ image: UnsafePointer<Int8>, _ rows: Range<Int>, _ columns: Range<Int>,
    to cells: UnsafeMutablePointer<Int32>
  ) {
    cells.update(repeating: reduction == .average ? 0 : -128, count: channels)
    for y in rows {
      for x in columns {
        let pixel = image + (y * window.inputWidth + x) * channels
        switch reduction {
        case .average:
          for channel in 0..<channels { cells[channel] &+= Int32(pixel[channel]) }
        case .maximum:
          for channel in 0..<channels {
            cells[channel] = max(cells[channel], Int32(pixel[channel]))
          }
        }
      }
    }
  }

  /// An average is rounded half away from zero, on quantized values, whatever the zero point.
  private func finish(
    _ cells: UnsafePointer<Int32>, count: Int32, to output: UnsafeMutablePointer<Int8>
  ) {
    for channel in 0..<channels {
      var value = cells[channel]
      if reduction == .average, count > 0 {
        value = (value > 0 ? value &+ count / 2 : value &- count / 2) / count
      }
      output[channel] = Int8(
        truncatingIfNeeded: max(range.lowerBound, min(range.upperBound, value)))
    }
  }
}
