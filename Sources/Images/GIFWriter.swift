/// Writes an animated GIF frame by frame; whoever holds the pieces holds one frame at most.
///
///     sink.write(writer.header())
///     for image in frames { sink.write(writer.frame(image, hundredths: 4)) }
///     sink.write(writer.trailer())
///
/// Source: GIF89a specification (CompuServe, 1990); looping by the Netscape extension.
package struct GIFWriter: Sendable {
  private let width: Int
  private let height: Int
  private let palette: [Colour]

  package init(width: Int, height: Int, palette: [Colour]) {
    precondition((1...65_535).contains(width) && (1...65_535).contains(height))
    precondition((1...IndexedImage.mostColours).contains(palette.count))
    self.width = width
    self.height = height
    self.palette = palette
  }

  package func header() -> [UInt8] {
    var out = Array("GIF89a".utf8)
    out.appendLittleEndian(UInt16(width))
    out.appendLittleEndian(UInt16(height))
    out += [0b1011_0011, 0, 0]  // sixteen colours for all frames
    for index in 0..<IndexedImage.mostColours {
      let colour = index < palette.count ? palette[index] : Colour(0, 0, 0)
      out += [colour.red, colour.green, colour.blue]
    }
    // Over and over again.
    return out + [0x21, 0xFF, 11] + Array("NETSCAPE2.0".utf8) + [3, 1, 0, 0, 0]
  }

  /// - Parameter hundredths: Of a second until the next frame; many viewers take less than 2 for 10.
  package func frame(_ image: IndexedImage, hundredths: Int) -> [UInt8] {
    precondition(image.width == width && image.height == height)
    var out: [UInt8] = [0x21, 0xF9, 4, 0]
    out.appendLittleEndian(UInt16(min(max(hundredths, 0), 65_535)))
    out += [0, 0, 0x2C, 0, 0, 0, 0]
    out.appendLittleEndian(UInt16(width))
    out.appendLittleEndian(UInt16(height))
    out += [0, UInt8(LZW.pixelBits)]
    let codes = LZW.compressed(image.pixels)
    for start in stride(from: 0, to: codes.count, by: 255) {
      let end = min(start + 255, codes.count)
      out.append(UInt8(end - start))
      out += codes[start..<end]
    }
    out.append(0)
    return out
  }

  package func trailer() -> [UInt8] { [0x3B] }
}

extension Array where Element == UInt8 {
  fileprivate mutating func appendLittleEndian(_ value: UInt16) {
    append(UInt8(truncatingIfNeeded: value))
    append(UInt8(truncatingIfNeeded: value >> 8))
  }
}

/// Variable-length codes of growing strings of pixels (Welch, 1984, as GIF packs them).
private struct LZW {
  static let pixelBits = 4
  private static let clear = 1 << pixelBits
  private static let end = clear + 1
  private static let most = 4096

  /// The code of a known string and one more pixel, at `string << pixelBits | pixel`; 0 for none.
  private var table = [UInt16](repeating: 0, count: most << pixelBits)
  private var next = end + 1
  private var codeBits = pixelBits + 1
  private var out: [UInt8] = []
  private var pending: UInt32 = 0
  private var pendingBits = 0

  static func compressed(_ pixels: [UInt8]) -> [UInt8] {
    var coder = LZW()
    coder.write(clear)
    var string = Int(pixels[0])
    for pixel in pixels.dropFirst() {
      let key = string << pixelBits | Int(pixel)
      let known = Int(coder.table[key])
      if known != 0 {
        string = known
        continue
      }
      coder.write(string)
      coder.learn(key)
      string = Int(pixel)
    }
    coder.write(string)
    // The reader has learnt one string more when it meets the end.
    coder.learn(0)
    coder.write(end)
    if coder.pendingBits > 0 { coder.out.append(UInt8(truncatingIfNeeded: coder.pending)) }
    return coder.out
  }

  private mutating func learn(_ key: Int) {
    if next < Self.most {
      table[key] = UInt16(next)
      // The reader lags one string behind, so the width grows when this code is first possible.
      if next == 1 << codeBits { codeBits += 1 }
      next += 1
    } else {
      write(Self.clear)
      for index in table.indices { table[index] = 0 }
      next = Self.end + 1
      codeBits = Self.pixelBits + 1
    }
  }

  private mutating func write(_ code: Int) {
    pending |= UInt32(code) << UInt32(pendingBits)
    pendingBits += codeBits
    while pendingBits >= 8 {
      out.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingBits -= 8
    }
  }
}
