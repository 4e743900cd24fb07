/// A JSON document whose members keep the order in which they were written.
package indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Written with the given number of decimals, so that output does not depend on printing rules.
  case decimal(Double, places: Int)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Equatable, Sendable {
    package var key: String
    package var value: JSONValue
    package init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

extension JSONValue {
  /// Two spaces a level, one member a line, ends without a newline.
  package var text: String {
    var out = ""
    write(to: &out, indent: 0)
    return out
  }

  private func write(to out: inout String, indent: Int) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .decimal(let value, let places): out += value.isFinite ? value.fixed(places) : "null"
    case .string(let value): Self.write(value, to: &out)
    case .array(let values):
      Self.writeList(values.map { (nil, $0) }, open: "[", close: "]", to: &out, indent: indent)
    case .object(let members):
      Self.writeList(
        members.map { ($0.key, $0.value) }, open: "{", close: "}", to: &out, indent: indent)
    }
  }

  private static func writeList(
    _ items: [(String?, JSONValue)], open: String, close: String, to out: inout String, indent: Int
  ) {
    guard !items.isEmpty else {
      out += open + close
      return
    }
    let margin = String(repeating: " ", count: indent + 2)
    out += open + "\n"
    for (index, (key, value)) in items.enumerated() {
      out += margin
      if let key {
        write(key, to: &out)
        out += ": "
      }
      value.write(to: &out, indent: indent + 2)
      out += index + 1 < items.count ? ",\n" : "\n"
    }
    out += String(repeating: " ", count: indent) + close
  }

  private static func write(_ string: String, to out: inout String) {
    out += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case let control where control.value < 0x20:
        let digits = String(control.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
