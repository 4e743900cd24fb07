/// Means, sums and extremes over some dimensions of an array.
package struct Reduction: Sendable {
  /// For every element of the input, in order, the element of the output that it goes to, as one
  /// offset per position of each dimension.
  private let offsets: [[Int]]
  package let inputCount: Int
  package let outputCount: Int
  /// Elements that go into each result.
  package let reducedCount: Int

  /// - Parameter axes: dimensions of `shape` that vanish, each within its rank.
  package init(shape: [Int], axes: Set<Int>) {
    var offsets: [[Int]] = []
    var stride = 1
    var reduced = 1
    for dimension in shape.indices.reversed() {
      let vanishes = axes.contains(dimension)
      offsets.insert(IndexedCopy.steps(shape[dimension], by: vanishes ? 0 : stride), at: 0)
      if vanishes { reduced *= shape[dimension] } else { stride *= shape[dimension] }
    }
    self.offsets = offsets
    inputCount = shape.reduce(1, *)
    outputCount = stride
    reducedCount = reduced
  }

  /// How sums of int8 become results.
  package enum Scaling: Sendable {
    case doubleRounding(QuantizedMultiplier, inputZeroPoint: Int32, outputZeroPoint: Int32)
    /// The real value, rounded half to even, as ONNX Runtime and XNNPACK average.
    case real(Float, inputZeroPoint: Int32, outputZeroPoint: Int32)
  }

  /// The scaling of a mean or a sum under an arithmetic; nil for scales beyond 32 bits.
  ///
  /// The reference folds a mean's divisor into the multiplier, cut off rather than rounded.
  package func scaling(
    from input: TensorScale, to output: TensorScale, averages: Bool, arithmetic: Arithmetic
  ) -> Scaling? {
    let divisor = Int64(max(reducedCount, 1))
    if arithmetic == .fp32HalfEven {
      let factor = input.scale / output.scale / (averages ? Float(divisor) : 1)
      return .real(factor, inputZeroPoint: input.zeroPoint, outputZeroPoint: output.zeroPoint)
    }
    guard var multiplier = QuantizedMultiplier(Double(input.scale) / Double(output.scale)) else {
      return nil
    }
    if averages {
      let bits = Int32(63 - divisor.leadingZeroBitCount)
      let shift = min(bits, 32, 31 + multiplier.exponent)
      multiplier = QuantizedMultiplier(
        significand: Int32(truncatingIfNeeded: (Int64(multiplier.significand) << shift) / divisor),
        exponent: multiplier.exponent - shift)
    }
    return .doubleRounding(
      multiplier, inputZeroPoint: input.zeroPoint, outputZeroPoint: output.zeroPoint)
  }

  /// - Parameter sums: [outputCount].
  package func run(
    _ input: UnsafePointer<Int8>, to output: UnsafeMutablePointer<Int8>, _ scaling: Scaling,
    sums: UnsafeMutablePointer<Int32>
  ) { scale(input, output, scaling, sums) }

  package func run(
    _ input: UnsafePointer<Int16>, to output: UnsafeMutablePointer<Int16>, _ scaling: Scaling,
    sums: UnsafeMutablePointer<Int32>
  ) { scale(input, output, scaling, sums) }

  @inline(__always)
  private func scale<Element: FixedWidthInteger & SignedInteger>(
    _ input: UnsafePointer<Element>, _ output: UnsafeMutablePointer<Element>, _ scaling: Scaling,
    _ sums: UnsafeMutablePointer<Int32>
  ) {
    sums.update(repeating: 0, count: outputCount)
    accumulate(input, sums) { $0 &+ Int32($1) }
    let count = Int32(truncatingIfNeeded: reducedCount)
    for index in 0..<outputCount {
      switch scaling {
      case .doubleRounding(let multiplier, let inputZeroPoint, let outputZeroPoint):
        let sum = sums[index] &- inputZeroPoint &* count
        output[index] = Element(clamping: multiplier.multiply(sum) &+ outputZeroPoint)
      case .real(let factor, let inputZeroPoint, let outputZeroPoint):
        let real = Float(sums[index] &- inputZeroPoint &* count) * factor
        let steps = max(-1e6, min(1e6, real)).rounded(.toNearestOrEven)
        output[index] = Element(clamping: Int32(steps) &+ outputZeroPoint)
      }
    }
  }

  package func run(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>, averages: Bool
  ) {
    output.update(repeating: 0, count: outputCount)
    accumulate(input, output) { $0 + $1 }
    guard averages else { return }
    for index in 0..<outputCount { output[index] /= Float(reducedCount) }
  }

  package func runExtreme(
    _ input: UnsafePointer<Int8>, to output: UnsafeMutablePointer<Int8>, takesLarger: Bool
  ) {
    output.update(repeating: takesLarger ? .min : .max, count: outputCount)
    accumulate(input, output) { takesLarger ? max($0, $1) : min($0, $1) }
  }

  package func runExtreme(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>, takesLarger: Bool
  ) {
    let least = -Float.greatestFiniteMagnitude
    output.update(repeating: takesLarger ? least : -least, count: outputCount)
    accumulate(input, output) { takesLarger ? max($0, $1) : min($0, $1) }
  }

  @inline(__always)
  private func accumulate<Element, Sum>(
    _ input: UnsafePointer<Element>, _ sums: UnsafeMutablePointer<Sum>,
    _ combine: (Sum, Element) -> Sum
  ) {
    guard inputCount > 0 else { return }
    var source = 0
    eachRow(0, 0) { start in
      guard let inner = offsets.last else {
        sums[0] = combine(sums[0], input[0])
        return
      }
      inner.withUnsafeBufferPointer { inner in
        for index in 0..<inner.count {
          let place = start &+ inner[index]
          sums[place] = combine(sums[place], input[source &+ index])
        }
      }
      source &+= inner.count
    }
  }

  /// Calls `body` with the place of each innermost row, in the input's order.
  private func eachRow(_ depth: Int, _ place: Int, _ body: (Int) -> Void) {
    guard depth < offsets.count - 1 else { return body(place) }
    for offset in offsets[depth] { eachRow(depth + 1, place + offset, body) }
  }
}
