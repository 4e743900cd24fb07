package import Bytes

/// JSON5 files of boards, runtimes, scenarios and model cards, decoded into `Decodable` values.
///
/// Nothing in a file is ignored: a name that the type does not ask for is an error that says which
/// name was probably meant. A failure names the file and the place in it:
///
///     stm32h743zi.json5: memory[2].size: expected a size such as 128KiB, found “128kib”; …
package enum ConfigurationFile {
  /// - Parameter file: The name that messages start with.
  /// - Throws: `InputError` with a line where the syntax is wrong, with a key path where a value is.
  package static func decode<T: Decodable>(
    _ type: T.Type, bytes: [UInt8], file: String
  ) throws(InputError) -> T {
    do {
      let root = try ConfigurationParser.parse(bytes)
      return try ConfigurationDecoder.decode(type, from: root, path: "")
    } catch let error as InputError {
      throw error.inFile(file)
    } catch {
      throw InputError(file: file, at: .nowhere, "\(error)")
    }
  }
}
