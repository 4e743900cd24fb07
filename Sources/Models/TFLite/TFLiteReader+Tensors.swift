import Bytes

extension TFLiteReader {
  /// No tensor of a device that this tool knows comes near; products of dimensions stay far from
  /// overflow in whatever is computed from them.
  private static let largestTensor = Int(Int32.max)

  /// The reference kernels stop at 6.
  private static let mostDimensions = 8

  mutating func tensor(_ table: Flatbuffer.Table) throws(InputError) -> Tensor {
    let name = try file.string(3, of: table, "a tensor’s name")
    let typeNumber = try file.int8(1, of: table)
    guard let type = ElementType(rawValue: typeNumber) else {
      throw InputError(
        at: .byte(table.position),
        "expected an element type of 0 to \(ElementType.allCases.count - 1) for tensor ‘\(name)’, found \(typeNumber)"
      )
    }
    var tensor = Tensor(
      name: name, shape: try shape(table, name, type), type: type,
      isVariable: try file.bool(5, of: table))
    if let sparsity = try file.table(6, of: table, "a tensor’s sparsity") {
      throw InputError(
        at: .byte(sparsity.position), "expected a dense tensor ‘\(name)’, found a sparse one",
        advice: "convert the model without sparsity")
    }
    guard try file.uint32(10, of: table) == 0 else {
      throw InputError(
        at: .byte(table.position),
        "expected the data of tensor ‘\(name)’ in this file, found a reference to another",
        advice: "convert the model with its weights inside")
    }
    if let parameters = try file.table(4, of: table, "a tensor’s quantization") {
      tensor.quantization = try quantization(parameters, tensor)
    }
    tensor.constant = try constant(table, tensor)
    return tensor
  }

  private mutating func shape(
    _ table: Flatbuffer.Table, _ name: String, _ type: ElementType
  ) throws(InputError) -> [Int] {
    let shape = try file.int32s(0, of: table, "a tensor’s shape")
    guard shape.count <= Self.mostDimensions else {
      throw InputError(
        at: .byte(table.position),
        "expected at most \(Self.mostDimensions) dimensions for tensor ‘\(name)’, found \(shape.count)"
      )
    }
    // A dimension of 0 counts as 1 here, so that no partial product can overflow either.
    var elements = 1
    for dimension in shape {
      guard dimension >= 0 else {
        throw InputError(
          at: .byte(table.position),
          "expected dimensions of 0 or more for tensor ‘\(name)’, found \(shape)",
          advice: "convert the model with a fixed input shape")
      }
      elements = elements.multipliedReportingOverflow(by: max(1, dimension)).partialValue
      guard elements <= Self.largestTensor / max(1, type.size ?? 1) else {
        throw InputError(
          at: .byte(table.position),
          "expected tensor ‘\(name)’ to be smaller than 2 GiB, found shape \(shape) of \(type.name)"
        )
      }
    }
    return shape
  }

  // MARK: Quantization

  private mutating func quantization(
    _ table: Flatbuffer.Table, _ tensor: Tensor
  ) throws(InputError) -> Quantization? {
    guard try file.uint8(4, of: table) == 0 else {
      throw InputError(
        at: .byte(table.position),
        "expected one scale per tensor or channel for ‘\(tensor.name)’, found blockwise or custom quantization"
      )
    }
    let scales = try file.floats(2, of: table, "the scales of ‘\(tensor.name)’")
    let zeroPoints = try file.int64s(3, of: table, "the zero points of ‘\(tensor.name)’")
    guard scales.count == zeroPoints.count else {
      throw InputError(
        at: .byte(table.position),
        "expected as many zero points as scales for ‘\(tensor.name)’, found \(zeroPoints.count) and \(scales.count)"
      )
    }
    if scales.isEmpty { return nil }
    for scale in scales where !(scale > 0 && scale.isFinite) {
      throw InputError(
        at: .byte(table.position),
        "expected positive scales for ‘\(tensor.name)’, found \(scale)")
    }
    if let range = tensor.type.range {
      for zeroPoint in zeroPoints where !range.contains(zeroPoint) {
        throw InputError(
          at: .byte(table.position),
          "expected zero points of ‘\(tensor.name)’ within \(tensor.type.name), found \(zeroPoint)")
      }
    }
    var axis = 0
    if scales.count > 1 {
      axis = try quantizedAxis(table, tensor, count: scales.count)
    }
    return Quantization(scales: scales, zeroPoints: zeroPoints, axis: axis)
  }

  private func quantizedAxis(
    _ table: Flatbuffer.Table, _ tensor: Tensor, count: Int
  ) throws(InputError) -> Int {
    let axis = try file.int32(6, of: table)
    let shape = tensor.shape
    if shape.indices.contains(axis), shape[axis] == count { return axis }
    // Converters before 2020 gave a depthwise bias its filter's axis, 3; it has only one.
    if shape == [count], axis == 3 { return 0 }
    throw InputError(
      at: .byte(table.position),
      "expected one scale per slice along dimension \(axis) of ‘\(tensor.name)’ with shape \(shape), found \(count)"
    )
  }

  // MARK: Constants

  private mutating func constant(
    _ table: Flatbuffer.Table, _ tensor: Tensor
  ) throws(InputError) -> ArraySlice<UInt8>? {
    let index = try file.uint32(2, of: table)
    guard index < max(1, buffers.count) else {
      throw InputError(
        at: .byte(table.position),
        "expected one of \(buffers.count) buffers for tensor ‘\(tensor.name)’, found number \(index)"
      )
    }
    // Buffer 0 is empty by convention: the tensor is computed at run time.
    guard index > 0, !buffers[index].isEmpty else { return nil }
    let data = buffers[index]
    guard !tensor.isVariable else {
      throw InputError(
        at: .byte(table.position),
        "expected variable tensor ‘\(tensor.name)’ to start empty, found constant data")
    }
    // Strings carry their own lengths; every other type has a size.
    guard tensor.type == .string || data.count == tensor.byteCount else {
      throw InputError(
        at: .byte(data.startIndex),
        "expected \(tensor.byteCount) bytes for tensor ‘\(tensor.name)’ (\(tensor.type.name) \(tensor.shape)), found \(data.count)"
      )
    }
    return data
  }
}
