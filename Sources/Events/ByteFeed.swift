import Bytes

/// A sliding window over a `ByteSource`: what is not used yet stays, so records may straddle reads.
struct ByteFeed {
  /// Small enough to stay in a core's second-level cache while it is decoded.
  private static let chunkSize = 256 * 1024

  private var source: any ByteSource
  private var buffer = [UInt8](repeating: 0, count: chunkSize)
  private var start = 0
  private var end = 0
  /// Offset in the file of the first unused byte.
  private(set) var offset = 0
  /// True once the source has nothing more.
  private(set) var isExhausted = false

  init(_ source: some ByteSource) { self.source = source }

  /// Unused bytes at hand.
  var count: Int { end - start }

  subscript(index: Int) -> UInt8 { buffer[start + index] }

  mutating func consume(_ count: Int) {
    precondition(count <= end - start)
    start += count
    offset += count
  }

  /// The source, when it can be read from any place.
  var seekable: (any SeekableSource)? { source as? any SeekableSource }

  /// Goes on at another place of the source; false when it cannot.
  mutating func seek(to offset: Int) -> Bool {
    guard var seekable = source as? any SeekableSource, (0...seekable.size).contains(offset) else {
      return false
    }
    seekable.seek(to: offset)
    source = seekable
    (start, end) = (0, 0)
    self.offset = offset
    isExhausted = false
    return true
  }

  /// Reads once more, behind what is at hand; grows the buffer when that fills it.
  mutating func fill() throws(InputError) {
    if isExhausted { return }
    if start > 0 {
      buffer.withUnsafeMutableBytes { bytes in
        bytes.baseAddress!.copyMemory(from: bytes.baseAddress! + start, byteCount: end - start)
      }
      end -= start
      start = 0
    }
    if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
    var failure: InputError?
    var count = 0
    buffer.withUnsafeMutableBytes { bytes in
      do throws(InputError) {
        count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    end += count
    isExhausted = count == 0
  }

  /// Reads until `count` bytes are at hand or the source ends.
  mutating func fill(atLeast wanted: Int) throws(InputError) {
    while count < wanted && !isExhausted { try fill() }
  }

  func prefix(_ length: Int) -> [UInt8] { Array(buffer[start..<min(end, start + length)]) }

  func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws(InputError) -> R) throws(InputError)
    -> R
  {
    var result: Result<R, InputError>?
    buffer.withUnsafeBytes { bytes in
      let unused = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      do throws(InputError) { result = .success(try body(unused)) } catch {
        result = .failure(error)
      }
    }
    return try result!.get()
  }

  /// Takes a line without its `\n` or `\r\n`; nil when none ends within `limit` bytes.
  mutating func line(limit: Int = 65_536) throws(InputError) -> String? {
    var searched = 0
    while true {
      if let length = buffer[(start + searched)..<end].firstIndex(of: 0x0A).map({ $0 - start }) {
        guard length <= limit else { return nil }
        var text = buffer[start..<(start + length)]
        if text.last == 0x0D { text.removeLast() }
        let line = String(decoding: text, as: UTF8.self)
        consume(length + 1)
        return line
      }
      searched = count
      guard searched <= limit, !isExhausted else { return nil }
      try fill()
    }
  }
}
