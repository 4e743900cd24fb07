import Bytes
import Commands
import Events
import Glibc
import Metrics
import Reports
import VirtualTime

/// Mean average precision of a large validation set, against pycocotools where there is one.
enum DetectionBenchmarks {
  private static let imageCount = 5_000
  private static let categoryCount = 80
  /// How many times faster than pycocotools is asked for.
  private static let floor = 50.0

  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    let (truth, claims) = boxes()
    var kept = 0.0
    let seconds = Stopwatch.fastest { _ in
      let matches = DetectionMatches(
        truth, claims, imageCount: imageCount, categoryCount: categoryCount)
      kept += matches.summary().overall[.precision] ?? 0
    }
    let matches = DetectionMatches(
      truth, claims, imageCount: imageCount, categoryCount: categoryCount)
    let bootstrap = DetectionBootstrap(clusters: Array(0..<imageCount), resamples: 10)
    let resampling = Stopwatch.fastest { _ in
      kept += bootstrap.intervals(of: matches)?.overall[.precision]?.lower ?? 0
    }
    guard kept > 0 else { throw InputError(at: .nowhere, "expected figures above 0, found none") }
    let name = "mAP of \(claims.count.grouped) detections"
    var results = [
      BenchmarkResult(name, seconds * 1e3, "ms", atMost: nil),
      BenchmarkResult(
        "\(name), a resample", resampling * 1e3 / Double(bootstrap.resamples), "ms", atMost: nil),
    ]
    if let python = getenv("PREFLASH_PYTHON") {
      results += try compared(
        String(cString: python), truth, claims, seconds, matches.summary().overall)
    }
    return results
  }

  /// Objects of all sizes, and detections that are right, shifted, of another class, or of nothing.
  private static func boxes() -> (truth: [TrueBox], claims: [DetectedBox]) {
    var random = SeededRandom(seed: 1, stream: "boxes")
    var (truth, claims): ([TrueBox], [DetectedBox]) = ([], [])
    func box() -> PixelBox {
      let (width, height) = (random.uniform(8...240), random.uniform(8...240))
      return PixelBox(
        x: random.uniform(0...(640 - width)), y: random.uniform(0...(480 - height)), width: width,
        height: height)
    }
    for image in 0..<imageCount {
      for _ in 0..<Int.random(in: 1...14, using: &random) {
        let category = Int.random(in: 0..<categoryCount, using: &random)
        let place = box()
        truth.append(
          TrueBox(
            image: image, category: category, box: place, isCrowd: random.uniform() < 0.01))
        guard random.uniform() < 0.85 else { continue }
        var found = place
        found.x += random.uniform(-0.15...0.15) * place.width
        found.width *= random.uniform(0.8...1.2)
        let isRight = random.uniform() < 0.9
        claims.append(
          DetectedBox(
            image: image, category: isRight ? category : (category + 1) % categoryCount,
            box: found, score: (random.uniform() * 1000).rounded() / 1000))
      }
      for _ in 0..<Int.random(in: 0...10, using: &random) {
        claims.append(
          DetectedBox(
            image: image, category: Int.random(in: 0..<categoryCount, using: &random), box: box(),
            score: (random.uniform() * 700).rounded() / 1000))
      }
    }
    return (truth, claims)
  }

  // MARK: pycocotools

  /// Prints to a file: seconds of matching and accumulating, then the twelve figures.
  private static let program = """
    import contextlib, io, sys, time
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    folder = sys.argv[1]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(folder + "/truth.json")
        e = COCOeval(truth, truth.loadRes(folder + "/claims.json"), "bbox")
        start = time.perf_counter()
        e.evaluate(); e.accumulate()
        seconds = time.perf_counter() - start
        e.summarize()
    with open(folder + "/figures.txt", "w") as f: print(seconds, *map(float, e.stats), file=f)
    """

  /// Writes the boxes to files, so that reading them is timed as well, and has both judge them.
  private static func compared(
    _ python: String, _ truth: [TrueBox], _ claims: [DetectedBox], _ seconds: Double,
    _ figures: DetectionFigures
  ) throws -> [BenchmarkResult] {
    let names = ["truth.json", "claims.json", "figures.txt"]
    let (reading, numbers) = try ChildProcess.withFolder(of: names) { folder in
      let paths = names.map { "\(folder)/\($0)" }
      try Files.write(Array(json(of: truth).text.utf8), to: paths[0])
      try Files.write(Array(json(of: claims).text.utf8), to: paths[1])
      let reading = try Stopwatch.fastest(runs: 1, budget: 0) { _ in
        let images = try MarkedImages(coco: Files.read(paths[0]), name: paths[0])
        _ = try images.detections(coco: Files.read(paths[1]), name: paths[1])
      }
      try ChildProcess.run([python, "-c", program, folder])
      let numbers = String(decoding: try Files.read(paths[2]), as: UTF8.self)
        .split(separator: " ").compactMap { Double($0.filter { !$0.isWhitespace }) }
      return (reading, numbers)
    }
    let expected = numbers.dropFirst()
    let deviation = zip(DetectionFigure.allCases, expected).map {
      abs((figures[$0] ?? -1) - $1)
    }.max()
    guard expected.count == DetectionFigure.allCases.count, let deviation else {
      throw InputError(file: python, at: .nowhere, "expected pycocotools’ figures, found none")
    }
    return [
      BenchmarkResult("reading those boxes from JSON", reading * 1e3, "ms", atMost: nil),
      BenchmarkResult("pycocotools on the same", numbers[0] * 1e3, "ms", atMost: nil),
      BenchmarkResult("times faster", numbers[0] / seconds, "×", atLeast: floor),
      BenchmarkResult(
        "largest difference of the figures", deviation * 1e12, "× 1e-12", atMost: nil),
    ]
  }

  private static func sides(_ box: PixelBox) -> JSONValue {
    .array([box.x, box.y, box.width, box.height].map { .decimal($0, places: 12) })
  }

  private static func json(of truth: [TrueBox]) -> JSONValue {
    [
      "images": .array((0..<imageCount).map { ["id": .integer($0 + 1)] }),
      "categories": .array(
        (0..<categoryCount).map { ["id": .integer($0 + 1), "name": .string("class \($0)")] }),
      "annotations": .array(
        truth.enumerated().map { index, object in
          [
            "id": .integer(index + 1), "image_id": .integer(object.image + 1),
            "category_id": .integer(object.category + 1), "bbox": sides(object.box),
            "area": .decimal(object.area, places: 9), "iscrowd": .integer(object.isCrowd ? 1 : 0),
          ]
        }),
    ]
  }

  private static func json(of claims: [DetectedBox]) -> JSONValue {
    .array(
      claims.map { claim in
        [
          "image_id": .integer(claim.image + 1), "category_id": .integer(claim.category + 1),
          "bbox": sides(claim.box), "score": .decimal(claim.score, places: 3),
        ]
      })
  }
}
