import Bytes
import Commands
import Events
import Images
import Inference
import Kernels
import Models
import Scenarios
import VirtualTime

/// A detector on live frames: the whole of a frame, and its parts.
enum VisionBenchmarks {
  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    let folder = "\(try Home.path())/models/conveyor"
    var rows: [BenchmarkResult] = []
    let frames = frames(count: 24)
    for name in ["frames_dense_fp32", "frames_dense_ptq_best"] {
      rows += try detector(
        try ModelCard(
          parsing: Files.read("\(folder)/\(name).card.json5"), file: "\(name).card.json5"),
        folder, frames)
    }
    return try rows + parts(frames[0])
  }

  /// Frames a second through model, suppression, crops, their sizes and hashes.
  private static func detector(
    _ card: ModelCard, _ folder: String, _ frames: [GreyImage]
  ) throws -> [BenchmarkResult] {
    let model = try Model(tflite: Files.read("\(folder)/\(card.model)"), name: card.model)
    let arithmetic = Arithmetic(rawValue: card.arithmetic ?? "") ?? .doubleRounding
    let reading = try FrameReading(
      Detector(card, model, arithmetic: arithmetic), card, sizing: EstimatedJPEG(quality: 80))
    let inputs = frames.map { FrameReading.Input(image: $0) }
    return try [1, 2].map { jobs in
      let pool = WorkerPool(reading, jobs: jobs)
      var found = 0
      let seconds = try Stopwatch.fastest { _ in
        found += try pool.outputs(for: inputs).reduce(0) { $0 + $1.count }
      }
      precondition(found >= 0)
      return BenchmarkResult(
        "\(card.name), \(jobs) thread\(jobs == 1 ? "" : "s")", Double(inputs.count) / seconds,
        "frames/s")
    }
  }

  private static func parts(_ frame: GreyImage) throws -> [BenchmarkResult] {
    let crop = frame.crop(aroundX: 160, y: 120, side: FrameReading.cropSide)
    let own = EstimatedJPEG(quality: FrameReading.cropQuality)
    let hash = PerceptualHash()
    var kept: UInt64 = 0
    var rows = [
      BenchmarkResult(
        "JPEG of a crop, our own",
        Stopwatch.fastest { _ in kept &+= UInt64(own.byteCount(crop)) } * 1e6, "µs", atMost: nil)
    ]
    if let turbo = try? TurboJPEG(quality: FrameReading.cropQuality) {
      let seconds = Stopwatch.fastest { _ in kept &+= UInt64(turbo.byteCount(crop)) }
      rows.append(
        BenchmarkResult("JPEG of a crop, libjpeg-turbo", seconds * 1e6, "µs", atMost: nil))
      let difference = Double(own.byteCount(crop)) / Double(turbo.byteCount(crop)) - 1
      rows.append(
        BenchmarkResult("our size against libjpeg-turbo's", difference * 100, "%", atMost: nil))
    }
    let hashing = Stopwatch.fastest { _ in
      kept &+= hash.hash(crop.bytes, width: crop.width, height: crop.height)
    }
    let boxes = crowd(300)
    let suppression = BoxSuppression(overlap: 0.5, mostBoxes: 16)
    let suppressing = Stopwatch.fastest { _ in kept &+= UInt64(suppression.kept(boxes).count) }
    precondition(kept > 0)
    return rows + [
      BenchmarkResult("hash of a crop", hashing * 1e6, "µs", atMost: nil),
      BenchmarkResult("suppression of 300 boxes", suppressing * 1e6, "µs", atMost: nil),
    ]
  }

  /// Soft discs before a noisy belt.
  private static func frames(count: Int) -> [GreyImage] {
    var random = SeededRandom(seed: 1, stream: "frames")
    return (0..<count).map { number in
      var samples = [Float](repeating: 0, count: 320 * 240)
      for y in 0..<240 {
        for x in 0..<320 {
          let (dx, dy) = ((x + 14 * number) % 110 - 55, y - 120)
          let isPart = dx * dx + dy * dy < 900
          samples[y * 320 + x] = (isPart ? 0.7 : 0.3) + Float(random.uniform(-0.02...0.02))
        }
      }
      return GreyImage(width: 320, height: 240, samples: samples)
    }
  }

  private static func crowd(_ count: Int) -> [FoundBox] {
    var random = SeededRandom(seed: 2, stream: "boxes")
    return (0..<count).map { _ in
      let (x, y) = (Float(random.uniform(0...120)), Float(random.uniform(0...80)))
      return FoundBox(
        left: x, top: y, right: x + Float(random.uniform(10...40)),
        bottom: y + Float(random.uniform(10...40)), category: 0, score: Float(random.uniform()))
    }
  }
}
