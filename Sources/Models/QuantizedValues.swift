package import Bytes

extension Quantization {
  /// The nearest element for a real number, halves away from zero, clamped to the type's range.
  ///
  /// Divides in float32, as the reference runtimes do. Uses the pair of slice `channel`.
  package func quantized(_ real: Float, as type: ElementType, channel: Int = 0) -> Int {
    let range = type.range ?? 0...0
    let scaled = (real / scales[channel]).rounded(.toNearestOrAwayFromZero)
    let shifted = Double(scaled) + Double(zeroPoints[channel])
    return Int(min(Double(range.upperBound), max(Double(range.lowerBound), shifted)))
  }

  /// The real number that an element stands for.
  package func real(_ element: Int, channel: Int = 0) -> Float {
    scales[channel] * Float(element - zeroPoints[channel])
  }
}

extension Tensor {
  /// The bytes that feed this tensor with an array; `wasQuantized` when real numbers were turned
  /// into the tensor's own integers.
  ///
  /// Throws when shapes (but for dimensions of 1) or types do not fit, or a real number is no number.
  package func bytes(
    from array: NumpyArray
  ) throws(InputError) -> (bytes: [UInt8], wasQuantized: Bool) {
    guard array.shape.filter({ $0 != 1 }) == shape.filter({ $0 != 1 }) else {
      throw InputError(
        at: .nowhere, "expected shape \(shape) for input ‘\(name)’, found \(array.shape)")
    }
    if array.type == type { return (array.bytes, false) }
    guard array.type == .float32 || array.type == .float64, let reals = array.reals else {
      throw InputError(
        at: .nowhere,
        "expected \(type.name) or float32 for input ‘\(name)’, found \(array.type.name)")
    }
    if let index = reals.firstIndex(where: { !$0.isFinite }) {
      throw InputError(
        at: .nowhere,
        "expected finite numbers for input ‘\(name)’, found \(reals[index]) at \(index)"
      )
    }
    if type == .float32 {
      return (reals.flatMap { littleEndian(Float($0).bitPattern) }, false)
    }
    guard let quantization, !quantization.isPerChannel, type.range != nil, let size = type.size
    else {
      throw InputError(
        at: .nowhere, "expected \(type.name) for input ‘\(name)’, found \(array.type.name)")
    }
    let bytes = reals.flatMap { real in
      littleEndian(quantization.quantized(Float(real), as: type)).prefix(size)
    }
    return (bytes, true)
  }

  /// The bytes of a tensor whose every element stands for the real number 0.
  package var zeros: [UInt8] {
    let zeroPoint = quantization?.isPerChannel == false ? quantization?.zeroPoints[0] ?? 0 : 0
    guard zeroPoint != 0, let size = type.size else {
      return [UInt8](repeating: 0, count: byteCount)
    }
    return [[UInt8]](repeating: Array(littleEndian(zeroPoint).prefix(size)), count: elementCount)
      .flatMap { $0 }
  }

  /// The real numbers that the bytes of a run stand for, and the integers they are stored as when
  /// the tensor is quantized or whole; nil for types that are not numbers.
  package func readings(of bytes: [UInt8]) -> (reals: [Double], integers: [Int]?)? {
    guard NumpyArray.holds(type) else { return nil }
    let array = NumpyArray(shape: shape, type: type, bytes: bytes)
    guard let integers = array.integers else { return array.reals.map { ($0, nil) } }
    guard let quantization, !quantization.isPerChannel else {
      return (integers.map(Double.init), integers)
    }
    return (integers.map { Double(quantization.real($0)) }, integers)
  }
}

private func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value(8 * $0)) }
}
