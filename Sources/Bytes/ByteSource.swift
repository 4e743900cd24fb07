/// A stream of bytes, read front to back: a file in `Commands`, an array in tests.
package protocol ByteSource {
  /// Fills the start of `buffer` and returns how many bytes that were; 0 at the end.
  ///
  /// May return fewer than asked for before the end. Throws when the medium fails.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int
}

/// Bytes already in memory, handed out in pieces of at most `pieceSize`.
package struct MemorySource: ByteSource, Sendable {
  private let bytes: [UInt8]
  private let pieceSize: Int
  private var position = 0

  package init(_ bytes: [UInt8], pieceSize: Int = .max) {
    precondition(pieceSize > 0)
    self.bytes = bytes
    self.pieceSize = pieceSize
  }

  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    let count = min(buffer.count, pieceSize, bytes.count - position)
    guard count > 0 else { return 0 }
    bytes.withUnsafeBytes { source in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[position..<position + count]))
    }
    position += count
    return count
  }
}
