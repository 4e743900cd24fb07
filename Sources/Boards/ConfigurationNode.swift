/// One value of a JSON5 document, with the line on which it begins.
struct ConfigurationNode {
  enum Value {
    case null
    case bool(Bool)
    /// As written: what it means depends on the type that it is decoded to.
    case number(String)
    case string(String)
    case array([ConfigurationNode])
    /// In the order of the file; names are unique.
    case object([Member])
  }

  struct Member {
    var name: String
    var line: Int
    var value: ConfigurationNode
  }

  var line: Int
  var value: Value

  func member(_ name: String) -> ConfigurationNode? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// For “expected …, found …”.
  var summary: String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let text): text
    case .string(let text): text.count > 40 ? "“\(text.prefix(40))…”" : "“\(text)”"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
