/// How a filter slides over an image: sizes in elements, positions in pixels.
package struct Window: Equatable, Sendable {
  package var inputHeight: Int
  package var inputWidth: Int
  package var filterHeight: Int
  package var filterWidth: Int
  package var strideHeight: Int
  package var strideWidth: Int
  package var dilationHeight: Int
  package var dilationWidth: Int
  /// Rows above and columns left of the image that the first position covers.
  package var paddingTop: Int
  package var paddingLeft: Int
  package var outputHeight: Int
  package var outputWidth: Int

  /// Rows that all positions together cover, from the first padded one.
  package var coveredHeight: Int {
    (outputHeight - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1
  }

  /// Columns that all positions together cover, from the first padded one.
  package var coveredWidth: Int {
    (outputWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1
  }

  package init(
    input: (height: Int, width: Int), filter: (height: Int, width: Int),
    stride: (height: Int, width: Int) = (1, 1), dilation: (height: Int, width: Int) = (1, 1),
    padding: (top: Int, left: Int) = (0, 0), output: (height: Int, width: Int)
  ) {
    inputHeight = input.height
    inputWidth = input.width
    filterHeight = filter.height
    filterWidth = filter.width
    strideHeight = stride.height
    strideWidth = stride.width
    dilationHeight = dilation.height
    dilationWidth = dilation.width
    paddingTop = padding.top
    paddingLeft = padding.left
    outputHeight = output.height
    outputWidth = output.width
  }
}

/// The part of an image that a window covers, widened to 16 bits, with its padding filled in.
///
/// With the padding in place no kernel tests for borders, and with 16-bit elements two products
/// and their sum are one instruction on the processors of interest.
package struct PaddedPlane: Sendable {
  package let window: Window
  /// Of the image.
  package let channels: Int
  /// Each input channel this many times in a row: a depthwise filter's multiplier.
  package let repeats: Int
  /// Elements from a pixel to the next: at least `channels × repeats`.
  package let pixelStride: Int
  /// What padding holds: the input's zero point.
  package let padding: Int16

  package var rowStride: Int { window.coveredWidth * pixelStride }

  /// Elements, with room for a kernel that reads eight beyond the last pixel.
  package var count: Int { window.coveredHeight * rowStride + 8 }

  package init(
    window: Window, channels: Int, repeats: Int = 1, pixelStride: Int, padding: Int16
  ) {
    self.window = window
    self.channels = channels
    self.repeats = repeats
    self.pixelStride = pixelStride
    self.padding = padding
  }

  /// Where the window's position (row, column) starts.
  @inline(__always)
  func origin(row: Int, column: Int) -> Int {
    row &* window.strideHeight &* rowStride &+ column &* window.strideWidth &* pixelStride
  }

  /// Copies `image` [inputHeight, inputWidth, channels] into `plane` [count].
  package func fill(_ plane: UnsafeMutablePointer<Int16>, from image: UnsafePointer<Int8>) {
    let firstColumn = min(window.paddingLeft, window.coveredWidth)
    let columns = min(window.inputWidth, window.coveredWidth - firstColumn)
    for row in 0..<window.coveredHeight {
      let target = plane + row * rowStride
      let source = row - window.paddingTop
      guard source >= 0, source < window.inputHeight else {
        target.update(repeating: padding, count: rowStride)
        continue
      }
      let before = firstColumn * pixelStride
      let inside = columns * pixelStride
      target.update(repeating: padding, count: before)
      widen(image + source * window.inputWidth * channels, pixels: columns, to: target + before)
      (target + before + inside).update(repeating: padding, count: rowStride - before - inside)
    }
  }

  private func widen(
    _ source: UnsafePointer<Int8>, pixels: Int, to target: UnsafeMutablePointer<Int16>
  ) {
    if pixelStride == channels {
      for index in 0..<pixels &* channels { target[index] = Int16(source[index]) }
      return
    }
    for pixel in 0..<pixels {
      let from = source + pixel &* channels
      let to = target + pixel &* pixelStride
      if repeats == 1 {
        for channel in 0..<channels { to[channel] = Int16(from[channel]) }
      } else {
        for channel in 0..<channels &* repeats { to[channel] = Int16(from[channel / repeats]) }
      }
    }
  }
}
