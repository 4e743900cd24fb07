import Bytes

/// Decodes one node and remembers which names were asked for, so that the others can be refused.
final class ConfigurationDecoder: Decoder {
  let node: ConfigurationNode
  /// Where the node stands, such as `memory[2].size`; empty at the root.
  let path: String
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]
  private var asked: [String] = []
  private var children: [ConfigurationDecoder] = []

  init(_ node: ConfigurationNode, path: String) {
    self.node = node
    self.path = path
  }

  /// Throws only `InputError`.
  static func decode<T: Decodable>(
    _ type: T.Type, from node: ConfigurationNode, path: String
  ) throws -> T {
    do {
      let decoder = ConfigurationDecoder(node, path: path)
      let value = try T(from: decoder)
      try decoder.refuseUnknownNames()
      return value
    } catch var error as InputError {
      if error.place == .nowhere && !path.isEmpty { error.place = .key(path) }
      throw error
    } catch let error as DecodingError {
      throw explain(error, type, node, path)
    }
  }

  /// Errors that Swift's own `init(from:)` throws: only a raw value that names no case of an enum.
  private static func explain<T>(
    _ error: DecodingError, _ type: T.Type, _ node: ConfigurationNode, _ path: String
  ) -> InputError {
    let place: InputError.Place = path.isEmpty ? .line(node.line) : .key(path)
    if let enumeration = type as? any CaseIterable.Type {
      let choices = names(of: enumeration)
      let list = choices.joined(separator: ", ")
      guard case .string(let text) = node.value else {
        return InputError(at: place, "expected one of \(list), found \(node.summary)")
      }
      return InputError(
        at: place, "expected one of \(list), found “\(text)”",
        advice: text.closest(in: choices).map { "did you mean \($0)?" })
    }
    switch error {
    case .dataCorrupted(let context), .keyNotFound(_, let context),
      .typeMismatch(_, let context), .valueNotFound(_, let context):
      return InputError(at: place, context.debugDescription)
    @unknown default: return InputError(at: place, "\(error)")
    }
  }

  private static func names<C: CaseIterable>(of type: C.Type) -> [String] {
    C.allCases.map { choice in
      (choice as? any RawRepresentable)?.rawValue as? String ?? "\(choice)"
    }
  }

  func failure(_ problem: String, advice: String? = nil) -> InputError {
    InputError(at: path.isEmpty ? .line(node.line) : .key(path), problem, advice: advice)
  }

  func ask(_ name: String) {
    if !asked.contains(name) { asked.append(name) }
  }

  /// A name in the file that nobody has asked for and that is nearly the given one.
  func misspelling(of name: String) -> String? {
    guard case .object(let members) = node.value else { return nil }
    return name.closest(in: members.map(\.name).filter { !asked.contains($0) })
  }

  func adopt(_ child: ConfigurationDecoder) -> ConfigurationDecoder {
    children.append(child)
    return child
  }

  private func refuseUnknownNames() throws(InputError) {
    for child in children { try child.refuseUnknownNames() }
    guard !asked.isEmpty, case .object(let members) = node.value else { return }
    for member in members where !asked.contains(member.name) {
      let advice =
        member.name.closest(in: asked).map { "did you mean ‘\($0)’?" }
        ?? "known here: \(asked.joined(separator: ", "))"
      throw InputError(
        at: .key(Self.join(path, member.name)), "expected a known name (line \(member.line))",
        advice: advice)
    }
  }

  static func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object = node.value else {
      throw failure("expected an object { … }, found \(node.summary)")
    }
    return KeyedDecodingContainer(ConfigurationObject<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = node.value else {
      throw failure("expected an array [ … ], found \(node.summary)")
    }
    return ConfigurationArray(decoder: self, elements: elements)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    ConfigurationScalar(decoder: self)
  }
}

/// The members of an object, by name.
private struct ConfigurationObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: ConfigurationDecoder
  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] {
    guard case .object(let members) = decoder.node.value else { return [] }
    return members.compactMap { Key(stringValue: $0.name) }
  }

  func contains(_ key: Key) -> Bool {
    decoder.ask(key.stringValue)
    return decoder.node.member(key.stringValue) != nil
  }

  private func child(_ key: Key) throws -> ConfigurationDecoder {
    decoder.ask(key.stringValue)
    let path = ConfigurationDecoder.join(decoder.path, key.stringValue)
    guard let node = decoder.node.member(key.stringValue) else {
      throw InputError(
        at: .key(path),
        "expected a value, found none (the object begins on line \(decoder.node.line))",
        advice: decoder.misspelling(of: key.stringValue).map { "is ‘\($0)’ meant to be it?" })
    }
    return ConfigurationDecoder(node, path: path)
  }

  func decodeNil(forKey key: Key) throws -> Bool {
    guard case .null = try child(key).node.value else { return false }
    return true
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    let child = try child(key)
    return try ConfigurationDecoder.decode(type, from: child.node, path: child.path)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try decoder.adopt(child(key)).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder.adopt(child(key)).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { decoder }

  func superDecoder(forKey key: Key) throws -> any Decoder { try decoder.adopt(child(key)) }
}

/// The elements of an array, in order.
private struct ConfigurationArray: UnkeyedDecodingContainer {
  let decoder: ConfigurationDecoder
  let elements: [ConfigurationNode]
  var currentIndex = 0

  var codingPath: [any CodingKey] { [] }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  private func child() throws -> ConfigurationDecoder {
    guard !isAtEnd else {
      throw decoder.failure(
        "expected more than \(elements.count) elements, found no element \(currentIndex)")
    }
    return ConfigurationDecoder(elements[currentIndex], path: "\(decoder.path)[\(currentIndex)]")
  }

  mutating func decodeNil() throws -> Bool {
    guard case .null = try child().node.value else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let child = try child()
    let value = try ConfigurationDecoder.decode(type, from: child.node, path: child.path)
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    let container = try decoder.adopt(child()).container(keyedBy: type)
    currentIndex += 1
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try decoder.adopt(child()).unkeyedContainer()
    currentIndex += 1
    return container
  }

  mutating func superDecoder() throws -> any Decoder { try decoder.adopt(child()) }
}

/// A number, a string, true, false or null.
private struct ConfigurationScalar: SingleValueDecodingContainer {
  let decoder: ConfigurationDecoder
  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool {
    guard case .null = decoder.node.value else { return false }
    return true
  }

  private func mismatch(_ expectation: String) -> InputError {
    decoder.failure("expected \(expectation), found \(decoder.node.summary)")
  }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let value) = decoder.node.value else { throw mismatch("true or false") }
    return value
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .string(let value) = decoder.node.value else { throw mismatch("a string") }
    return value
  }

  func decode(_ type: Double.Type) throws -> Double {
    guard case .number(let text) = decoder.node.value,
      let number = ConfigurationParser.Number(text), number.double.isFinite
    else { throw mismatch("a number") }
    return number.double
  }

  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }

  private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    guard case .number(let text) = decoder.node.value,
      let whole = ConfigurationParser.Number(text)?.integer
    else { throw mismatch("a whole number") }
    guard let value = T(exactly: whole) else {
      throw mismatch("a whole number from \(T.min) to \(T.max)")
    }
    return value
  }

  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try ConfigurationDecoder.decode(type, from: decoder.node, path: decoder.path)
  }
}
