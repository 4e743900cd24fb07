package import Bytes

/// Decodes Blosc 1 frames, HDF5 filter 32001: blocks of shuffled bytes, each compressed on its own.
///
/// Source: Blosc's README_CHUNK_FORMAT (version 1). Read are LZ4, Zstandard and stored blocks.
package enum BloscFrame {
  static let filter = 32_001

  private static let headerSize = 16
  /// Blocks are split by byte of the element only when the parts are at least so long.
  private static let minimumPart = 128

  /// Decodes one frame that must give `count` bytes. Throws `InputError` with offsets in `bytes`.
  package static func decode(
    _ bytes: [UInt8], count: Int, libraries: any CompressionLibraries
  ) throws(InputError) -> [UInt8] {
    guard bytes.count >= headerSize else { throw damaged(0) }
    let (flags, typeSize) = (bytes[2], Int(bytes[3]))
    guard uint32(bytes, 4) == count, uint32(bytes, 12) == bytes.count, typeSize > 0 else {
      throw damaged(4)
    }
    if flags & 2 != 0 {
      guard bytes.count == headerSize + count else { throw damaged(2) }
      return Array(bytes[headerSize...])
    }
    guard flags & 4 == 0 else {
      throw InputError(at: .byte(2), "expected Blosc data shuffled by bytes, found bits shuffled")
    }
    let blockSize = uint32(bytes, 8)
    guard blockSize > 0, blockSize <= max(count, 1) else { throw damaged(8) }
    var decoder = try Decoder(codec: flags >> 5, libraries)
    let blocks = (count + blockSize - 1) / blockSize
    guard blocks <= (bytes.count - headerSize) / 4 else { throw damaged(8) }
    var output: [UInt8] = []
    output.reserveCapacity(count)
    for block in 0..<blocks {
      let size = min(blockSize, count - block * blockSize)
      let isWhole = size == blockSize
      let parts =
        flags & 16 == 0 && isWhole && typeSize <= 16 && blockSize / typeSize >= minimumPart
          && size % typeSize == 0 ? typeSize : 1
      var place = uint32(bytes, headerSize + 4 * block)
      var data: [UInt8] = []
      for _ in 0..<parts {
        guard place <= bytes.count - 4 else { throw damaged(headerSize + 4 * block) }
        let length = uint32(bytes, place)
        guard length <= bytes.count - place - 4 else { throw damaged(place) }
        let part = bytes[(place + 4)..<(place + 4 + length)]
        if length == size / parts {
          data += part
        } else {
          data += try decoder.decode(part, count: size / parts)
        }
        place += 4 + length
      }
      output += flags & 1 != 0 ? unshuffled(data, typeSize) : data
    }
    return output
  }

  private struct Decoder {
    private let zstandard: (any Zstandard)?
    private var scratch: [UInt8] = []

    init(codec: UInt8, _ libraries: any CompressionLibraries) throws(InputError) {
      switch codec {
      case 1: zstandard = nil
      case 4: zstandard = try libraries.zstandard()
      default:
        let names = ["BloscLZ", "LZ4", "Snappy", "zlib", "Zstandard"]
        let name = Int(codec) < names.count ? names[Int(codec)] : "codec \(codec)"
        throw InputError(
          at: .byte(2), "expected Blosc data with LZ4 or Zstandard, found \(name)",
          advice: "save it with Zstandard, as DSEC does")
      }
    }

    mutating func decode(_ part: ArraySlice<UInt8>, count: Int) throws(InputError) -> [UInt8] {
      let place = part.startIndex
      let written: Int?
      if let zstandard {
        written = part.withUnsafeBytes { zstandard.decode($0, limit: count, into: &scratch) }
      } else {
        if scratch.count < count + LZ4Block.slack {
          scratch = [UInt8](repeating: 0, count: count + LZ4Block.slack)
        }
        written = part.withUnsafeBytes { bytes in
          scratch.withUnsafeMutableBytes {
            LZ4Block.decode(bytes, into: $0.baseAddress!, from: 0, limit: count)
          }
        }
      }
      guard written == count else { throw BloscFrame.damaged(place) }
      return Array(scratch[..<count])
    }
  }

  /// All first bytes of the elements come first, then all second ones; the rest is as it is.
  private static func unshuffled(_ data: [UInt8], _ typeSize: Int) -> [UInt8] {
    let elements = data.count / typeSize
    var output = data
    for byte in 0..<typeSize {
      for element in 0..<elements {
        output[element &* typeSize &+ byte] = data[byte &* elements &+ element]
      }
    }
    return output
  }

  private static func uint32(_ bytes: [UInt8], _ place: Int) -> Int {
    bytes.withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
    }
  }

  fileprivate static func damaged(_ place: Int) -> InputError {
    InputError(at: .byte(place), "expected a Blosc frame, found damaged data")
  }
}
