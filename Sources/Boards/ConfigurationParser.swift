import Bytes

/// Reads JSON5 (spec.json5.org): comments, names without quotes, trailing commas, hexadecimal.
///
/// Written here and not left to `JSONDecoder` so that every value keeps its line and a repeated
/// name is an error. Throws `InputError` with the line; nesting is limited, nothing recurses far.
struct ConfigurationParser {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var depth = 0

  /// Deeper documents are a mistake, or an attack on the stack.
  private static let maximumDepth = 64

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) throws(InputError) -> ConfigurationNode {
    var parser = ConfigurationParser(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
    try parser.skipBlanks()
    let root = try parser.readValue()
    try parser.skipBlanks()
    guard parser.peek == nil else { throw parser.failure("expected the end of the file") }
    return root
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func peek(_ ahead: Int) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private func failure(_ expectation: String) -> InputError {
    InputError(at: .line(line), "\(expectation), found \(found)")
  }

  private var found: String {
    guard let byte = peek else { return "the end of the file" }
    guard byte >= 0x20 && byte < 0x7F else { return "byte 0x\(String(byte, radix: 16))" }
    return "‘\(Character(Unicode.Scalar(byte)))’"
  }

  private mutating func advance() {
    let byte = bytes[position]
    position += 1
    if byte == UInt8(ascii: "\n") { line += 1 }
    if byte == UInt8(ascii: "\r") && peek != UInt8(ascii: "\n") { line += 1 }
  }

  private mutating func skipBlanks() throws(InputError) {
    while let byte = peek {
      switch byte {
      case 0x09...0x0D, 0x20: advance()
      case 0xC2 where peek(1) == 0xA0: position += 2
      case UInt8(ascii: "/"): try skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() throws(InputError) {
    let start = line
    switch peek(1) {
    case UInt8(ascii: "/"):
      while let byte = peek, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { advance() }
    case UInt8(ascii: "*"):
      position += 2
      while peek != UInt8(ascii: "*") || peek(1) != UInt8(ascii: "/") {
        guard peek != nil else {
          throw InputError(at: .line(start), "expected */ at the end of this comment")
        }
        advance()
      }
      position += 2
    default: throw failure("expected a value or a comment")
    }
  }

  private mutating func readValue() throws(InputError) -> ConfigurationNode {
    let start = line
    guard let byte = peek else { throw failure("expected a value") }
    switch byte {
    case UInt8(ascii: "{"): return ConfigurationNode(line: start, value: try readObject())
    case UInt8(ascii: "["): return ConfigurationNode(line: start, value: try readArray())
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      return ConfigurationNode(line: start, value: .string(try readString()))
    default: return ConfigurationNode(line: start, value: try readBareWord())
    }
  }

  private mutating func enter() throws(InputError) {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw InputError(at: .line(line), "expected at most \(Self.maximumDepth) nested levels")
    }
    advance()
    try skipBlanks()
  }

  private mutating func readArray() throws(InputError) -> ConfigurationNode.Value {
    try enter()
    var elements: [ConfigurationNode] = []
    while peek != UInt8(ascii: "]") {
      elements.append(try readValue())
      try readComma(before: UInt8(ascii: "]"))
    }
    advance()
    depth -= 1
    return .array(elements)
  }

  private mutating func readObject() throws(InputError) -> ConfigurationNode.Value {
    try enter()
    var members: [ConfigurationNode.Member] = []
    var names: Set<String> = []
    while peek != UInt8(ascii: "}") {
      let start = line
      let name = try readName()
      guard names.insert(name).inserted else {
        throw InputError(at: .line(start), "expected each name once, found ‘\(name)’ again")
      }
      try skipBlanks()
      guard peek == UInt8(ascii: ":") else { throw failure("expected : after ‘\(name)’") }
      advance()
      try skipBlanks()
      members.append(
        ConfigurationNode.Member(name: name, line: start, value: try readValue()))
      try readComma(before: UInt8(ascii: "}"))
    }
    advance()
    depth -= 1
    return .object(members)
  }

  private mutating func readComma(before end: UInt8) throws(InputError) {
    try skipBlanks()
    if peek == UInt8(ascii: ",") {
      advance()
      try skipBlanks()
    } else if peek != end {
      throw failure("expected , or \(Character(Unicode.Scalar(end)))")
    }
  }

  private mutating func readName() throws(InputError) -> String {
    if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") { return try readString() }
    let word = takeWord()
    guard let first = word.utf8.first, !Self.isDigit(first) else {
      throw failure("expected a name")
    }
    return word
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
  }

  /// Letters, digits, _ and $; names in other scripts need quotes.
  private mutating func takeWord(including extra: [UInt8] = []) -> String {
    let start = position
    while let byte = peek,
      Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "$") || extra.contains(byte)
    {
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func readBareWord() throws(InputError) -> ConfigurationNode.Value {
    let start = position
    let word = takeWord(including: [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")])
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default:
      guard !word.isEmpty, Number(word) != nil else {
        position = start
        guard word.utf8.first.map(Self.isLetter) == true else { throw failure("expected a value") }
        throw InputError(
          at: .line(line), "expected a value, found ‘\(word)’", advice: "put words in quotes")
      }
      return .number(word)
    }
  }

  private mutating func readString() throws(InputError) -> String {
    let start = line
    let quote = bytes[position]
    position += 1
    var text: [UInt8] = []
    while let byte = peek, byte != quote {
      switch byte {
      case UInt8(ascii: "\\"): try readEscape(into: &text)
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        throw InputError(at: .line(start), "expected the closing quote on the same line")
      default:
        text.append(byte)
        position += 1
      }
    }
    guard peek == quote else {
      throw InputError(at: .line(start), "expected the closing quote, found the end of the file")
    }
    position += 1
    guard let string = String(validating: text, as: UTF8.self) else {
      throw InputError(at: .line(start), "expected text in UTF-8, found other bytes")
    }
    // Texts end up on terminals, which obey control characters.
    guard !string.unicodeScalars.contains(where: Self.isControl) else {
      throw InputError(at: .line(start), "expected text without control characters")
    }
    return string
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(InputError) {
    position += 1
    guard let byte = peek else { throw failure("expected a character after \\") }
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "v"): text.append(0x0B)
    case UInt8(ascii: "0") where !(peek(1).map(Self.isDigit) ?? false): text.append(0)
    case UInt8(ascii: "u"): return try readUnicodeEscape(into: &text)
    case UInt8(ascii: "x"):
      position += 1
      let scalar = try readHexadecimal(digits: 2)
      text.append(contentsOf: String(Character(Unicode.Scalar(UInt8(scalar)))).utf8)
      return
    case UInt8(ascii: "\n"): break
    case UInt8(ascii: "\r"):
      if peek(1) == UInt8(ascii: "\n") { advance() }
    case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "0"):
      throw failure("expected an escape that JSON5 knows")
    default: text.append(byte)
    }
    advance()
  }

  private mutating func readUnicodeEscape(into text: inout [UInt8]) throws(InputError) {
    position += 1
    var value = try readHexadecimal(digits: 4)
    if (0xD800..<0xDC00).contains(value), peek == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "u") {
      position += 2
      let low = try readHexadecimal(digits: 4)
      guard (0xDC00..<0xE000).contains(low) else {
        throw InputError(at: .line(line), "expected the second half of a surrogate pair")
      }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw InputError(at: .line(line), "expected a Unicode scalar, found half a surrogate pair")
    }
    text.append(contentsOf: String(Character(scalar)).utf8)
  }

  private mutating func readHexadecimal(digits: Int) throws(InputError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected \(digits) hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}

extension ConfigurationParser {
  /// A JSON5 number: a sign, then decimal, hexadecimal, Infinity or NaN.
  struct Number {
    /// Exact, when it is whole and fits; 1e3 is whole.
    var integer: Int?
    var double: Double

    init?(_ text: String) {
      var digits = text[...]
      let isNegative = digits.first == "-"
      if isNegative || digits.first == "+" { digits = digits.dropFirst() }
      if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
        guard digits.dropFirst(2).first?.isHexDigit == true,
          let magnitude = UInt64(digits.dropFirst(2), radix: 16)
        else { return nil }
        integer = Int(exactly: magnitude).map { isNegative ? -$0 : $0 }
        double = isNegative ? -Double(magnitude) : Double(magnitude)
        return
      }
      if digits == "Infinity" || digits == "NaN" {
        integer = nil
        double = digits == "NaN" ? .nan : isNegative ? -.infinity : .infinity
        return
      }
      guard Self.isDecimal(digits), let value = Double(Self.canonical(digits)) else { return nil }
      double = isNegative ? -value : value
      if digits.allSatisfy(\.isASCIIDigit) {
        integer = Int(text.first == "+" ? text.dropFirst() : text[...])
      } else {
        integer = Int(exactly: double)
      }
    }

    /// Digits with at most one point and an exponent, and a digit somewhere before the exponent.
    private static func isDecimal(_ text: Substring) -> Bool {
      let parts = text.split(
        maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == "e" || $0 == "E" })
      let mantissa = parts[0].filter { $0 != "." }
      guard parts[0].count - mantissa.count <= 1, !mantissa.isEmpty,
        mantissa.allSatisfy(\.isASCIIDigit)
      else { return false }
      guard parts.count == 2 else { return true }
      var exponent = parts[1]
      if exponent.first == "+" || exponent.first == "-" { exponent = exponent.dropFirst() }
      return !exponent.isEmpty && exponent.allSatisfy(\.isASCIIDigit)
    }

    /// JSON5 allows “.5” and “5.”, which Swift's own parser may not.
    private static func canonical(_ text: Substring) -> String {
      let parts = text.split(
        maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == "e" || $0 == "E" })
      var mantissa = String(parts[0])
      if mantissa.hasPrefix(".") { mantissa = "0" + mantissa }
      if mantissa.hasSuffix(".") { mantissa += "0" }
      return parts.count == 2 ? "\(mantissa)e\(parts[1])" : mantissa
    }
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
