import Images
import TestSupport
import Testing

/// What another program sees in our files. Needs Python with Pillow: `PREFLASH_PYTHON` says which,
/// else `python3` of the path; without it the test says so and passes.
@Suite("Written images", .enabled(if: SharedData.runsSlowTests))
struct PillowTests {
  private static let script = """
    import sys, PIL.Image
    for path in sys.argv[1:]:
        image = PIL.Image.open(path)
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            colours = image.convert("RGB")
            print(colours.width, colours.height, sum(
                (i % 251 + 1) * sum(p) for i, p in enumerate(colours.getdata())))
    """

  private static func expected(_ image: IndexedImage) -> String {
    var sum = 0
    for (index, place) in image.pixels.enumerated() {
      let colour = image.palette[Int(place)]
      let light = Int(colour.red) + Int(colour.green) + Int(colour.blue)
      sum += (index % 251 + 1) * light
    }
    return "\(image.width) \(image.height) \(sum)\n"
  }

  @Test("are what Pillow sees in them")
  func pillow() throws {
    let palette = (0..<16 as Range<UInt8>).map { Colour($0 * 17, 255 - $0 * 9, $0 * $0) }
    var images: [IndexedImage] = []
    for frame in 0..<5 {
      var image = IndexedImage(width: 331, height: 97, palette: palette)
      for index in image.pixels.indices {
        let value: Int = index * index / 7 + index * frame
        image.pixels[index] = UInt8(value % 16)
      }
      image.write("Frame \(frame): 100 %", x: 5, y: 50, colour: 15, background: 0)
      images.append(image)
    }
    try Folder.temporary { folder in
      let writer = GIFWriter(width: 331, height: 97, palette: palette)
      let gif = writer.header() + images.flatMap { writer.frame($0, hundredths: 3) }
      var animation = APNGWriter(width: 331, height: 97, palette: palette)
      let frames = images.flatMap { animation.frame($0, milliseconds: 33) }
      let apng = animation.header() + frames + animation.trailer()
      let paths = [
        try folder.write(PNGWriter.bytes(images[1]), to: "one.png"),
        try folder.write(gif + writer.trailer(), to: "all.gif"),
        try folder.write(apng, to: "all.png"),
      ]
      guard let python = Python(with: ["PIL.Image"]) else {
        print("Pillow was not found: install it, or let PREFLASH_PYTHON name a Python that has it")
        return
      }
      let seen = try python.run(Self.script, paths)
      #expect(seen == ([images[1]] + images + images).map(Self.expected).joined())
    }
  }
}
