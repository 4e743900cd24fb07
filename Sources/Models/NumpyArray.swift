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
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The array as a `.npy` file of version 1.0, laid out as NumPy itself writes it.
  package func npy() -> [UInt8] {
    let descriptor = Self.descriptors.first { $0.type == type }!.text
    let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header =
      "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(dimensions)), }"
    // The elements start at a multiple of 64 bytes; the header ends in a line feed.
    let unpadded = Self.magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    return Self.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8) + bytes
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
    guard file.starts(with: Self.magic) else {
      throw InputError(
        at: .byte(0), "expected the bytes “\\x93NUMPY”, found others",
        advice: "is this a .npy file?")
    }
    guard file.count > 8, (1...3).contains(file[6]) else {
      throw InputError(at: .byte(6), "expected format version 1, 2 or 3")
    }
    let lengthSize = file[6] == 1 ? 2 : 4
    let start = 8 + lengthSize
    guard file.count >= start else {
      throw InputError(
        at: .byte(8), "expected the length of the header, found the end of the file",
        advice: "is the file truncated?")
    }
    let length = file[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= file.count - start else {
      throw InputError(
        at: .byte(8), "expected a header of \(length) bytes, found the end of the file",
        advice: "is the file truncated?")
    }
    var header = HeaderParser(file[start..<start + length])
    let (type, shape) = try header.parse()
    let data = file[(start + length)...]
    let expected = try Self.byteCount(shape, type, at: start)
    guard data.count == expected else {
      throw InputError(
        at: .byte(start + length),
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

  static func type(for descriptor: String) -> ElementType? {
    descriptors.first { $0.text == descriptor }?.type
  }
}

/// The header of a `.npy` file: a Python dictionary of three known keys.
private struct HeaderParser {
  private let text: ArraySlice<UInt8>
  private var position: Int

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    position = text.startIndex
  }

  mutating func parse() throws(InputError) -> (type: ElementType, shape: [Int]) {
    var type: ElementType?
    var shape: [Int]?
    var isRowMajor = false
    try expect("{")
    while !skip("}") {
      let place = position
      let key = try string()
      try expect(":")
      switch key {
      case "descr": type = try descriptor()
      case "fortran_order": isRowMajor = try rowMajor()
      case "shape": shape = try tuple()
      default:
        throw InputError(
          at: .byte(place), "expected ‘descr’, ‘fortran_order’ or ‘shape’, found ‘\(key)’")
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    guard let type, let shape, isRowMajor else {
      throw InputError(
        at: .byte(text.startIndex), "expected ‘descr’, ‘fortran_order’ and ‘shape’, found fewer")
    }
    return (type, shape)
  }

  private mutating func descriptor() throws(InputError) -> ElementType {
    skipBlanks()
    let place = position
    let text = try string()
    guard let type = NumpyArray.type(for: text) else {
      throw InputError(
        at: .byte(place), "expected little-endian numbers such as ‘|i1’ or ‘<f4’, found ‘\(text)’",
        advice: "save array.astype('<f4')")
    }
    return type
  }

  private mutating func rowMajor() throws(InputError) -> Bool {
    skipBlanks()
    let place = position
    if skip("False") { return true }
    if skip("True") {
      throw InputError(
        at: .byte(place), "expected row-major order, found Fortran order",
        advice: "save numpy.ascontiguousarray(array)")
    }
    throw InputError(at: .byte(place), "expected True or False")
  }

  private mutating func tuple() throws(InputError) -> [Int] {
    var values: [Int] = []
    try expect("(")
    while !skip(")") {
      values.append(try number())
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func number() throws(InputError) -> Int {
    skipBlanks()
    let start = position
    while position < text.endIndex, (48...57).contains(text[position]) { position += 1 }
    guard let value = Int(String(decoding: text[start..<position], as: UTF8.self)) else {
      throw InputError(at: .byte(start), "expected a dimension")
    }
    return value
  }

  private mutating func string() throws(InputError) -> String {
    skipBlanks()
    let start = position
    guard position < text.endIndex, text[position] == 39 || text[position] == 34 else {
      throw InputError(at: .byte(start), "expected a quoted word")
    }
    let quote = text[position]
    guard let end = text[(position + 1)...].firstIndex(of: quote) else {
      throw InputError(at: .byte(start), "expected a closing quote")
    }
    position = end + 1
    return String(decoding: text[(start + 1)..<end], as: UTF8.self)
  }

  private mutating func expect(_ word: String) throws(InputError) {
    guard skip(word) else { throw InputError(at: .byte(position), "expected ‘\(word)’") }
  }

  private mutating func skip(_ word: String) -> Bool {
    skipBlanks()
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func skipBlanks() {
    while position < text.endIndex, text[position] == 32 || text[position] == 10 { position += 1 }
  }
}
