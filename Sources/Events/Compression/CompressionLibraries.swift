package import Bytes

/// Compressions that libraries of the system do. `Commands` opens those libraries, and only when a
/// recording needs one.
package protocol CompressionLibraries: Sendable {
  /// Throws `InputError` with what to install when the library is missing.
  func zstandard() throws(InputError) -> any Zstandard
  /// A decoder of one raw DEFLATE stream. Throws as `zstandard` does.
  func inflater() throws(InputError) -> any Inflater
}

/// Zstandard frames, each decoded or encoded in one call.
package protocol Zstandard: Sendable {
  /// Decodes every frame in `bytes` to the start of `output`, which grows as needed, and returns how
  /// many bytes that gave; nil when they are damaged or give more than `limit`.
  func decode(_ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]) -> Int?
  /// - Parameter level: 1 for speed to 19 for size.
  func encode(_ bytes: [UInt8], level: Int) -> [UInt8]
}

/// One DEFLATE stream, decoded piece by piece.
package protocol Inflater {
  /// Decodes from the start of `input` to the start of `output` until either runs out or the stream
  /// ends; nil when the stream is damaged.
  mutating func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (used: Int, written: Int, isEnd: Bool)?
}

/// For callers that offer no libraries: what needs one says so.
package struct NoLibraries: CompressionLibraries {
  package init() {}

  package func zstandard() throws(InputError) -> any Zstandard { throw Self.missing("Zstandard") }
  package func inflater() throws(InputError) -> any Inflater { throw Self.missing("DEFLATE") }

  private static func missing(_ what: String) -> InputError {
    InputError(at: .nowhere, "expected no \(what) compression, as no library for it is at hand")
  }
}
