import Bytes
import Events
import Reports
import Scenarios

/// A synthetic trace's folder: its recipe, its checksums and its recordings.
struct RecipeFiles {
  let folder: String
  let recipe: TraceRecipe
  private let recipePath: String
  /// What is committed; empty before the first `--update`.
  private(set) var checksums: TraceChecksums

  /// - Parameter path: The folder, or the recipe in it.
  init(_ path: String) throws(InputError) {
    folder = Files.isDirectory(path) ? path : RehearsalFiles.folder(of: path)
    recipePath = RehearsalFiles.join(folder, TraceRecipe.fileName)
    guard Files.exists(recipePath) else {
      throw InputError(
        file: path, at: .nowhere,
        Files.exists(path)
          ? "there is no \(TraceRecipe.fileName) in it" : "there is no such folder",
        advice: "try preflash synthesize trace traces/conveyor-normal")
    }
    recipe = try TraceRecipe(parsing: Files.read(recipePath), file: recipePath)
    let path = RehearsalFiles.join(folder, TraceChecksums.fileName)
    checksums =
      Files.exists(path)
      ? try TraceChecksums(parsing: Files.read(path), file: path) : TraceChecksums()
  }

  var checksumsPath: String { RehearsalFiles.join(folder, TraceChecksums.fileName) }

  /// The plan of a recording, and how its file is compressed.
  func plan(
    _ part: TraceRecipe.Part
  ) throws(InputError) -> (plan: ConveyorPlan, compression: AEDAT4Writer.Compression) {
    let options = recipe.options[part] ?? []
    let words = options.flatMap {
      $0.split(separator: " ", maxSplits: 1).map(String.init)
    }
    do {
      let arguments = try SynthesizeConveyorCommand.parse(words)
      return (try SynthesizeConveyorCommand.plan(arguments), arguments.compression)
    } catch {
      let problem = (error as? UsageError)?.description ?? "\(error)"
      throw InputError(file: recipePath, at: .key("\(part.rawValue).options"), problem)
    }
  }

  /// Events of a recording; frames lie beside them in the short one.
  func events(_ part: TraceRecipe.Part) -> String {
    RehearsalFiles.join(folder, part == .short ? "recording.aedat4" : "long.aedat4")
  }

  func frames(_ part: TraceRecipe.Part) -> String {
    part == .short ? events(part) : RehearsalFiles.join(folder, "long.y4m")
  }

  func boxes(_ part: TraceRecipe.Part) -> String {
    RehearsalFiles.join(folder, part == .short ? "recording_boxes.npy" : "long_boxes.npy")
  }

  mutating func update(
    _ part: TraceRecipe.Part, _ made: TraceChecksums.Recording
  ) throws(InputError) {
    var kept = made
    // Events of the long recording are made only when asked for.
    kept.events = made.events ?? checksums.recordings[part]?.events
    checksums.recordings[part] = kept
    try Files.write(Array((checksums.json.text + "\n").utf8), to: checksumsPath)
  }

  /// Reads the committed recording and says what there is to say without a model.
  func review() throws -> TraceReviewReport {
    guard let committed = checksums.recordings[.short] else {
      throw InputError(
        file: checksumsPath, at: .nowhere, "expected checksums of the short recording, found none",
        advice: "preflash synthesize trace \(folder) --short --update writes them")
    }
    let boxes = try BoxLabels(Files.read(boxes(.short)), name: boxes(.short)).boxes
    var review = TraceReview(recipe, boxes: boxes)
    var digest = RecordingDigest()
    var reader = try Recording(events(.short)).reader
    var batch = EventBatch()
    while try reader.next(into: &batch) {
      review.add(batch)
      digest.add(batch)
    }
    do throws(InputError) {
      var frames = try AEDAT4Frames(FileSource(frames(.short)), libraries: SystemCompression())
      while let frame = try frames.next() {
        review.add(frame)
        digest.add(frame: frame.bytes)
      }
    } catch {
      throw error.inFile(frames(.short))
    }
    review.finish()
    let found = TraceChecksums.Recording(
      events: digest.eventChecksum, frames: digest.frameChecksum,
      boxes: RecordingDigest.checksum(of: boxes))
    return TraceReviewReport(recipe, review, found: found, committed: committed)
  }
}
