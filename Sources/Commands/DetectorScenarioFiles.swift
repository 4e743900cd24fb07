import Boards
import Bytes
import Events
import Fit
import Metrics
import Models
import Reports
import Scenarios
import Timing
import VirtualTime

/// Opens everything that a detector's scenario names, relative to the scenario's folder.
struct DetectorScenarioFiles {
  static let scenarioName = "detector.json5"

  private var scenario: DetectorScenario
  private let detector: DetectorFiles
  private let timing: BoxTiming
  private let tracePath: String
  private let labelPath: String

  /// - Parameters:
  ///   - path: A folder with a `detector.json5`, or the file itself.
  ///   - trace: Another recording, with its labels, instead of the scenario's.
  ///   - box: Another edge box.
  init(
    _ path: String, trace: (file: String, labels: String)? = nil, box: String? = nil
  ) throws(InputError) {
    let file = Files.isDirectory(path) ? RehearsalFiles.join(path, Self.scenarioName) : path
    let folder = RehearsalFiles.folder(of: file)
    scenario = try DetectorScenario(parsing: Files.read(file), file: file)
    if let trace {
      scenario.trace = DetectorScenario.Trace(file: trace.file, labels: trace.labels)
    }
    tracePath = trace?.file ?? RehearsalFiles.join(folder, scenario.trace.file)
    labelPath = trace?.labels ?? RehearsalFiles.join(folder, scenario.trace.labels)
    detector = try DetectorFiles(card: RehearsalFiles.join(folder, scenario.model))
    do throws(InputError) {
      let setting = try BoxLibrary.setting(box ?? RehearsalFiles.local(scenario.box, folder))
      timing = try BoxDeployment(model: detector.model, setting: setting).verdict().timing
    } catch {
      throw error.inFile(file)
    }
  }

  /// Whether a folder or a file is a detector's scenario.
  static func isScenario(_ path: String) -> Bool {
    Files.isDirectory(path)
      ? Files.exists(RehearsalFiles.join(path, scenarioName))
        && !Files.exists(RehearsalFiles.join(path, RehearsalFiles.scenarioName))
      : path.hasSuffix(scenarioName)
  }

  /// - Parameter lengths: Of windows, microseconds; the scenario's own when empty.
  func report(
    _ lengths: [Int64] = [], jobs: Int, _ console: Console
  ) throws(InputError) -> DetectorReplayReport {
    let card = detector.card
    let labels = try BoxLabels(
      Files.read(labelPath), name: labelPath, framePeriod: scenario.framePeriod)
    let own = scenario.windowLength ?? Int64(card.window.microseconds)
    let representation = card.representation
    let elements = representation.width * representation.height * (try representation.channels)
    let replay = DetectorReplay(
      card, detector.detector,
      latency: DetectorReplay.Latency(
        inference: timing.median,
        preprocessing: PreprocessingModel(
          representation.work, elements: elements, on: timing.setting),
        clock: CoreClock(hertz: Int64(timing.setting.mode.cpuClock))),
      period: scenario.framePeriod)
    var outcomes: [DetectorReplay.Outcome] = []
    for length in lengths.isEmpty ? [own] : lengths {
      var recording = try Recording(tracePath)
      outcomes.append(
        try replay.run(
          &recording.reader, window: length, labels: labels.boxes, labelName: labelPath,
          jobs: jobs
        ) {
          console.progress(
            "\(scenario.name): \((Double(length) / 1_000).fixed(1)) ms, \($0.grouped) windows")
        })
      console.endProgress()
    }
    return DetectorReplayReport(
      scenario, card: card, boxTitle: timing.setting.title, runtimeTitle: timing.runtime.title,
      basis: BoxTimingText(timing).sentences, ownWindow: own, outcomes: outcomes)
  }
}
