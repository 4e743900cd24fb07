extension Tensor {
  /// Elements of a constant int8 tensor; nil for another type or a tensor computed at run time.
  package var int8Values: [Int8]? { type == .int8 ? littleEndian() : nil }

  /// As `int8Values`, for uint8.
  package var uint8Values: [UInt8]? { type == .uint8 ? constant.map(Array.init) : nil }

  /// As `int8Values`, for int16.
  package var int16Values: [Int16]? { type == .int16 ? littleEndian() : nil }

  /// As `int8Values`, for int32.
  package var int32Values: [Int32]? { type == .int32 ? littleEndian() : nil }

  /// As `int8Values`, for int64.
  package var int64Values: [Int64]? { type == .int64 ? littleEndian() : nil }

  /// As `int8Values`, for float32.
  package var floatValues: [Float]? {
    guard type == .float32, let bits: [UInt32] = littleEndian() else { return nil }
    return bits.map(Float.init(bitPattern:))
  }

  /// Elements of a constant of any whole type of 8 bits and more, as `Int`.
  package var integerValues: [Int]? {
    switch type {
    case .int8: int8Values?.map(Int.init)
    case .uint8: uint8Values?.map(Int.init)
    case .int16: int16Values?.map(Int.init)
    case .int32: int32Values?.map(Int.init)
    case .int64: int64Values?.map(Int.init)
    default: nil
    }
  }

  /// Assembled byte by byte: a constant may start at any byte of its file.
  private func littleEndian<Element: FixedWidthInteger>() -> [Element]? {
    guard let constant else { return nil }
    let size = Element.bitWidth / 8
    return constant.withUnsafeBytes { bytes in
      (0..<bytes.count / size).map { index in
        Element(
          littleEndian: bytes.loadUnaligned(fromByteOffset: index * size, as: Element.self))
      }
    }
  }
}
