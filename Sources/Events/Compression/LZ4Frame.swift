import Bytes

/// Decodes and encodes LZ4 frames: blocks of at most 64 KiB to 4 MiB, which may refer to those before.
///
/// Source: LZ4 frame format description, https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md.
/// Checksums are passed over, as cameras' recordings have none.
enum LZ4Frame {
  private static let magic = UInt32(0x184D_2204)
  private static let endMark = UInt32(0)
  private static let rawBlock = UInt32(1) << 31

  /// Decodes every frame in `bytes` to the start of `output` and returns how many bytes that gave.
  ///
  /// `output` grows by what is decoded, never by what is claimed. Throws `InputError` with offsets
  /// from the start of `bytes` when they are damaged or give more than `limit` bytes.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]
  ) throws(InputError) -> Int {
    var position = 0
    var count = 0
    while position < bytes.count {
      let word = try uint32(bytes, position)
      if word & 0xFFFF_FFF0 == 0x184D_2A50 {
        let size = Int(try uint32(bytes, position + 4))
        guard size <= bytes.count - position - 8 else { throw damaged(position + 4) }
        position += 8 + size
        continue
      }
      guard word == magic else {
        throw InputError(
          at: .byte(position), "expected an LZ4 frame, found 0x\(String(word, radix: 16))")
      }
      let descriptor = try Descriptor(bytes, position + 4)
      position += 4 + descriptor.size
      count = try decodeBlocks(bytes, &position, descriptor, limit, from: count, &output)
    }
    return count
  }

  private struct Descriptor {
    var size: Int
    var blockSize: Int
    var hasBlockChecksums: Bool
    var hasContentChecksum: Bool

    init(_ bytes: UnsafeRawBufferPointer, _ start: Int) throws(InputError) {
      guard bytes.count - start >= 3 else { throw damaged(start) }
      let (flags, block) = (bytes[start], bytes[start + 1])
      guard flags >> 6 == 1 else {
        throw InputError(at: .byte(start), "expected LZ4 frame version 1, found \(flags >> 6)")
      }
      guard flags & 1 == 0 else {
        throw InputError(
          at: .byte(start), "expected an LZ4 frame by itself, found one that needs a dictionary")
      }
      hasBlockChecksums = flags & 0x10 != 0
      hasContentChecksum = flags & 4 != 0
      let code = Int(block >> 4)
      guard (4...7).contains(code) else {
        throw InputError(
          at: .byte(start + 1), "expected an LZ4 block size of 4 to 7, found \(code)")
      }
      blockSize = 1 << (8 + 2 * code)
      size = 3 + (flags & 8 != 0 ? 8 : 0)
      guard bytes.count - start >= size else { throw damaged(start) }
    }
  }

  private static func decodeBlocks(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ descriptor: Descriptor, _ limit: Int,
    from start: Int, _ output: inout [UInt8]
  ) throws(InputError) -> Int {
    var count = start
    while true {
      let place = position
      let word = try uint32(bytes, position)
      position += 4
      if word == endMark {
        if descriptor.hasContentChecksum {
          _ = try uint32(bytes, position)
          position += 4
        }
        return count
      }
      let size = Int(word & ~rawBlock)
      guard size <= descriptor.blockSize, size <= bytes.count - position else {
        throw damaged(place)
      }
      let end = min(limit, count + descriptor.blockSize)
      let room = end + LZ4Block.slack
      if output.count < room {
        output.append(
          contentsOf: repeatElement(0, count: max(room, 2 * output.count) - output.count))
      }
      let block = UnsafeRawBufferPointer(rebasing: bytes[position..<position + size])
      let decoded: Int? = output.withUnsafeMutableBytes { buffer in
        let target = buffer.baseAddress!
        guard word & rawBlock != 0 else {
          return LZ4Block.decode(block, into: target, from: count, limit: end)
        }
        guard size <= end - count else { return nil }
        (target + count).copyMemory(from: block.baseAddress!, byteCount: size)
        return count + size
      }
      guard let decoded else {
        if end == limit {
          throw InputError(
            at: .byte(place), "expected at most \(limit) bytes of LZ4 data or damaged, found more")
        }
        throw damaged(place)
      }
      count = decoded
      position += size
      if descriptor.hasBlockChecksums {
        _ = try uint32(bytes, position)
        position += 4
      }
    }
  }

  private static func uint32(
    _ bytes: UnsafeRawBufferPointer, _ position: Int
  ) throws(InputError) -> UInt32 {
    guard bytes.count - position >= 4 else { throw damaged(position) }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  private static func damaged(_ place: Int) -> InputError {
    InputError(
      at: .byte(place), "expected LZ4 blocks, found damaged data", advice: "is the file corrupt?")
  }

  /// One frame of linked blocks of 64 KiB, without checksums: what DV software writes.
  static func encode(_ data: [UInt8]) -> [UInt8] {
    // Version 1, linked blocks; 64 KiB. The last byte is a checksum (xxHash) of the two before it.
    var output: [UInt8] = [0x04, 0x22, 0x4D, 0x18, 0x40, 0x40, 0xC0]
    output.reserveCapacity(data.count / 2 + 64)
    var positions = LZ4Block.Positions()
    data.withUnsafeBytes { data in
      for start in stride(from: 0, to: data.count, by: 65_536) {
        let range = start..<min(start + 65_536, data.count)
        let place = output.count
        output += [0, 0, 0, 0]
        LZ4Block.encode(data, range, &positions, into: &output)
        var word = UInt32(output.count - place - 4)
        if word >= range.count {
          output.removeLast(output.count - place - 4)
          output.append(contentsOf: UnsafeRawBufferPointer(rebasing: data[range]))
          word = UInt32(range.count) | rawBlock
        }
        for index in 0..<4 {
          output[place + index] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(index)))
        }
      }
    }
    return output + [0, 0, 0, 0]
  }
}
