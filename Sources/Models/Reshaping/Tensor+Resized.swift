extension Tensor {
  /// The constant in another shape of the same rank: what fits is kept, and repeated where the new
  /// shape is larger, so that the values stay typical of the layer.
  func resized(to newShape: [Int]) -> Tensor {
    var tensor = self
    tensor.shape = newShape
    if let quantization, quantization.isPerChannel, quantization.axis < newShape.count {
      let count = newShape[quantization.axis]
      tensor.quantization = Quantization(
        scales: (0..<count).map { quantization.scales[$0 % quantization.scales.count] },
        zeroPoints: quantization.zeroPoints.count > 1
          ? (0..<count).map { quantization.zeroPoints[$0 % quantization.zeroPoints.count] }
          : quantization.zeroPoints,
        axis: quantization.axis)
    }
    guard let constant, let size = type.size, !constant.isEmpty else {
      // Packed types: only the number of bytes matters.
      tensor.constant = constant.map { _ in [UInt8](repeating: 0, count: tensor.byteCount)[...] }
      return tensor
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tensor.byteCount)
    constant.withUnsafeBytes { source in
      Self.append(source, shape, newShape, axis: 0, offset: 0, size, to: &bytes)
    }
    tensor.constant = bytes[...]
    return tensor
  }

  /// Appends one slice of the new shape; `offset` is the old slice's first element.
  private static func append(
    _ source: UnsafeRawBufferPointer, _ old: [Int], _ new: [Int], axis: Int, offset: Int,
    _ size: Int, to bytes: inout [UInt8]
  ) {
    guard axis < old.count else {
      bytes.append(contentsOf: source[offset * size..<(offset + 1) * size])
      return
    }
    guard old[axis] > 0 else { return }
    if axis == old.count - 1 {
      var rest = new[axis]
      while rest > 0 {
        let count = min(rest, old[axis])
        bytes.append(contentsOf: source[offset * size..<(offset + count) * size])
        rest -= count
      }
      return
    }
    var stride = 1
    for later in old[(axis + 1)...] { stride *= later }
    for index in 0..<new[axis] {
      append(
        source, old, new, axis: axis + 1, offset: offset + index % old[axis] * stride, size,
        to: &bytes)
    }
  }
}
