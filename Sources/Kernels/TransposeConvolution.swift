/// A transposed convolution: every input pixel adds its filter's footprint to the output.
package struct TransposeConvolution<Sum: Accumulator>: Sendable {
  /// Input and output as the equivalent forward convolution from output to input sees them:
  /// `window.input…` is this operator's output.
  private let window: Window
  private let channels: Int
  private let outputChannels: Int
  /// [outputChannels, filterHeight, filterWidth, channels]
  private let weights: [Sum.Weight]
  /// [outputChannels]
  private let bias: [Sum]
  /// [outputChannels, filterHeight, filterWidth]: what each footprint adds beyond the plain
  /// product, which takes the input's zero point out.
  private let corrections: [Sum]

  private var sumCount: Int { window.inputHeight * window.inputWidth * outputChannels }

  /// For the sums of one output image, and for those of one pixel rounded up to whole fours, which
  /// is how many sums an 8-bit requantizer overwrites.
  package var scratchBytes: Int {
    (sumCount + (outputChannels + 3) / 4 * 4) * MemoryLayout<Sum>.stride
  }

  /// - Parameters:
  ///   - window: over the output; its positions are the input's pixels. No dilation.
  ///   - weights: [outputChannels, filterHeight, filterWidth, channels].
  ///   - bias: [outputChannels].
  ///   - corrections: [outputChannels, filterHeight, filterWidth], or empty for none.
  package init(
    window: Window, channels: Int, weights: [Sum.Weight], bias: [Sum], corrections: [Sum]
  ) {
    self.window = window
    self.channels = channels
    outputChannels = bias.count
    self.weights = weights
    self.bias = bias
    let taps = bias.count * window.filterHeight * window.filterWidth
    self.corrections =
      corrections.isEmpty ? Array(repeating: Sum.none, count: taps) : corrections
  }

  @inline(__always)
  private func accumulate(
    _ image: UnsafePointer<Sum.Activation>, _ sums: UnsafeMutablePointer<Sum>
  ) {
    for index in 0..<window.inputHeight * window.inputWidth {
      for channel in 0..<outputChannels {
        sums[index * outputChannels + channel] = bias[channel]
      }
    }
    weights.withUnsafeBufferPointer { weights in
      corrections.withUnsafeBufferPointer { corrections in
        guard let weights = weights.baseAddress else { return }
        for pixel in 0..<window.outputHeight * window.outputWidth {
          let (row, column) = pixel.quotientAndRemainder(dividingBy: window.outputWidth)
          let (rows, top) = window.taps(row: row)
          let (columns, left) = window.taps(column: column)
          let source = image + pixel &* channels
          for y in rows {
            for x in columns {
              let place = (top &+ y) &* window.inputWidth &+ left &+ x
              let target = sums + place &* outputChannels
              for channel in 0..<outputChannels {
                let tap = (channel &* window.filterHeight &+ y) &* window.filterWidth &+ x
                let sum = Sum.dot(source, weights + tap &* channels, channels)
                target[channel] = target[channel].adding(sum).adding(corrections[tap])
              }
            }
          }
        }
      }
    }
  }
}

extension TransposeConvolution where Sum == Int32 {
  /// - Parameters:
  ///   - image: the input's [height, width, channels].
  ///   - output: the output's [height, width, outputChannels].
  ///   - sums: `scratchBytes`.
  package func run(
    _ image: UnsafePointer<Int8>, to output: UnsafeMutablePointer<Int8>,
    _ requantizer: Requantizer, sums: UnsafeMutablePointer<Int32>
  ) {
    accumulate(image, sums)
    // The requantizer works on whole fours: in place it would spoil the next pixel's sums.
    let pixelSums = sums + sumCount
    for pixel in 0..<window.inputHeight * window.inputWidth {
      let start = pixel * outputChannels
      pixelSums.update(from: sums + start, count: outputChannels)
      requantizer.apply(pixelSums, count: outputChannels, to: output + start)
    }
  }
}

extension TransposeConvolution where Sum == Int64 {
  /// - Parameters:
  ///   - image: the input's [height, width, channels].
  ///   - output: the output's [height, width, outputChannels].
  ///   - sums: `scratchBytes`.
  package func run(
    _ image: UnsafePointer<Int16>, to output: UnsafeMutablePointer<Int16>,
    _ requantizer: WideRequantizer, sums: UnsafeMutablePointer<Int64>
  ) {
    accumulate(image, sums)
    for pixel in 0..<window.inputHeight * window.inputWidth {
      let start = pixel * outputChannels
      requantizer.apply(
        sums + start, count: outputChannels, firstChannel: 0, to: output + start)
    }
  }
}

extension TransposeConvolution where Sum == Float {
  /// - Parameters:
  ///   - image: the input's [height, width, channels].
  ///   - output: the output's [height, width, outputChannels].
  ///   - sums: `scratchBytes`.
  package func run(
    _ image: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>,
    _ range: ClosedRange<Float>, sums: UnsafeMutablePointer<Float>
  ) {
    accumulate(image, sums)
    for index in 0..<sumCount {
      output[index] = max(range.lowerBound, min(range.upperBound, sums[index]))
    }
  }
}

extension TransposeConvolution where Sum == Int32 {
  /// −zero point × Σ weights of each footprint, for an input whose zero point is not 0.
  ///
  /// - Parameter weights: [outputChannels, filterHeight, filterWidth, channels].
  package static func corrections(_ weights: [Int16], channels: Int, inputZeroPoint: Int32)
    -> [Int32]
  {
    stride(from: 0, to: weights.count, by: channels).map { start in
      let footprint = weights[start..<start + channels]
      return 0 &- inputZeroPoint &* footprint.reduce(Int32(0)) { $0 &+ Int32($1) }
    }
  }
}
