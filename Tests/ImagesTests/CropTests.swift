import Bytes
import Commands
import Images
import TestSupport
import Testing
import VirtualTime

/// Soft shapes with sensor noise, as a belt looks.
private func scene(_ seed: UInt64, width: Int = 224, height: Int = 224, shift: Int = 0)
  -> GreyImage.Pixels
{
  var random = SeededRandom(seed: seed, stream: "scene")
  let spots = (0..<12).map { _ in
    (
      x: Double.random(in: 0...Double(width), using: &random),
      y: Double.random(in: 0...Double(height), using: &random),
      radius: Double.random(in: 5...40, using: &random),
      light: Double.random(in: -90...90, using: &random)
    )
  }
  var noise = SeededRandom(seed: seed &+ UInt64(shift), stream: "noise")
  var bytes: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      var light = 120.0
      for spot in spots {
        let (dx, dy) = (Double(x - shift) - spot.x, Double(y) - spot.y)
        if dx * dx + dy * dy < spot.radius * spot.radius { light += spot.light }
      }
      light += Double.random(in: -3...3, using: &noise)
      bytes.append(UInt8(max(0, min(255, light))))
    }
  }
  return GreyImage.Pixels(width: width, height: height, bytes: bytes)
}

@Suite("JPEG sizes")
struct JPEGSizeTests {
  private static var hasTurboJPEG: Bool { (try? TurboJPEG(quality: 80)) != nil }

  @Test(
    "Our own encoder is within half a percent of libjpeg-turbo's", .enabled(if: hasTurboJPEG),
    arguments: [20, 50, 80, 95])
  func sizes(quality: Int) throws {
    let turbo = try TurboJPEG(quality: quality)
    let estimate = EstimatedJPEG(quality: quality)
    for seed in 0..<12 as Range<UInt64> {
      let picture = scene(seed, width: 224 - Int(seed) * 3, height: 224 - Int(seed))
      let (own, other) = (estimate.byteCount(picture), turbo.byteCount(picture))
      #expect(abs(Double(own - other)) < 0.005 * Double(other), "\(own) against \(other)")
    }
  }

  @Test("Both write the same head: tables, size, order of segments", .enabled(if: hasTurboJPEG))
  func head() throws {
    let picture = scene(5, width: 100, height: 60)
    let own = JPEGWriter(quality: 80).bytes(picture.bytes, width: 100, height: 60)
    let other = try TurboJPEG(quality: 80).bytes(picture)
    #expect(own.prefix(328) == other.prefix(328))
  }

  @Test("A grey picture of one tone is all head: a block takes bits, not bytes")
  func flat() {
    let flat = [UInt8](repeating: 128, count: 224 * 224)
    // 784 blocks, each the shortest code of no difference (2 bits) and of the end (4 bits).
    let size = JPEGWriter(quality: 80).bytes(flat, width: 224, height: 224).count
    #expect(size == 330 + 784 * 6 / 8)
  }

  @Test(
    "Pillow sees in our files what was in the picture",
    .enabled(if: SharedData.runsSlowTests && Python(with: ["PIL"]) != nil))
  func pillow() throws {
    let python = try #require(Python(with: ["PIL"]))
    let picture = scene(3, width: 101, height: 77)
    try Folder.temporary { folder in
      let file = JPEGWriter(quality: 95).bytes(picture.bytes, width: 101, height: 77)
      let path = try folder.write(file, to: "own.jpg")
      let script = """
        import sys, PIL.Image
        image = PIL.Image.open(sys.argv[1])
        print(image.mode, image.width, image.height, *image.tobytes())
        """
      let words = try python.run(script, [path]).split(whereSeparator: \.isWhitespace)
      #expect(words.prefix(3) == ["L", "101", "77"])
      let differences = zip(words.dropFirst(3), picture.bytes).map { abs(Int($0)! - Int($1)) }
      #expect(differences.count == 101 * 77)
      #expect(Double(differences.reduce(0, +)) / Double(differences.count) < 2)
    }
  }
}

@Suite("Crops and their hashes")
struct CropTests {
  private static let image = GreyImage(
    width: 10, height: 6, samples: (0..<60).map { Float($0) / 255 })

  @Test("A crop lies around its point, and within the picture")
  func crops() {
    let middle = Self.image.crop(aroundX: 5, y: 3, side: 2)
    #expect(middle.bytes == [24, 25, 34, 35])
    #expect(Self.image.crop(aroundX: -50, y: 99, side: 2).bytes == [40, 41, 50, 51])
    #expect(Self.image.crop(aroundX: 9.9, y: 0, side: 2).bytes == [8, 9, 18, 19])
    let whole = Self.image.crop(aroundX: 5, y: 3, side: 8)
    #expect((whole.width, whole.height) == (8, 6))
    #expect(whole.bytes.first == 1)
  }

  @Test("Means are over squares of pixels; what does not fill one is left out")
  func means() {
    let coarse = Self.image.averaged(by: 4)
    #expect((coarse.width, coarse.height) == (2, 1))
    // Columns 0…3 of rows 0…3: 1.5 + 15.
    #expect(abs(coarse.samples[0] * 255 - 16.5) < 1e-4)
    #expect(abs(coarse.samples[1] * 255 - 20.5) < 1e-4)
    #expect(Self.image.averaged(by: 1) == Self.image)
  }

  @Test("Hashes of one thing a little later differ in few bits, those of different things in many")
  func hashes() {
    let hash = PerceptualHash()
    func bits(_ picture: GreyImage.Pixels) -> UInt64 {
      hash.hash(picture.bytes, width: picture.width, height: picture.height)
    }
    for seed in 0..<10 as Range<UInt64> {
      let one = bits(scene(seed))
      // Other noise, and two pixels further.
      #expect((one ^ bits(scene(seed, shift: 2))).nonzeroBitCount <= 8)
      #expect((one ^ bits(scene(seed + 100))).nonzeroBitCount >= 16)
      #expect(one == bits(scene(seed)))
    }
  }

  @Test(
    "Hashes are those of NumPy's transform",
    .enabled(if: SharedData.runsSlowTests && Python(with: ["numpy"]) != nil))
  func numpy() throws {
    let python = try #require(Python(with: ["numpy"]))
    let script = """
      import sys, numpy as np
      p = np.frombuffer(open(sys.argv[1], 'rb').read(), np.uint8).astype(float).reshape(32, 7, 32, 7).mean((1, 3))
      x = np.arange(32)
      c = np.cos((2 * x[None] + 1) * x[:, None] * np.pi / 64)
      f = (c @ p @ c.T)[:8, :8]
      print(int(''.join('1' if v else '0' for v in (f > np.median(f)).ravel()), 2))
      """
    for seed in 0..<3 as Range<UInt64> {
      let picture = scene(seed)
      let expected = try Folder.temporary { folder in
        try python.run(script, [folder.write(picture.bytes, to: "picture")]).split(separator: "\n")
      }
      let own = PerceptualHash().hash(picture.bytes, width: 224, height: 224)
      #expect(String(own) == expected.first.map(String.init))
    }
  }
}
