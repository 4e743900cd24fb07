/// An int8 depthwise convolution: each channel under its own filter, eight channels at a time.
package struct DepthwiseConvolution: Sendable {
  private static let block = 8

  package let outputChannels: Int
  /// From a window's origin in the plane, one per filter element.
  private let taps: [Int]
  /// [blocks, taps, 8]; zero beyond the real channels.
  private let weights: [Int16]
  /// [blocks × 8], the input's zero point folded in.
  private let bias: [Int32]
  private let requantizer: Requantizer
  private let plane: PaddedPlane

  private var blocks: Int { plane.pixelStride / Self.block }

  /// 16-bit elements for the padded plane, which come first, and 32-bit sums, which follow.
  package var scratchBytes: Int { planeBytes + blocks * Self.block * 4 }
  private var planeBytes: Int { (plane.count * 2 + 63) / 64 * 64 }

  /// - Parameters:
  ///   - multiplier: output channels per input channel.
  ///   - weights: [filterHeight, filterWidth, channels × multiplier].
  ///   - bias: [channels × multiplier].
  package init(
    window: Window, channels: Int, multiplier: Int, weights: [Int16], bias: [Int32],
    inputZeroPoint: Int16, requantizer: Requantizer
  ) {
    let outputChannels = channels * multiplier
    let padded = (outputChannels + Self.block - 1) / Self.block * Self.block
    let plane = PaddedPlane(
      window: window, channels: channels, repeats: multiplier, pixelStride: padded,
      padding: inputZeroPoint)
    self.plane = plane
    self.outputChannels = outputChannels
    self.requantizer = requantizer
    var taps: [Int] = []
    for y in 0..<window.filterHeight {
      for x in 0..<window.filterWidth {
        taps.append(
          y * window.dilationHeight * plane.rowStride + x * window.dilationWidth * padded)
      }
    }
    self.taps = taps
    var arranged = [Int16](repeating: 0, count: padded * taps.count)
    var folded = bias + Array(repeating: 0, count: padded - outputChannels)
    for tap in taps.indices {
      for channel in 0..<outputChannels {
        let weight = weights[tap * outputChannels + channel]
        let block = channel / Self.block
        arranged[(block * taps.count + tap) * Self.block + channel % Self.block] = weight
        folded[channel] = folded[channel] &- Int32(inputZeroPoint) &* Int32(weight)
      }
    }
    self.weights = arranged
    self.bias = folded
  }

  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, outputChannels].
  ///   - scratch: `scratchBytes`, aligned for 32-bit elements.
  package func run(
    _ image: UnsafePointer<Int8>, to output: UnsafeMutablePointer<Int8>,
    scratch: UnsafeMutableRawPointer
  ) {
    let pixels = scratch.assumingMemoryBound(to: Int16.self)
    let sums = (scratch + planeBytes).assumingMemoryBound(to: Int32.self)
    plane.fill(pixels, from: image)
    weights.withUnsafeBufferPointer { weights in
      bias.withUnsafeBufferPointer { bias in
        taps.withUnsafeBufferPointer { taps in
          guard let weights = weights.baseAddress, let bias = bias.baseAddress else { return }
          var target = output
          for row in 0..<plane.window.outputHeight {
            for column in 0..<plane.window.outputWidth {
              accumulate(
                pixels + plane.origin(row: row, column: column), weights, bias, taps, sums)
              requantizer.apply(sums, count: outputChannels, to: target)
              target += outputChannels
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private func accumulate(
    _ origin: UnsafePointer<Int16>, _ weights: UnsafePointer<Int16>, _ bias: UnsafePointer<Int32>,
    _ taps: UnsafeBufferPointer<Int>, _ sums: UnsafeMutablePointer<Int32>
  ) {
    var weights = UnsafeRawPointer(weights)
    for block in 0..<blocks {
      let start = block &* Self.block
      var sum = UnsafeRawPointer(bias + start).loadUnaligned(as: SIMD8<Int32>.self)
      for tap in taps {
        let pixel = UnsafeRawPointer(origin + (tap &+ start)).loadUnaligned(as: SIMD8<Int16>.self)
        let weight = weights.loadUnaligned(as: SIMD8<Int16>.self)
        sum =
          sum
          &+ SIMD8<Int32>(truncatingIfNeeded: pixel) &* SIMD8<Int32>(truncatingIfNeeded: weight)
        weights += 16
      }
      UnsafeMutableRawPointer(sums + start).storeBytes(of: sum, as: SIMD8<Int32>.self)
    }
  }
}
