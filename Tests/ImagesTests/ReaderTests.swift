import Bytes
import Commands
import Images
import TestSupport
import Testing

private func y4m(_ header: String, _ frames: [[UInt8]]) -> [UInt8] {
  Array((header + "\n").utf8) + frames.flatMap { Array("FRAME\n".utf8) + $0 }
}

private func frames(_ bytes: [UInt8], pieceSize: Int = .max) throws(InputError) -> [GreyImage] {
  var reader = try Y4MReader(MemorySource(bytes, pieceSize: pieceSize))
  var all: [GreyImage] = []
  while let image = try reader.next() { all.append(image) }
  return all
}

private func png(_ file: PNGFile) throws(InputError) -> GreyImage {
  try PNGReader.image(file.bytes(), inflate: SystemCompression.inflate)
}

@Suite("Readers of images")
struct ReaderTests {
  @Test("read grey maps, binary and as text, of one and two bytes")
  func pgm() throws {
    let binary = try PGMReader.image(Array("P5\n# a comment\n3 1\n255\n".utf8) + [0, 51, 255])
    #expect(binary.width == 3 && binary.height == 1)
    #expect(binary.samples == [0, 0.2, 1])
    let wide = try PGMReader.image(Array("P5 2 1 1000 ".utf8) + [0x01, 0xF4, 0x03, 0xE8])
    #expect(wide.samples == [0.5, 1])
    #expect(try PGMReader.image(Array("P2 2 2 4\n0 1\n2 4".utf8)).samples == [0, 0.25, 0.5, 1])
  }

  @Test("read PNG in every colour type, depth and filter")
  func pngKinds() throws {
    #expect(try png(PNGFile()).samples == [0, 128, 255, 10, 20, 30].map { Float($0) / 255 })
    var bits = PNGFile()
    (bits.depth, bits.rows) = (1, [0, 0b1010_0000, 0, 0b0110_0000])
    #expect(try png(bits).samples == [1, 0, 1, 0, 1, 1])
    var wide = PNGFile()
    (wide.width, wide.height, wide.depth) = (1, 1, 16)
    wide.rows = [0, 0x80, 0x00]
    #expect(try png(wide).samples == [Float(0x8000) / 65_535])
    var palette = PNGFile()
    (palette.colour, palette.depth) = (3, 2)
    palette.palette = [0, 0, 0, 255, 255, 255, 255, 0, 0]
    palette.rows = [0, 0b0001_1000, 0, 0b0100_0000]
    let expected: [Float] = [0, 1, 0.299, 1, 0, 0]
    #expect(try zip(png(palette).samples, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    var colour = PNGFile()
    (colour.width, colour.height, colour.colour) = (1, 1, 6)
    colour.rows = [0, 0, 255, 0, 77]
    #expect(try abs(png(colour).samples[0] - 0.587) < 1e-6)
    // Sub, up, average and Paeth of the same picture, worked out by hand.
    let rows: [[UInt8]] = [
      [1, 10, 10, 10, 1, 40, 10, 10], [0, 10, 20, 30, 2, 30, 30, 30],
      [0, 10, 20, 30, 3, 35, 20, 20], [0, 10, 20, 30, 4, 30, 10, 10],
    ]
    for row in rows {
      var filtered = PNGFile()
      filtered.rows = row
      #expect(try png(filtered).samples.map { ($0 * 255).rounded() } == [10, 20, 30, 40, 50, 60])
    }
  }

  @Test("read video of every layout, in both ranges, with its times")
  func video() throws {
    let full = y4m("YUV4MPEG2 W2 H1 F25:1 Cmono XCOLORRANGE=FULL", [[0, 255], [51, 102]])
    #expect(try frames(full).map(\.samples) == [[0, 1], [0.2, 0.4]])
    #expect(try frames(full, pieceSize: 1) == frames(full))
    let studio = y4m("YUV4MPEG2 W2 H2 F30000:1001 Ip C420jpeg", [[16, 235, 0, 255, 128, 128]])
    #expect(try frames(studio)[0].samples == [0, 1, 0, 1])
    let deep = y4m("YUV4MPEG2 W1 H1 C444p10 XCOLORRANGE=FULL", [[0xFF, 0x03, 0, 2, 0, 2]])
    #expect(try frames(deep)[0].samples == [1])
    for (name, size) in [("420", 6), ("422", 8), ("444", 12), ("411", 8), ("444alpha", 16)] {
      let bytes = y4m("YUV4MPEG2 W2 H2 C\(name)", [[UInt8](repeating: 16, count: size)])
      #expect(try frames(bytes).count == 1, "\(name)")
    }
    let reader = try Y4MReader(MemorySource(studio))
    #expect(reader.time(ofFrame: 30_000) == 1_001_000_000 && reader.time(ofFrame: 1) == 33_366)
  }

  @Test("read what the writer of video wrote")
  func roundTrip() throws {
    let writer = Y4MWriter(width: 2, height: 2, framesPerSecond: 25)
    let image = GreyImage(width: 2, height: 2, samples: [0, 0.2, 0.6, 1])
    #expect(try frames(writer.header() + writer.frame(image)) == [image])
  }

  @Test(
    "refuse sizes that the file cannot hold before memory is asked for",
    arguments: [
      ("P5 4294967295 4294967295 255 x", "from 1 to 65535"),
      ("P5 65535 65535 255 x", "expected 4294836225 bytes"),
      ("P2 65535 65535 255 1 2", "numbers, found room"), ("P5 0 4 255 x", "from 1 to 65535"),
      ("P5 4 4 70000 x", "white from 1 to 65535"), ("P5 4 x", "as a whole number"),
      ("P6 1 1 255 x", "P5 or P2"),
    ])
  func hugeMaps(_ text: String, _ message: String) {
    #expect {
      try PGMReader.image(Array(text.utf8))
    } throws: {
      "\($0)".contains(message)
    }
  }

  @Test("refuse PNG that claims too much, is interlaced or broken")
  func badPNG() {
    func message(_ change: (inout PNGFile) -> Void) -> String {
      var file = PNGFile()
      change(&file)
      do throws(InputError) {
        _ = try png(file)
        return "read"
      } catch {
        return "\(error)"
      }
    }
    #expect(message { $0.width = 0xFFFF_FFFF }.contains("from 1 to 65535"))
    #expect(
      message { ($0.width, $0.height) = (65_535, 65_535) }.contains("expected data for 65535"))
    #expect(message { $0.interlaced = 1 }.contains("interlaced"))
    #expect(message { $0.depth = 3 }.contains("colour type and depth"))
    #expect(message { $0.rows[0] = 9 }.contains("filter from 0 to 4"))
    #expect(message { $0.rows.removeLast() }.contains("expected 8 bytes of rows"))
    #expect(message { $0.rows.append(0) }.contains("DEFLATE data of 8 bytes"))
    #expect(message { ($0.colour, $0.palette) = (3, [1, 2, 3]) }.contains("colour below 1"))
    var bytes = PNGFile().bytes()
    bytes[20] ^= 1
    #expect { try PNGReader.image(bytes, inflate: SystemCompression.inflate) } throws: {
      "\($0)".contains("checksum of IHDR")
    }
  }

  @Test(
    "refuse video that is none",
    arguments: [
      ("RIFF\n", "expected the line YUV4MPEG2"), ("YUV4MPEG2 W0 H2\n", "from 1 to 65535"),
      ("YUV4MPEG2 W4294967295 H2\n", "from 1 to 65535"),
      ("YUV4MPEG2 W2 H2 Crgb\n", "expected a layout"),
      ("YUV4MPEG2 W2 H2 F0:0\n", "expected a frame rate"),
      ("YUV4MPEG2 W60000 H60000 Cmono\nFRAME\nab", "expected a frame of 3600000000 bytes"),
      ("YUV4MPEG2 W2 H2 Cmono\nFRAMES\nabcd", "expected the line FRAME"),
    ])
  func badVideo(_ text: String, _ message: String) {
    #expect {
      try frames(Array(text.utf8))
    } throws: {
      "\($0)".contains(message)
    }
  }

  @Test("that are fed damaged files return a whole image or an error with a byte")
  func damage() throws {
    let runs = SharedData.runsSlowTests ? 100_000 : 3_000
    let files: [[UInt8]] = [
      Array("P5 8 4 255\n".utf8) + [UInt8](repeating: 9, count: 32),
      Array("P2 3 2 9\n1 2 3 4 5 6\n".utf8), PNGFile().bytes(),
      y4m("YUV4MPEG2 W4 H2 F25:1 C420jpeg", [[UInt8](repeating: 50, count: 12)]),
    ]
    var mutator = Mutator(seed: 31)
    var read = [0, 0, 0, 0]
    for run in 0..<runs {
      let kind = run % files.count
      let mutant = mutator.mutated(files[kind], at: run % 3 == 0 ? Array(0..<40) : [])
      do throws(InputError) {
        for image in try Self.images(mutant, kind) {
          #expect(image.samples.count == image.width * image.height)
          #expect(image.samples.allSatisfy { (0...1).contains($0) })
          read[kind] += 1
        }
      } catch {
        if case .byte(let offset) = error.place {
          #expect(offset <= mutant.count)
        } else {
          // The library's own complaint has no place.
          #expect("\(error)".contains("DEFLATE"))
        }
      }
    }
    // Checksums leave little of a damaged PNG to be read.
    #expect(read[0] > runs / 40 && read[1] > runs / 40 && read[3] > runs / 40, "\(read)")
    for (kind, file) in files.enumerated() {
      for count in 0..<file.count { _ = try? Self.images(Array(file.prefix(count)), kind) }
    }
  }

  private static func images(_ bytes: [UInt8], _ kind: Int) throws(InputError) -> [GreyImage] {
    switch kind {
    case 0, 1: [try PGMReader.image(bytes)]
    case 2: [try PNGReader.image(bytes, inflate: SystemCompression.inflate)]
    default: try frames(bytes)
    }
  }
}
