package import Bytes
import Events
import Images

/// Frames in order with their times: a video file, a recording with frames, or a folder of images by
/// name.
struct FrameFiles {
  private enum Input {
    case video(Y4MReader)
    case recording(AEDAT4Frames)
    case images([String])
  }

  private static let extensions = ["pgm", "png"]

  let path: String
  private var input: Input
  /// Frames a second where the caller says; a video has its own.
  private let rate: Double?
  /// Of a recording, on its own clock.
  private var firstTime: Int64?
  private(set) var count = 0
  private(set) var size: SensorSize?

  /// - Parameter rate: Frames a second; images need it, to a video it takes precedence.
  init(_ path: String, rate: Double?) throws {
    self.path = path
    self.rate = rate
    if Files.isDirectory(path) {
      let names = try Files.names(in: path).filter { name in
        Self.extensions.contains { name.lowercased().hasSuffix("." + $0) }
      }
      guard !names.isEmpty else {
        throw InputError(file: path, at: .nowhere, "expected .pgm or .png files, found none")
      }
      input = .images(names.map { path + "/" + $0 })
    } else if path.lowercased().hasSuffix(".y4m") {
      do throws(InputError) {
        input = .video(try Y4MReader(FileSource(path)))
      } catch {
        throw error.inFile(path)
      }
    } else if path.lowercased().hasSuffix(".aedat4") {
      do throws(InputError) {
        input = .recording(try AEDAT4Frames(FileSource(path), libraries: SystemCompression()))
      } catch {
        throw error.inFile(path)
      }
    } else {
      throw InputError(
        file: path, at: .nowhere,
        "expected a folder of .pgm or .png files, a .y4m video or an .aedat4 with frames",
        advice: "ffmpeg -i video.mp4 video.y4m makes one")
    }
    if case .images = input, rate == nil {
      throw UsageError("preflash synthesize frames: missing --fps N: images have no times")
    }
  }

  /// The next frame and its microseconds since the first; nil at the end.
  mutating func next() throws(InputError) -> (image: GreyImage, time: Int64)? {
    var image: GreyImage?
    var name = path
    var time = rate.map { Int64((Double(count) * 1e6 / $0).rounded()) }
    do throws(InputError) {
      switch input {
      case .video(var reader):
        image = try reader.next()
        time = time ?? reader.time(ofFrame: count)
        input = .video(reader)
      case .recording(var reader):
        if let frame = try reader.next() {
          image = GreyImage(frame)
          // Times of recordings may count from 1970.
          let first = firstTime ?? frame.time
          firstTime = first
          time = time ?? frame.time - first
        }
        input = .recording(reader)
      case .images(let names):
        guard count < names.count else { return nil }
        name = names[count]
        image = try Self.read(name)
      }
    } catch {
      throw error.inFile(name)
    }
    guard let image, let time else { return nil }
    let found = SensorSize(width: image.width, height: image.height)
    if let size, size != found {
      throw InputError(
        file: name, at: .nowhere,
        "expected \(size.width) × \(size.height) pixels as in the first frame, "
          + "found \(found.width) × \(found.height)")
    }
    size = found
    count += 1
    return (image, time)
  }

  private static func read(_ path: String) throws(InputError) -> GreyImage {
    let bytes = try Files.read(path)
    return PNGReader.isPNG(bytes)
      ? try PNGReader.image(bytes, inflate: SystemCompression.inflate) : try PGMReader.image(bytes)
  }
}

extension GreyImage {
  init(_ frame: GreyFrame) {
    self.init(
      width: frame.size.width, height: frame.size.height,
      samples: frame.bytes.map { Float($0) / 255 })
  }
}

extension SystemCompression {
  /// Inflates a raw DEFLATE stream that should give exactly `size` bytes.
  package static func inflate(_ deflated: [UInt8], size: Int) throws(InputError) -> [UInt8] {
    var inflater = try SystemCompression().inflater()
    var output = [UInt8](repeating: 0, count: size)
    var (used, written, isEnd) = (0, 0, false)
    while !isEnd {
      let step = deflated.withUnsafeBytes { input in
        output.withUnsafeMutableBytes { output in
          inflater.decode(
            UnsafeRawBufferPointer(rebasing: input[used...]),
            into: UnsafeMutableRawBufferPointer(rebasing: output[written...]))
        }
      }
      guard let step, step.isEnd || step.used > 0 || step.written > 0 else {
        throw InputError(
          at: .nowhere, "expected DEFLATE data of \(size) bytes, found damaged or other data")
      }
      used += step.used
      written += step.written
      isEnd = step.isEnd
    }
    output.removeLast(size - written)
    return output
  }
}
