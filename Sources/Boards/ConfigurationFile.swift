package import Bytes

/// JSON5 files of boards, runtimes, scenarios and model cards, decoded into `Decodable` values.
///
/// Nothing in a file is ignored: a name that the type does not ask for is an error that says which
/// name was probably meant. A failure names the file and the place in it:
///
///     stm32h743zi.json5: memory[2].size: expected a size such as 128KiB, found “128kib”; …
package enum ConfigurationFile {
  /// - Parameters:
  ///   - base: A file whose values hold where `bytes` states none; objects are merged member by
  ///     member, anything else is replaced.
  ///   - file: The name that messages start with.
  /// - Throws: `InputError` with a line where the syntax is wrong, with a key path where a value is.
  package static func decode<T: Decodable>(
    _ type: T.Type, bytes: [UInt8], over base: [UInt8]? = nil, file: String
  ) throws(InputError) -> T {
    do {
      var root = try ConfigurationParser.parse(bytes)
      if let base { root = root.merged(over: try ConfigurationParser.parse(base)) }
      return try ConfigurationDecoder.decode(type, from: root, path: "")
    } catch let error as InputError {
      throw error.inFile(file)
    } catch {
      throw InputError(file: file, at: .nowhere, "\(error)")
    }
  }

  /// The string that the outermost object has under a name, if it has one.
  package static func string(named name: String, in bytes: [UInt8]) throws(InputError) -> String? {
    guard case .string(let text) = try ConfigurationParser.parse(bytes).member(name)?.value else {
      return nil
    }
    return text
  }

  /// Whether the outermost object has a name.
  package static func has(_ name: String, in bytes: [UInt8]) -> Bool {
    guard let root = try? ConfigurationParser.parse(bytes) else { return false }
    return root.member(name) != nil
  }

  /// The same error with the line of its key in front of it, or that of the nearest value around it.
  package static func withLine(_ error: InputError, in bytes: [UInt8]) -> InputError {
    guard case .key(let path) = error.place, let root = try? ConfigurationParser.parse(bytes) else {
      return error
    }
    var located = error
    located.place = .line(root.line(ofKey: path))
    located.problem = "\(path): \(error.problem)"
    return located
  }
}
