package import Bytes

/// A table of rows of one size, read from any place: an array in a file.
package protocol RowSource: Sendable {
  /// Bytes of one row.
  var rowSize: Int { get }
  var rowCount: Int { get }

  /// Fills `buffer` with the rows of `range`, which lie inside the table.
  mutating func read(
    _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(InputError)
}

/// Bytes that can be read from any place: a part of a file, compressed or not.
protocol ByteStretch: Sendable {
  var byteCount: Int { get }

  /// Fills `buffer` with the bytes from `offset` on. Throws when there are too few.
  mutating func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(InputError)
}

extension ByteStretch {
  mutating func bytes(at offset: Int, count: Int) throws(InputError) -> [UInt8] {
    var failure: InputError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(InputError) {
        try read(
          at: offset,
          into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// Bytes that lie in a file as they are.
struct StoredBytes: ByteStretch {
  private var source: any SeekableSource
  private let start: Int
  let byteCount: Int

  init(_ source: any SeekableSource, _ range: Range<Int>) {
    self.source = source
    start = range.lowerBound
    byteCount = range.count
  }

  mutating func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(InputError) {
    guard offset >= 0, buffer.count <= byteCount - offset else {
      throw InputError(
        at: .byte(start + byteCount), "expected \(buffer.count) more bytes, found the end")
    }
    source.seek(to: start + offset)
    var filled = 0
    while filled < buffer.count {
      let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      guard count > 0 else {
        throw InputError(
          at: .byte(start + offset + filled),
          "expected \(buffer.count - filled) more bytes, found "
            + "the end of the file", advice: "is the file truncated?")
      }
      filled += count
    }
  }
}

/// A DEFLATE stream in a file. Reading on is cheap; going back starts it over.
///
/// Sendable although a library's stream is not: no two copies share one.
struct InflatedBytes: ByteStretch, @unchecked Sendable {
  /// The stream of one copy; a second copy that finds it in use starts its own.
  private final class Running {
    var inflater: any Inflater
    init(_ inflater: any Inflater) { self.inflater = inflater }
  }

  private var stored: StoredBytes
  let byteCount: Int
  /// Where in the file the stream starts, for messages.
  private let place: Int
  private let libraries: any CompressionLibraries
  private var running: Running?
  private var input: [UInt8] = []
  private var inputPosition = 0
  private var inputOffset = 0
  private var position = 0

  init(
    _ stored: StoredBytes, count: Int, place: Int, libraries: any CompressionLibraries
  ) {
    self.stored = stored
    byteCount = count
    self.place = place
    self.libraries = libraries
  }

  mutating func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(InputError) {
    if offset < position || !isKnownUniquelyReferenced(&running) {
      do throws(InputError) { running = Running(try libraries.inflater()) } catch {
        throw error.placed(at: .byte(place))
      }
      (input, inputPosition, inputOffset, position) = ([], 0, 0, 0)
    }
    if position < offset {
      try withUnsafeTemporaryBytes(65_536) { (scratch) throws(InputError) in
        while position < offset {
          let count = min(scratch.count, offset - position)
          try decode(into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<count]))
        }
      }
    }
    try decode(into: buffer)
  }

  private mutating func decode(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) {
    var filled = 0
    while filled < buffer.count {
      if inputPosition == input.count {
        let count = min(65_536, stored.byteCount - inputOffset)
        input = try stored.bytes(at: inputOffset, count: count)
        inputOffset += count
        inputPosition = 0
      }
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let step = input.withUnsafeBytes { bytes in
        running!.inflater.decode(
          UnsafeRawBufferPointer(rebasing: bytes[inputPosition...]), into: target)
      }
      guard let step, step.written > 0 || (step.used > 0 && !step.isEnd) else {
        throw InputError(
          at: .byte(place),
          "expected \(byteCount) bytes of DEFLATE data, found damaged data or an "
            + "early end", advice: "is the file corrupt?")
      }
      inputPosition += step.used
      filled += step.written
      position += step.written
    }
  }
}

/// Scratch memory for a body that throws `InputError`.
func withUnsafeTemporaryBytes(
  _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(InputError) -> Void
) throws(InputError) {
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
  defer { bytes.deallocate() }
  try body(bytes)
}

/// Rows one behind the other in a stretch of bytes.
struct PackedRows: RowSource {
  private var bytes: any ByteStretch
  private let start: Int
  let rowSize: Int
  let rowCount: Int

  init(_ bytes: any ByteStretch, from start: Int, rowSize: Int, rowCount: Int) {
    self.bytes = bytes
    self.start = start
    self.rowSize = rowSize
    self.rowCount = rowCount
  }

  mutating func read(
    _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(InputError) {
    try bytes.read(at: start + range.lowerBound * rowSize, into: buffer)
  }
}
