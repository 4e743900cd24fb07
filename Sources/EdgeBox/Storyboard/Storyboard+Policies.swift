import Boards
import Bytes
import Uplink
import VirtualTime

extension CascadePlan.CloudAccuracy {
  /// What takes a box away.
  private static let noObject = "no object"

  /// The accuracy of each class; what is missing from it is spread evenly over the other classes.
  init(
    _ raw: StoryboardFile.Cascade.Cloud, _ classes: [String], seed: UInt64
  ) throws(InputError) {
    let path = "cascade.cloud.assumed"
    for (index, entry) in raw.assumed.enumerated() where !classes.contains(entry.name) {
      throw Self.unknown(entry.name, classes, "\(path)[\(index)].name")
    }
    var confusion: [[Double]] = []
    for (number, name) in classes.enumerated() {
      guard let index = raw.assumed.firstIndex(where: { $0.name == name }) else {
        throw InputError(at: .key(path), "expected an accuracy of “\(name)”, found none")
      }
      let right = try RehearsalPlan.share(
        raw.assumed[index].accuracy, "\(path)[\(index)].accuracy", or: 0)
      let wrong = (1 - right) / Double(max(1, classes.count - 1))
      confusion.append(
        classes.indices.map { $0 != number ? wrong : classes.count == 1 ? 1 : right })
    }
    var nothing = [Double](repeating: 1 / Double(classes.count), count: classes.count)
    if let name = raw.nothing {
      let choices = classes + [Self.noObject]
      guard let number = choices.firstIndex(of: name) else {
        throw Self.unknown(name, choices, "cascade.cloud.nothing")
      }
      nothing = (0...max(number, classes.count - 1)).map { $0 == number ? 1 : 0 }
    }
    self.init(
      confusion: confusion, onNothing: nothing,
      score: try RehearsalPlan.share(raw.score, "cascade.cloud.score", or: 0.95), seed: seed)
  }

  private static func unknown(_ name: String, _ choices: [String], _ key: String) -> InputError {
    InputError(
      at: .key(key), "expected one of \(choices.joined(separator: ", ")), found “\(name)”",
      advice: name.closest(in: choices).map { "did you mean “\($0)”?" })
  }
}

extension DriftRules {
  /// The usual rules where the file says nothing else.
  init(_ raw: StoryboardFile.Cascade.Drift?) throws(InputError) {
    self.init()
    guard let raw else { return }
    let path = "cascade.drift"
    func time(_ span: TimeSpan?, _ key: String, or usual: Duration) throws(InputError) -> Duration {
      span == nil ? usual : try RehearsalPlan.time(span, "\(path).\(key)", from: 1)
    }
    func number(
      _ value: Double?, _ key: String, above least: Double, to most: Double
    ) throws(InputError) -> Double? {
      guard let value else { return nil }
      guard value > least, value <= most else {
        throw InputError(
          at: .key("\(path).\(key)"), "expected more than \(least) to \(most), found \(value)")
      }
      return value
    }
    window = try time(raw.window, "window", or: window)
    silence = try time(raw.silence, "silence", or: silence)
    baseline = try CascadePlan.count(raw.baseline ?? baseline, "\(path).baseline", 1...100_000)
    falseAlarmsPerDay =
      try number(raw.falseAlarmsPerDay, "falseAlarmsPerDay", above: 0, to: 1_000)
      ?? falseAlarmsPerDay
    shift = try number(raw.shift, "shift", above: 1, to: 1_000) ?? shift
    relativeBand = try number(raw.relativeBand, "relativeBand", above: 0, to: 1_000)
    absoluteBand = try number(raw.absoluteBand, "absoluteBand", above: 0, to: 1)
    detectors = raw.detectors?.map(\.detector) ?? detectors
  }
}

extension StoryboardFile.Cascade.Detector {
  fileprivate var detector: DriftDetector {
    switch self {
    case .relativeBand: .relativeBand
    case .absoluteBand: .absoluteBand
    case .cusum: .cusum
    case .pageHinkley: .pageHinkley
    }
  }
}
