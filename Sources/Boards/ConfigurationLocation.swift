package import Bytes

extension ConfigurationFile {
  /// An error about a key, told with the key's line: `line 12: incidents[2].at: expected …`.
  ///
  /// Errors that are about no key, or about a document that cannot be parsed, stay as they are.
  package static func located(_ error: InputError, in bytes: [UInt8]) -> InputError {
    guard case .key(let path) = error.place, let root = try? ConfigurationParser.parse(bytes),
      let line = root.line(of: path)
    else { return error }
    var located = error
    located.place = .line(line)
    located.problem = "\(path): \(error.problem)"
    return located
  }
}

extension ConfigurationNode {
  /// The line of a path such as `memory[2].size`, or of the last part of it that exists.
  fileprivate func line(of path: String) -> Int? {
    var node = self
    var line = self.line
    for part in path.split(whereSeparator: { $0 == "." || $0 == "[" }) {
      if part.last == "]" {
        guard case .array(let elements) = node.value, let index = Int(part.dropLast()),
          elements.indices.contains(index)
        else { return line }
        node = elements[index]
        line = node.line
      } else {
        guard case .object(let members) = node.value,
          let member = members.first(where: { $0.name == part })
        else { return line }
        node = member.value
        line = member.line
      }
    }
    return line
  }
}
