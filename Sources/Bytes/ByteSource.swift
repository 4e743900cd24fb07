/// A stream of bytes, read front to back: a file in `Commands`, an array in tests.
package protocol ByteSource {
  /// Fills the start of `buffer` and returns how many bytes that were; 0 at the end.
  ///
  /// May return fewer than asked for before the end. Throws when the medium fails.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int
}

/// A source that can go on from any place: a regular file, bytes in memory.
///
/// A copy keeps a place of its own, so that several parts of a file can be read side by side.
package protocol SeekableSource: ByteSource, Sendable {
  /// Bytes in all.
  var size: Int { get }
  /// Reading goes on `offset` bytes from the start; beyond the end there is nothing.
  mutating func seek(to offset: Int)
}

/// Bytes already in memory, handed out in pieces of at most `pieceSize`.
package struct MemorySource: SeekableSource, Sendable {
  private let bytes: [UInt8]
  private let pieceSize: Int
  private var position = 0

  package init(_ bytes: [UInt8], pieceSize: Int = .max) {
    precondition(pieceSize > 0)
    self.bytes = bytes
    self.pieceSize = pieceSize
  }

  package var size: Int { bytes.count }

  package mutating func seek(to offset: Int) { position = min(max(0, offset), bytes.count) }

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
