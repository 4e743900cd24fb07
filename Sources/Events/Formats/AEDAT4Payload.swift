import Bytes

/// What a packet of AEDAT 4 holds, decompressed as the header says.
struct AEDAT4Payload: Sendable {
  /// Bytes that one packet may hold once decompressed: 16 million events.
  static let most = 1 << 28

  private let compression: AEDAT4Header.Compression
  private let zstandard: (any Zstandard)?
  /// The packet at hand, kept to reuse its memory: as many bytes as `fill` said, and perhaps old ones.
  private(set) var bytes: [UInt8] = []

  /// Throws `InputError` when the compression needs a library that is missing.
  init(_ header: AEDAT4Header, libraries: any CompressionLibraries) throws(InputError) {
    compression = header.compression
    switch compression {
    case .zstandard, .zstandardHigh:
      do throws(InputError) { zstandard = try libraries.zstandard() } catch {
        throw error.placed(at: .byte(header.compressionPlace))
      }
    case .none, .lz4, .lz4High: zstandard = nil
    }
  }

  /// Fills `bytes` and returns how many of them are the packet's; nil for damaged data.
  mutating func fill(_ packet: UnsafeRawBufferPointer) -> Int? {
    switch compression {
    case .none:
      if bytes.count < packet.count {
        bytes.append(contentsOf: repeatElement(0, count: packet.count - bytes.count))
      }
      bytes.withUnsafeMutableBytes { $0.copyMemory(from: packet) }
      return packet.count
    case .lz4, .lz4High:
      return try? LZ4Frame.decode(packet, limit: Self.most, into: &bytes)
    case .zstandard, .zstandardHigh:
      return zstandard?.decode(packet, limit: Self.most, into: &bytes)
    }
  }
}
