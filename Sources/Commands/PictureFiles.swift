import Bytes
import Events
import Images
import Reports

/// PNG files, an animated GIF, an animated PNG, or several, written frame by frame.
struct PictureFiles: ~Copyable {
  private let picture: FramePicture
  private let folder: String?
  private var gif: FileSink?
  private let gifWriter: GIFWriter
  private var apng: FileSink?
  private var apngWriter: APNGWriter
  /// Milliseconds that a frame is shown.
  private let pace: Double
  private var count = 0

  init(
    _ arguments: ViewCommand.Arguments, _ size: SensorSize, classNames: [Int: String]
  ) throws {
    let zoom = arguments.zoom ?? max(1, 512 / size.width)
    let (width, height) = (size.width * zoom, size.height * zoom)
    guard max(width, height) <= 65_535, width <= AccumulatedFrame.mostPixels / height else {
      throw UsageError(
        "preflash \(ViewCommand.name): --zoom \(zoom): expected a picture of at most "
          + "\(AccumulatedFrame.mostPixels) pixels, found \(width) × \(height)")
    }
    let gifWriter = GIFWriter(width: width, height: height, palette: FramePicture.palette)
    let apngWriter = APNGWriter(width: width, height: height, palette: FramePicture.palette)
    var gif = try Self.sink(arguments.gif)
    try gif?.write(gifWriter.header())
    var apng = try Self.sink(arguments.apng)
    try apng?.write(apngWriter.header())
    if let path = arguments.png { try Files.makeFolder(path) }
    self.gif = gif
    self.gifWriter = gifWriter
    self.apng = apng
    self.apngWriter = apngWriter
    picture = FramePicture(zoom: zoom, classNames: classNames)
    folder = arguments.png
    pace = Double(arguments.window) / arguments.speed / 1_000
  }

  private static func sink(_ path: String?) throws(InputError) -> FileSink? {
    guard let path else { return nil }
    return try FileSink(path)
  }

  mutating func write(_ frame: AccumulatedFrame, caption: String, boxes: [BoxLabel]) throws {
    let image = picture.image(frame, caption: caption, boxes: boxes)
    count += 1
    if let folder {
      let number = String(count)
      let zeros = String(repeating: "0", count: max(0, 6 - number.count))
      try Files.write(PNGWriter.bytes(image), to: "\(folder)/frame_\(zeros)\(number).png")
    }
    let hundredths = max(2, shown(pace / 10))
    let milliseconds = max(1, shown(pace))
    try gif?.write(gifWriter.frame(image, hundredths: hundredths))
    try apng?.write(apngWriter.frame(image, milliseconds: milliseconds))
  }

  /// How long the latest frame stays, from the frames' numbers, so that no rounding adds up.
  private func shown(_ pace: Double) -> Int {
    Int(Double(count) * pace) - Int(Double(count - 1) * pace)
  }

  mutating func finish() throws(InputError) {
    try gif?.write(gifWriter.trailer())
    try gif?.finish()
    try apng?.write(apngWriter.trailer())
    // Only now is known how many frames there are, which an animated PNG says at its start.
    try apng?.overwrite(apngWriter.header())
    try apng?.finish()
  }
}
