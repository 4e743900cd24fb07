import Bytes
import Commands
import Images
import TestSupport
import Testing
import VirtualTime

@Suite("Writers of images")
struct WriterTests {
  private static let palette = [
    Colour(0, 0, 0), Colour(255, 255, 255), Colour(255, 0, 0), Colour(0, 0, 255),
  ]

  private static func noise(_ width: Int, _ height: Int, seed: UInt64) -> IndexedImage {
    var random = SeededRandom(seed: seed, stream: "image")
    var image = IndexedImage(width: width, height: height, palette: palette)
    for index in image.pixels.indices { image.pixels[index] = UInt8(random.next() % 4) }
    return image
  }

  @Test("write PNG that comes back", arguments: [(1, 1), (7, 5), (640, 300)])
  func png(_ width: Int, _ height: Int) throws {
    let image = Self.noise(width, height, seed: 3)
    let read = try PNGReader.image(PNGWriter.bytes(image), inflate: SystemCompression.inflate)
    #expect(read.width == width && read.height == height)
    let luma: [Float] = [0, 1, 0.299, 0.114]
    #expect(zip(read.samples, image.pixels).allSatisfy { abs($0 - luma[Int($1)]) < 1e-5 })
  }

  @Test("write GIF whose codes come back", arguments: [(1, 1), (16, 3), (300, 200)])
  func gif(_ width: Int, _ height: Int) {
    for image in [
      Self.noise(width, height, seed: 8),
      IndexedImage(width: width, height: height, palette: Self.palette),
    ] {
      let writer = GIFWriter(width: width, height: height, palette: Self.palette)
      let frame = writer.frame(image, hundredths: 4)
      #expect(frame[4] == 4 && frame[5] == 0)
      // Behind a control block of 8 bytes, an image block of 10 and the width of the codes.
      var codes: [UInt8] = []
      var position = 19
      while frame[position] > 0 {
        codes += frame[position + 1...position + Int(frame[position])]
        position += Int(frame[position]) + 1
      }
      #expect(position == frame.count - 1)
      #expect(expandedGIF(codes) == image.pixels)
    }
  }

  @Test("draw text, fills and outlines, and leave out what lies outside")
  func drawing() {
    var image = IndexedImage(width: 12, height: 9, palette: Self.palette)
    image.write("i", x: 0, y: 0, colour: 1, background: 2)
    let rows = (0..<9).map { row in
      image.pixels[row * 12..<row * 12 + 12].map { [".", "#", "-", "="][Int($0)] }.joined()
    }
    #expect(
      rows == [
        "-------.....", "--###--.....", "---#---.....", "---#---.....", "---#---.....",
        "---#---.....", "---#---.....", "--###--.....", "-------.....",
      ])
    var box = IndexedImage(width: 4, height: 3, palette: Self.palette)
    box.outline(x: -2, y: 1, width: 5, height: 9, colour: 3)
    #expect(box.pixels == [0, 0, 0, 0, 3, 3, 3, 0, 0, 0, 3, 0])
    box.fill(x: 9, y: -5, width: 3, height: 3, colour: 1)
    box.fill(x: 1, y: 0, width: -3, height: 2, colour: 1)
    #expect(!box.pixels.contains(1))
  }
}
