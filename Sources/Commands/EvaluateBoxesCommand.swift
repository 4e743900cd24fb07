import Bytes
import Events
import Metrics
import Reports

/// `preflash evaluate boxes TRUTH DETECTIONS`
enum EvaluateBoxesCommand: Command {
  struct Arguments {
    var truth = ""
    var detections = ""
    var against: String?
    var filter = BoxFilter.none
    var tolerance = MarkedRecordings.usualTolerance
    var drawsImages = false
    var resamples = 1_000
    var seed: UInt64 = 1
    var withCurves = false
    var asJSON = false
  }

  static let name = "evaluate boxes"
  static let summary = "Judge a detector's boxes: mean average precision with intervals."
  static let examples = [
    "preflash evaluate boxes truth.json detections.json",
    "preflash evaluate boxes truth.json int8.json --against float32.json --json",
    "preflash evaluate boxes labels_bbox.npy found_bbox.npy --filter gen1",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand(
        "TRUTH",
        help: "COCO annotations in JSON; or boxes of a recording (.npy in Prophesee's layouts),\n"
          + "or a folder of such. Images that name a video_id are drawn by clip."
      ) { $0.truth = $1 },
      Operand(
        "DETECTIONS",
        help: "COCO results: a JSON list of image_id, category_id, bbox and score; or .npy\n"
          + "boxes, or a folder with as many, in the order of their names."
      ) { $0.detections = $1 },
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option(
        "--against", value: "FILE",
        help: "Another detector's boxes: differences, from the same resamples."
      ) { $0.against = $1 },
      Option(
        "--filter", value: "NAME",
        help: "Boxes of recordings that count: \(filterNames).\n"
          + "gen1 and 1mpx: Prophesee's rules, nothing in the first 0.5 s, sizes, classes;\n"
          + "toolbox: what its evaluator computes (default: none)."
      ) { arguments, word in
        guard let filter = BoxFilter(rawValue: word) else {
          throw UsageError("preflash \(name): expected --filter \(filterNames), found ‘\(word)’")
        }
        arguments.filter = filter
      },
      Option(
        "--tolerance", value: "TIME",
        help: "Detections this far from a labelled time count for it (default: 50ms)."
      ) { $0.tolerance = try parseTime($1, "--tolerance", 0...10_000_000) },
      Option(
        flag: "--by-image", help: "Draw single images, although they are of clips."
      ) { $0.drawsImages = true },
      resamplesOption { $0.resamples = $1 },
      Option("--seed", value: "N", help: "Of the resamples (default: 1).") {
        $0.seed = try parseNumber($1, "--seed")
      },
      Option(
        flag: "--curves", help: "With --json: the precision at 101 recalls, overlap 0.5, by class."
      ) { $0.withCurves = true },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  private static var filterNames: String {
    BoxFilter.allCases.map(\.rawValue).joined(separator: ", ")
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let files = [arguments.detections] + (arguments.against.map { [$0] } ?? [])
    let (images, detections, notes) = try read(arguments, files)
    let matches = detections.map {
      DetectionMatches(
        images.truth, $0.boxes, imageCount: images.imageCount,
        categoryCount: images.categories.count)
    }
    let clips = arguments.drawsImages ? nil : images.clips
    let bootstrap = DetectionBootstrap(
      clusters: clips ?? Array(0..<images.imageCount), resamples: arguments.resamples,
      seed: arguments.seed)
    let shown = console
    func progress(_ what: String) -> (Double) -> Void {
      { shown.progress("\(what): resamples \((100 * $0).fixed(0)) %") }
    }
    let detectors = files.indices.map { index in
      DetectionReport.Detector(
        file: files[index], detectionCount: detections[index].boxes.count,
        ofUnknownCategory: detections[index].ofUnknownCategory,
        summary: matches[index].summary(),
        intervals: bootstrap.intervals(of: matches[index], progress: progress(files[index])),
        curves: arguments.withCurves
          ? images.categories.indices.map { matches[index].precisionCurve(of: $0) } : [])
    }
    let difference =
      files.count < 2
      ? nil
      : DetectionReport.Difference(
        summary: detectors[0].summary - detectors[1].summary,
        intervals: bootstrap.difference(
          matches[0], matches[1], progress: progress("difference")))
    console.endProgress()
    let report = DetectionReport(
      truthFile: arguments.truth, images: images,
      objectCounts: images.categories.indices.map { matches[0].objectCount(of: $0) },
      detector: detectors[0], other: files.count < 2 ? nil : detectors[1],
      difference: difference, bootstrap: bootstrap, areClips: clips != nil, notes: notes)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }

  // MARK: Files

  private typealias Read = (
    images: MarkedImages, detections: [MarkedImages.Detections], notes: [String]
  )

  private static func read(
    _ arguments: Arguments, _ files: [String]
  ) throws(InputError) -> Read {
    let truth = arguments.truth
    return truth.hasSuffix(".npy") || Files.isDirectory(truth)
      ? try recordings(arguments, files) : try images(truth, files)
  }

  private static func images(_ truth: String, _ files: [String]) throws(InputError) -> Read {
    let images = try MarkedImages(coco: Files.read(truth), name: truth)
    var notes: [String] = []
    if images.hasObjectZero {
      notes.append(
        "An annotation has the id 0. Here it counts; pycocotools takes 0 for “not matched” and "
          + "gives lower figures.")
    }
    var detections: [MarkedImages.Detections] = []
    for file in files {
      let found = try images.detections(coco: Files.read(file), name: file)
      notes += unknownNote(file, found)
      detections.append(found)
    }
    return (images, detections, notes)
  }

  private static func recordings(
    _ arguments: Arguments, _ files: [String]
  ) throws(InputError) -> Read {
    let truth = try boxFiles(arguments.truth)
    var (images, detections, notes): Read = (
      MarkedImages(categories: [], imageCount: 0, clips: nil, truth: []), [], []
    )
    for file in files {
      let found = try boxFiles(file)
      guard found.count == truth.count else {
        throw InputError(
          file: file, at: .nowhere,
          "expected \(truth.count) files of boxes, as \(arguments.truth) has, "
            + "found \(found.count)")
      }
      do throws(InputError) {
        let marked = try MarkedRecordings(
          Array(zip(truth, found)), filter: arguments.filter, tolerance: arguments.tolerance)
        images = marked.images
        detections.append(marked.detections)
        notes += unknownNote(file, marked.detections)
        notes.append(
          "\(file): left out by the filter \(arguments.filter.rawValue): "
            + "\(marked.filteredTruth.grouped) objects, "
            + "\(marked.filteredDetections.grouped) detections; at no labelled time: "
            + "\(marked.atUnlabelledTimes.grouped) detections.")
      } catch {
        throw error.inFile(file)
      }
    }
    return (images, detections, notes)
  }

  private static func boxFiles(_ path: String) throws(InputError) -> [[BoxLabel]] {
    guard Files.isDirectory(path) else {
      return [try PropheseeBoxes.read(Files.read(path), name: path)]
    }
    var files: [[BoxLabel]] = []
    for name in try Files.names(in: path) where name.hasSuffix(".npy") {
      let file = "\(path)/\(name)"
      files.append(try PropheseeBoxes.read(Files.read(file), name: file))
    }
    return files
  }

  private static func unknownNote(
    _ file: String, _ detections: MarkedImages.Detections
  ) -> [String] {
    guard detections.ofUnknownCategory > 0 else { return [] }
    return [
      "\(file): \(detections.ofUnknownCategory.grouped) detections of classes that the truth does "
        + "not know count neither way."
    ]
  }
}
