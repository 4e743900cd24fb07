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

  /// This object with the members of `base` that it lacks; objects within it likewise.
  func merged(over base: ConfigurationNode) -> ConfigurationNode {
    guard case .object(var members) = value, case .object(let others) = base.value else {
      return self
    }
    for other in others {
      if let index = members.firstIndex(where: { $0.name == other.name }) {
        members[index].value = members[index].value.merged(over: other.value)
      } else {
        members.append(other)
      }
    }
    return ConfigurationNode(line: line, value: .object(members))
  }

  /// The line of a path such as `memory[2].size`, or of the last part of it that exists.
  func line(ofKey path: String) -> Int {
    var node = self
    var line = line
    for part in path.split(whereSeparator: { $0 == "." || $0 == "[" }) {
      if part.hasSuffix("]"), case .array(let elements) = node.value {
        guard let index = Int(part.dropLast()), elements.indices.contains(index) else { break }
        node = elements[index]
        line = node.line
      } else {
        guard case .object(let members) = node.value,
          let member = members.first(where: { $0.name == part })
        else { break }
        node = member.value
        line = member.line
      }
    }
    return line
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
