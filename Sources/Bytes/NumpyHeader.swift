/// The header of a `.npy` file: what its elements are, the array's shape, and where the data start.
///
/// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (versions 1–3).
package struct NumpyHeader: Equatable, Sendable {
  package static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Real headers have some hundred bytes; the longest that is read.
  package static let maximumLength = 1 << 20

  /// A named member of a structured element.
  package struct Field: Equatable, Sendable {
    /// Empty for padding.
    package var name: String
    /// Such as `<u2`.
    package var descriptor: String
    /// Bytes from the start of the element.
    package var offset: Int
    package var size: Int
  }

  package enum Elements: Equatable, Sendable {
    /// Single numbers, by NumPy's descriptor, such as `<f4`.
    case plain(String)
    /// Structures of fields, and the bytes of one.
    case record([Field], size: Int)

    package var title: String {
      switch self {
      case .plain(let descriptor): "‘\(descriptor)’"
      case .record(let fields, _): "structures of \(fields.map(\.name).joined(separator: ", "))"
      }
    }
  }

  package var elements: Elements
  /// Where in the file the elements are described.
  package var elementsPlace: Int
  package var shape: [Int]
  /// Offset of the first element.
  package var dataStart: Int

  /// How long the header is, from its first 12 bytes, which is what the shortest file has.
  package static func length(_ start: [UInt8]) throws(InputError) -> Int {
    guard start.starts(with: magic) else {
      throw InputError(
        at: .byte(0), "expected the bytes “\\x93NUMPY”, found others",
        advice: "is this a .npy file?")
    }
    guard start.count > 8, (1...3).contains(start[6]) else {
      throw InputError(at: .byte(6), "expected format version 1, 2 or 3")
    }
    let textStart = start[6] == 1 ? 10 : 12
    guard start.count >= textStart else {
      throw InputError(
        at: .byte(8), "expected the length of the header, found the end of the file",
        advice: "is the file truncated?")
    }
    let length = start[8..<textStart].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= maximumLength else {
      throw InputError(
        at: .byte(8), "expected a header of at most \(maximumLength) bytes, found \(length)")
    }
    return textStart + length
  }

  /// - Parameter file: The file, or as much of its start as `length` says.
  package init(_ file: [UInt8]) throws(InputError) {
    let end = try Self.length(Array(file.prefix(12)))
    let start = file[6] == 1 ? 10 : 12
    guard end <= file.count else {
      throw InputError(
        at: .byte(8), "expected a header of \(end - start) bytes, found the end of the file",
        advice: "is the file truncated?")
    }
    var parser = Parser(file[start..<end])
    (elements, elementsPlace, shape) = try parser.parse()
    dataStart = end
  }
}

/// A Python dictionary of three known keys.
private struct Parser {
  private let text: ArraySlice<UInt8>
  private var position: Int

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    position = text.startIndex
  }

  mutating func parse() throws(InputError) -> (NumpyHeader.Elements, Int, [Int]) {
    var elements: (NumpyHeader.Elements, Int)?
    var shape: [Int]?
    var isRowMajor = false
    try expect("{")
    while !skip("}") {
      let place = position
      let key = try string()
      try expect(":")
      switch key {
      case "descr":
        skipBlanks()
        let place = position
        elements = (try descriptor(), place)
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
    guard let elements, let shape, isRowMajor else {
      throw InputError(
        at: .byte(text.startIndex), "expected ‘descr’, ‘fortran_order’ and ‘shape’, found fewer")
    }
    return (elements.0, elements.1, shape)
  }

  private mutating func descriptor() throws(InputError) -> NumpyHeader.Elements {
    guard skip("[") else { return .plain(try string()) }
    var fields: [NumpyHeader.Field] = []
    var size = 0
    while !skip("]") {
      try expect("(")
      let name = try string()
      try expect(",")
      skipBlanks()
      let place = position
      let descriptor = try string()
      // Byte order, kind and size; sizes beyond a few bytes are only padding.
      guard let bytes = Int(descriptor.dropFirst(2)), (1...4096).contains(bytes), skip(")") else {
        throw InputError(
          at: .byte(place), "expected a number such as ‘<u2’, found ‘\(descriptor)’")
      }
      fields.append(
        NumpyHeader.Field(name: name, descriptor: descriptor, offset: size, size: bytes))
      size += bytes
      if !skip(",") {
        try expect("]")
        break
      }
    }
    return .record(fields, size: size)
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

// MARK: Writing

extension NumpyHeader {
  /// The header of a file of version 1.0, laid out as NumPy itself writes it.
  ///
  /// - Parameter descriptor: Python text: a quoted type, or a list of named ones.
  package static func bytes(descriptor: String, shape: [Int]) -> [UInt8] {
    let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': \(descriptor), 'fortran_order': False, 'shape': (\(dimensions)), }"
    // The elements start at a multiple of 64 bytes; the header ends in a line feed.
    let unpadded = magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
  }
}
