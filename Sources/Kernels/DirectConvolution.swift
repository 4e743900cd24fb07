/// A convolution that visits every tap of every window position: int16 and float32 layers.
///
/// Padding contributes nothing, so positions only visit the taps inside the image. A fully
/// connected layer is one whose window is a single pixel.
package struct DirectConvolution<Sum: Accumulator>: Sendable {
  private let window: Window
  private let channels: Int
  private let groups: Int
  private let outputChannels: Int
  /// [outputChannels, filterHeight, filterWidth, channels ÷ groups]
  private let weights: [Sum.Weight]
  /// [outputChannels]
  private let bias: [Sum]

  /// For the sums of one pixel.
  package var scratchBytes: Int { outputChannels * MemoryLayout<Sum>.stride }

  /// - Parameters:
  ///   - weights: [outputChannels, filterHeight, filterWidth, channels ÷ groups].
  ///   - bias: [outputChannels].
  package init(
    window: Window, channels: Int, groups: Int, weights: [Sum.Weight], bias: [Sum]
  ) {
    self.window = window
    self.channels = channels
    self.groups = groups
    outputChannels = bias.count
    self.weights = weights
    self.bias = bias
  }

  /// Calls `finish` with the sums [outputChannels] of each output pixel in turn.
  @inline(__always)
  private func eachPixel(
    _ image: UnsafePointer<Sum.Activation>, _ sums: UnsafeMutablePointer<Sum>,
    finish: (Int) -> Void
  ) {
    let depth = channels / groups
    let perGroup = outputChannels / groups
    let taps = window.filterHeight * window.filterWidth
    weights.withUnsafeBufferPointer { weights in
      bias.withUnsafeBufferPointer { bias in
        guard let weights = weights.baseAddress else { return }
        for pixel in 0..<window.outputHeight * window.outputWidth {
          let (row, column) = pixel.quotientAndRemainder(dividingBy: window.outputWidth)
          let (rows, top) = window.taps(row: row)
          let (columns, left) = window.taps(column: column)
          for channel in 0..<outputChannels {
            let filter = weights + channel &* taps &* depth
            let source = image + channel / perGroup &* depth
            var sum = bias[channel]
            for y in rows {
              let line = (top &+ y &* window.dilationHeight) &* window.inputWidth
              for x in columns {
                let place = line &+ left &+ x &* window.dilationWidth
                sum = sum.adding(
                  Sum.dot(
                    source + place &* channels,
                    filter + (y &* window.filterWidth &+ x) &* depth, depth))
              }
            }
            sums[channel] = sum
          }
          finish(pixel &* outputChannels)
        }
      }
    }
  }
}

extension DirectConvolution where Sum == Int64 {
  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, outputChannels].
  ///   - sums: `scratchBytes`.
  package func run(
    _ image: UnsafePointer<Int16>, to output: UnsafeMutablePointer<Int16>,
    _ requantizer: WideRequantizer, sums: UnsafeMutablePointer<Int64>
  ) {
    eachPixel(image, sums) { start in
      requantizer.apply(sums, count: outputChannels, firstChannel: 0, to: output + start)
    }
  }
}

extension DirectConvolution where Sum == Float {
  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, outputChannels].
  ///   - sums: `scratchBytes`.
  package func run(
    _ image: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>,
    _ range: ClosedRange<Float>, sums: UnsafeMutablePointer<Float>
  ) {
    eachPixel(image, sums) { start in
      for channel in 0..<outputChannels {
        output[start + channel] = max(range.lowerBound, min(range.upperBound, sums[channel]))
      }
    }
  }
}

/// A depthwise convolution of int16 and float32 layers: each channel under its own filter.
package struct DirectDepthwiseConvolution<Sum: Accumulator>: Sendable {
  private let window: Window
  private let channels: Int
  private let multiplier: Int
  /// [filterHeight, filterWidth, channels × multiplier]
  private let weights: [Sum.Weight]
  /// [channels × multiplier]
  private let bias: [Sum]

  private var outputChannels: Int { channels * multiplier }

  /// For the sums of one pixel.
  package var scratchBytes: Int { outputChannels * MemoryLayout<Sum>.stride }

  /// - Parameters:
  ///   - multiplier: output channels per input channel.
  ///   - weights: [filterHeight, filterWidth, channels × multiplier].
  ///   - bias: [channels × multiplier].
  package init(
    window: Window, channels: Int, multiplier: Int, weights: [Sum.Weight], bias: [Sum]
  ) {
    self.window = window
    self.channels = channels
    self.multiplier = multiplier
    self.weights = weights
    self.bias = bias
  }

  /// Calls `finish` with the sums [channels × multiplier] of each output pixel in turn.
  @inline(__always)
  private func eachPixel(
    _ image: UnsafePointer<Sum.Activation>, _ sums: UnsafeMutablePointer<Sum>,
    finish: (Int) -> Void
  ) {
    let count = outputChannels
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for pixel in 0..<window.outputHeight * window.outputWidth {
        let (row, column) = pixel.quotientAndRemainder(dividingBy: window.outputWidth)
        let (rows, top) = window.taps(row: row)
        let (columns, left) = window.taps(column: column)
        for channel in 0..<count { sums[channel] = bias[channel] }
        for y in rows {
          let line = (top &+ y &* window.dilationHeight) &* window.inputWidth
          for x in columns {
            let place = line &+ left &+ x &* window.dilationWidth
            accumulate(
              image + place &* channels, weights + (y &* window.filterWidth &+ x) &* count, sums)
          }
        }
        finish(pixel &* count)
      }
    }
  }

  @inline(__always)
  private func accumulate(
    _ pixel: UnsafePointer<Sum.Activation>, _ tap: UnsafePointer<Sum.Weight>,
    _ sums: UnsafeMutablePointer<Sum>
  ) {
    if multiplier == 1 {
      for channel in 0..<channels {
        sums[channel] = sums[channel].adding(Sum.multiply(pixel[channel], tap[channel]))
      }
    } else {
      for channel in 0..<outputChannels {
        let product = Sum.multiply(pixel[channel / multiplier], tap[channel])
        sums[channel] = sums[channel].adding(product)
      }
    }
  }
}

extension DirectDepthwiseConvolution where Sum == Int64 {
  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, channels × multiplier].
  ///   - sums: `scratchBytes`.
  package func run(
    _ image: UnsafePointer<Int16>, to output: UnsafeMutablePointer<Int16>,
    _ requantizer: WideRequantizer, sums: UnsafeMutablePointer<Int64>
  ) {
    eachPixel(image, sums) { start in
      requantizer.apply(sums, count: outputChannels, firstChannel: 0, to: output + start)
    }
  }
}

extension DirectDepthwiseConvolution where Sum == Float {
  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, channels × multiplier].
  ///   - sums: `scratchBytes`.
  package func run(
    _ image: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>,
    _ range: ClosedRange<Float>, sums: UnsafeMutablePointer<Float>
  ) {
    eachPixel(image, sums) { start in
      for channel in 0..<outputChannels {
        output[start + channel] = max(range.lowerBound, min(range.upperBound, sums[channel]))
      }
    }
  }
}

extension Window {
  /// The filter rows that fall inside the image at an output row, and where row 0 would lie.
  func taps(row: Int) -> (range: Range<Int>, origin: Int) {
    Self.taps(row * strideHeight - paddingTop, filterHeight, dilationHeight, inputHeight)
  }

  /// As `taps(row:)`, for columns.
  func taps(column: Int) -> (range: Range<Int>, origin: Int) {
    Self.taps(column * strideWidth - paddingLeft, filterWidth, dilationWidth, inputWidth)
  }

  private static func taps(_ origin: Int, _ filter: Int, _ dilation: Int, _ size: Int)
    -> (range: Range<Int>, origin: Int)
  {
    let first = origin < 0 ? (dilation - 1 - origin) / dilation : 0
    let end = origin < size ? (size - origin + dilation - 1) / dilation : 0
    let low = min(first, filter)
    return (low..<max(low, min(end, filter)), origin)
  }
}
