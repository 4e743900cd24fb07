package import Bytes

/// An array as NumPy's `.npy` files hold it, in row-major order and little-endian.
///
/// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (versions 1–3).
package struct NumpyArray: Equatable, Sendable {
  package var shape: [Int]
  package var type: ElementType
  /// Little-endian elements, the last dimension fastest.
  package var bytes: [UInt8]

  /// `bytes` must hold exactly the elements of `shape`, and `type` must be one that NumPy has.
  package init(shape: [Int], type: ElementType, bytes: [UInt8]) {
    precondition(Self.descriptors.contains { $0.type == type })
    precondition(bytes.count == shape.reduce(1, *) * (type.size ?? 0))
    self.shape = shape
    self.type = type
    self.bytes = bytes
  }

  private static let descriptors: [(type: ElementType, text: String)] = [
    (.int8, "|i1"), (.uint8, "|u1"), (.bool, "|b1"), (.int16, "<i2"), (.uint16, "<u2"),
    (.int32, "<i4"), (.uint32, "<u4"), (.int64, "<i8"), (.uint64, "<u8"), (.float16, "<f2"),
    (.float32, "<f4"), (.float64, "<f8"),
  ]

  /// Whether NumPy has an element type.
  package static func holds(_ type: ElementType) -> Bool {
    descriptors.contains { $0.type == type }
  }

  /// The elements of whole types; nil for others, and for uint64, which `Int` cannot hold.
  package var integers: [Int]? {
    switch type {
    case .int8: elements(Int8.self).map(Int.init)
    case .uint8, .bool: bytes.map(Int.init)
    case .int16: elements(Int16.self).map(Int.init)
    case .uint16: elements(UInt16.self).map(Int.init)
    case .int32: elements(Int32.self).map(Int.init)
    case .uint32: elements(UInt32.self).map(Int.init)
    case .int64: elements(Int64.self).map(Int.init)
    default: nil
    }
  }

  /// The elements as numbers; nil for types that are not read here (float16, uint64).
  package var reals: [Double]? {
    switch type {
    case .float32: elements(UInt32.self).map { Double(Float(bitPattern: $0)) }
    case .float64: elements(UInt64.self).map(Double.init(bitPattern:))
    default: integers?.map(Double.init)
    }
  }

  private func elements<Element: FixedWidthInteger>(_: Element.Type) -> [Element] {
    let size = Element.bitWidth / 8
    return bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / size).map {
        Element(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * size, as: Element.self))
      }
    }
  }
}

// MARK: Writing

extension NumpyArray {
  /// The array as a `.npy` file of version 1.0, laid out as NumPy itself writes it.
  package func npy() -> [UInt8] {
    let descriptor = Self.descriptors.first { $0.type == type }!.text
    return NumpyHeader.bytes(descriptor: "'\(descriptor)'", shape: shape) + bytes
  }
}

// MARK: Reading

extension NumpyArray {
  /// Reads a `.npy` file. Throws `InputError` with the byte offset of what does not check out.
  package init(npy file: [UInt8], name: String) throws(InputError) {
    do throws(InputError) {
      try self.init(parsing: file)
    } catch {
      throw error.inFile(name)
    }
  }

  private init(parsing file: [UInt8]) throws(InputError) {
    let header = try NumpyHeader(file)
    guard case .plain(let descriptor) = header.elements,
      let type = Self.descriptors.first(where: { $0.text == descriptor })?.type
    else {
      throw InputError(
        at: .byte(header.elementsPlace),
        "expected little-endian numbers such as ‘|i1’ or ‘<f4’, found \(header.elements.title)",
        advice: "save array.astype('<f4')")
    }
    let (shape, start) = (header.shape, header.dataStart)
    let data = file[start...]
    let expected = try Self.byteCount(shape, type, at: file[6] == 1 ? 10 : 12)
    guard data.count == expected else {
      throw InputError(
        at: .byte(start),
        "expected \(expected) bytes for \(shape) of \(type.name), found \(data.count)",
        advice: "is the file truncated?")
    }
    self.init(shape: shape, type: type, bytes: Array(data))
  }

  private static func byteCount(
    _ shape: [Int], _ type: ElementType, at place: Int
  ) throws(InputError) -> Int {
    var count = type.size ?? 0
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else {
        throw InputError(at: .byte(place), "expected a shape that fits in memory, found \(shape)")
      }
      count = product
    }
    return count
  }
}
