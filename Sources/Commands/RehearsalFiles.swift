import Boards
import Bytes
import Events
import Fit
import Models
package import Scenarios
import Timing

/// A board and a runtime in place of those of a scenario.
package struct DeviceRequest: Sendable {
  var board: String?
  var runtime: String?

  package init() {}
}

/// Opens everything that a scenario names, relative to the scenario's folder.
package struct RehearsalFiles {
  package let rehearsal: Rehearsal
  private let tracePath: String
  private let slice: SliceRequest

  /// - Parameters:
  ///   - path: A folder with a `scenario.json5`, or the file itself.
  ///   - slice: The events of the recording that are wanted; all if left out.
  ///   - adjustment: On top of what the scenario asks for.
  ///   - device: In place of the scenario's.
  package init(
    _ path: String, slice: SliceRequest = SliceRequest(),
    adjustment: AdjustmentRequest = AdjustmentRequest(), device: DeviceRequest = DeviceRequest()
  ) throws {
    let file = Files.isDirectory(path) ? Self.join(path, Self.scenarioName) : path
    guard Files.exists(file) else {
      throw InputError(
        file: path, at: .nowhere,
        Files.exists(path) ? "there is no \(Self.scenarioName) in it" : "there is no such file",
        advice: "try preflash replay traces/gestures")
    }
    let folder = Self.folder(of: file)
    var scenario = try Scenario(parsing: Files.read(file), file: file)
    scenario.trace.adjustment = adjustment.changing(scenario.trace.adjustment)
    scenario.board = Self.local(scenario.board, folder)
    scenario.runtime = Self.local(scenario.runtime, folder)
    self.slice = slice
    let cardPath = Self.join(folder, scenario.card)
    try Self.require(cardPath, "model", file)
    let card = try ModelCard(parsing: Files.read(cardPath), file: cardPath)
    let modelPath = Self.join(Self.folder(of: cardPath), card.model)
    try Self.require(modelPath, "model", cardPath)
    let model = try Model(tflite: Files.read(modelPath), name: modelPath)
    var labels: [TraceLabel] = []
    if let name = scenario.trace.labels {
      let path = Self.join(folder, name)
      try Self.require(path, "trace.labels", file)
      // Which classes there are is the card's to say.
      labels = try GestureLabels(Files.read(path), name: path, classes: 0...9_999).labels
    }
    tracePath = Self.join(folder, scenario.trace.file)
    try Self.require(tracePath, "trace.file", file)
    let target = try Self.replace(device, in: &scenario, model)
    do throws(InputError) {
      rehearsal = try Rehearsal(
        scenario, card: card, model: model, modelFile: card.model,
        device: target, labels: labels)
    } catch {
      throw error.inFile(cardPath)
    }
  }

  /// What the scenario names, or what was asked for in its place.
  private static func replace(
    _ device: DeviceRequest, in scenario: inout Scenario, _ model: Model
  ) throws(InputError) -> Rehearsal.Device {
    scenario.board = device.board ?? scenario.board
    guard let setting = try BoxLibrary.find(scenario.board) else {
      scenario.runtime = device.runtime ?? scenario.runtime
      return .board(
        try BoardLibrary.load(scenario.board), try RuntimeLibrary.load(scenario.runtime))
    }
    if device.board != nil {
      // Runtime and flash of a microcontroller mean nothing to a box.
      let own = try setting.box.runtime(nil, for: model.isQuantized ? .int8 : .fp32)
      scenario.runtime = device.runtime ?? own.name
      scenario.expectations.flashAtMost = nil
    } else if let runtime = device.runtime {
      scenario.runtime = runtime
    }
    return .box(setting)
  }

  static let scenarioName = "scenario.json5"

  /// Runs the rehearsal; `progress` is told the share of the recording that is done.
  package func run(jobs: Int, progress: (Double) -> Void) throws -> ReplayOutcome {
    var recording = try recording(progress)
    let size = recording.byteCount
    return try rehearsal.replay.run(&recording.reader, jobs: jobs) { bytes in
      if size > 0 { progress(Double(bytes) / Double(size)) }
    }
  }

  /// Runs the rehearsal over windows of several lengths, reading the recording once.
  package func sweep(
    _ lengths: [Int64], jobs: Int, progress: (Double) -> Void
  ) throws -> WindowSweep {
    var recording = try recording(progress)
    let size = recording.byteCount
    return try WindowSweep(
      rehearsal.replay, lengths: lengths, reader: &recording.reader, jobs: jobs
    ) { bytes in
      if size > 0 { progress(Double(bytes) / Double(size)) }
    }
  }

  /// The part of the recording that is wanted, changed as asked for.
  private func recording(_ progress: (Double) -> Void) throws -> Recording {
    let trace = rehearsal.scenario.trace
    var recording = try Recording(
      tracePath, format: trace.format, columns: trace.columns, slice: slice, progress: progress)
    try recording.reader.adjust(by: trace.adjustment)
    return recording
  }

  private static func require(
    _ path: String, _ key: String, _ file: String
  ) throws(InputError) {
    guard !Files.exists(path) else { return }
    throw InputError(
      file: file, at: .key(key), "expected a file, found none at \(path)",
      advice: "paths are relative to the file that names them")
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func join(_ folder: String, _ name: String) -> String {
    if name.hasPrefix("/") || folder == "." { return name }
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// A bundled name stays as it is; a path is taken from the scenario's folder.
  static func local(_ name: String, _ folder: String) -> String {
    name.contains("/") || name.hasSuffix(".json5") ? join(folder, name) : name
  }
}
