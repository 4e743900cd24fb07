/// Bilinear resizing of images [height, width, channels].
package struct BilinearResize: Sendable {
  /// Where one row or column of the output lies between two of the input.
  private struct Place: Sendable {
    var lower: Int
    var upper: Int
    /// Distance from `lower` in 1/1024; may be negative or above 1024 at the borders.
    var fixed: Int64
    /// Distance from `lower`.
    var real: Float
  }

  private let rows: [Place]
  private let columns: [Place]
  private let inputWidth: Int
  private let channels: Int

  /// All sizes are above 0 and below 2²⁰.
  package init(
    from input: (height: Int, width: Int), to output: (height: Int, width: Int), channels: Int,
    alignsCorners: Bool, halfPixelCenters: Bool
  ) {
    rows = Self.places(input.height, output.height, alignsCorners, halfPixelCenters)
    columns = Self.places(input.width, output.width, alignsCorners, halfPixelCenters)
    inputWidth = input.width
    self.channels = channels
  }

  private static func places(
    _ input: Int, _ output: Int, _ alignsCorners: Bool, _ halfPixelCenters: Bool
  ) -> [Place] {
    let aligned = alignsCorners && output > 1
    let (from, to) = aligned ? (input - 1, output - 1) : (input, output)
    let step = (1024 * from + to / 2) / to
    let scale = Float(from) / Float(to)
    return (0..<output).map { index in
      let fixed = halfPixelCenters ? index * step + step / 2 - 512 : index * step
      let real = halfPixelCenters ? (Float(index) + 0.5) * scale - 0.5 : Float(index) * scale
      // The float and the integer kernel may choose different neighbours; the integer one decides
      // here, and the float distance is taken from it.
      let lower = max(fixed / 1024, 0)
      let bounded = min(lower, input - 1)
      return Place(
        lower: bounded, upper: max(0, min((fixed + 1023) / 1024, input - 1)),
        fixed: Int64(fixed - 1024 * lower), real: real - Float(lower))
    }
  }

  /// Weights of ten bits, rounded half away from zero at the end.
  ///
  /// - Parameters:
  ///   - image: [inputHeight, inputWidth, channels].
  ///   - output: [outputHeight, outputWidth, channels].
  package func run(_ image: UnsafePointer<Int8>, to output: UnsafeMutablePointer<Int8>) {
    eachPixel { row, column, target in
      let (y, x) = (row.fixed, column.fixed)
      let weights = ((1024 - y) * (1024 - x), y * (1024 - x), (1024 - y) * x, y * x)
      for channel in 0..<channels {
        let corners = corners(image, row, column, channel)
        let sum =
          Int64(corners.0) &* weights.0 &+ Int64(corners.1) &* weights.1
          &+ Int64(corners.2) &* weights.2 &+ Int64(corners.3) &* weights.3
        let rounded = (sum > 0 ? sum &+ (1 << 19) : sum &- (1 << 19)) / (1 << 20)
        output[target &+ channel] = Int8(truncatingIfNeeded: rounded)
      }
    }
  }

  package func run(_ image: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) {
    eachPixel { row, column, target in
      let (y, x) = (row.real, column.real)
      for channel in 0..<channels {
        let corners = corners(image, row, column, channel)
        output[target &+ channel] =
          corners.0 * (1 - y) * (1 - x) + corners.1 * y * (1 - x) + corners.2 * (1 - y) * x
          + corners.3 * y * x
      }
    }
  }

  @inline(__always)
  private func eachPixel(_ body: (Place, Place, Int) -> Void) {
    var target = 0
    for row in rows {
      for column in columns {
        body(row, column, target)
        target &+= channels
      }
    }
  }

  /// Upper left, lower left, upper right, lower right.
  @inline(__always)
  private func corners<Element>(
    _ image: UnsafePointer<Element>, _ row: Place, _ column: Place, _ channel: Int
  ) -> (Element, Element, Element, Element) {
    let upper = row.lower &* inputWidth
    let lower = row.upper &* inputWidth
    return (
      image[(upper &+ column.lower) &* channels &+ channel],
      image[(lower &+ column.lower) &* channels &+ channel],
      image[(upper &+ column.upper) &* channels &+ channel],
      image[(lower &+ column.upper) &* channels &+ channel]
    )
  }
}
