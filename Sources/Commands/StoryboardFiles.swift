import Boards
package import Bytes
package import EdgeBox
import Events
package import Reports
import Scenarios
import Uplink
import VirtualTime

/// Opens everything that a storyboard names, relative to the storyboard's folder.
package struct StoryboardFiles {
  package let storyboard: Storyboard
  let setting: StoryboardReport.Setting
  /// In the order of the file.
  let recordingNames: [String]
  let link: LinkLibrary.Entry
  var linkName: String { setting.link }

  static let storyboardName = "storyboard.json5"

  /// - Parameter path: A folder with a `storyboard.json5`, or the file itself.
  package init(_ path: String) throws(InputError) {
    let path = try Self.file(path)
    let bytes = try Files.read(path)
    let folder = RehearsalFiles.folder(of: path)
    do throws(InputError) {
      let file = try StoryboardFile(parsing: bytes, file: path)
      link = try NetworkRehearsalFiles.loading("link") { () throws(InputError) in
        try LinkLibrary.load(RehearsalFiles.local(file.link, folder))
      }
      recordingNames = file.recordings.enumerated().map { $1.name ?? "recording \($0 + 1)" }
      let gateway = try NetworkRehearsalFiles.gateway(
        file.gateway, over: file.providers, folder)
      var records: [DetectionRecord] = []
      var answers: [CascadePlan.RecordedAnswer] = []
      for (index, recording) in file.recordings.enumerated() {
        let key = "recordings[\(index)]"
        let record = try Self.record(recording, key, folder)
        if let name = recording.answers {
          let place = try Self.existing(name, "\(key).answers", folder)
          answers += try CascadePlan.RecordedAnswer.read(
            Files.read(place), of: record, number: index, name: place)
        }
        records.append(record)
      }
      let box = try StoryboardBox(file.box, folder)
      if let record = records.first { try box.check(record) }
      storyboard = try Storyboard(
        file,
        Storyboard.Parts(
          records: records, timing: box.timing, gateway: gateway, answers: answers))
      setting = StoryboardReport.Setting(
        box: box.title, model: box.card.name, link: file.link, gateway: gateway?.name,
        latency: box.basis)
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes).inFile(path)
    }
  }

  private static func file(_ path: String) throws(InputError) -> String {
    let file = Files.isDirectory(path) ? RehearsalFiles.join(path, storyboardName) : path
    guard Files.exists(file) else {
      throw InputError(
        file: path, at: .nowhere,
        Files.exists(path) ? "there is no \(storyboardName) in it" : "there is no such file",
        advice: "try preflash rehearse traces/conveyor-17-minute-outage")
    }
    return file
  }

  /// The place of a file that is named under `key`.
  static func existing(
    _ name: String, _ key: String, _ folder: String
  ) throws(InputError) -> String {
    let place = RehearsalFiles.join(folder, name)
    guard Files.exists(place) else {
      throw InputError(
        at: .key(key), "expected a file, found none at \(place)",
        advice: "paths are relative to the file that names them")
    }
    return place
  }

  /// Detections with the truth beside them.
  private static func record(
    _ recording: StoryboardFile.Recording, _ key: String, _ folder: String
  ) throws(InputError) -> DetectionRecord {
    let place = try existing(recording.record, "\(key).record", folder)
    var record = try DetectionRecordFile.read(Files.read(place), name: place)
    let labels = try existing(recording.labels, "\(key).labels", folder)
    try record.mark(BoxLabels(Files.read(labels), name: labels).boxes, name: labels)
    return record
  }

  /// Plays the three runs; where nothing goes wrong the third is the second.
  ///
  /// - Parameter progress: Told the run and the share of it that is done.
  package func run(
    jobs: Int, progress: (String, Double) -> Void = { _, _ in }
  ) throws(InputError) -> StoryboardRuns {
    func run(
      _ variant: CascadeOutcome.Variant, _ name: String
    ) throws(InputError) -> CascadeOutcome {
      try self.run(storyboard.plan, variant, over: link, jobs: jobs) { progress(name, $0) }
    }
    let cascade = try run(.cascade, "cascade")
    return StoryboardRuns(
      edgeOnly: try run(.edgeOnly, "edge only"), cascade: cascade,
      withoutIncident: storyboard.incidents.isEmpty
        ? cascade : try run(.withoutIncidents, "without incident"))
  }

  /// One run of a plan that is the storyboard's or like it.
  ///
  /// - Parameter farEnd: Who answers; the storyboard's choice when nil.
  func run(
    _ plan: CascadePlan, _ variant: CascadeOutcome.Variant, over link: LinkLibrary.Entry,
    farEnd: FarEndChoice? = nil, jobs: Int, progress: (Double) -> Void = { _ in }
  ) throws(InputError) -> CascadeOutcome {
    try CascadeSimulation.run(
      plan, variant: variant, farEnd: farEnd ?? storyboard.farEnd,
      link: { seed throws(InputError) in try link.link(seed: seed) }, jobs: jobs,
      progress: progress)
  }

  package func report(_ runs: StoryboardRuns) -> StoryboardReport {
    StoryboardReport(storyboard, setting: setting, runs: runs)
  }
}
