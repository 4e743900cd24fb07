import Bytes
import Commands
import Events
import Reports

/// `Benchmarks gestures`: synthetic gestures beside the real ones, statistic by statistic.
///
/// Ten clips of DVS128 Gesture (classes 1 to 10, one subject each) against three synthetic ones of
/// each class, of other subjects and seeds.
enum GestureComparison {
  private static let size = SensorSize(width: 128, height: 128)
  private static let subjects = 1...3

  private struct Row: Sendable {
    var title: String
    var unit: String
    var value: @Sendable (EventStatistics) -> Double
    var places: Int
  }

  private static let rows = [
    Row(title: "Events a second", unit: "k", value: { $0.rate / 1000 }, places: 1),
    Row(title: "ON events", unit: "%", value: { $0.onShare * 100 }, places: 1),
    Row(title: "Pixels with events", unit: "%", value: { $0.activeShare * 100 }, places: 1),
    Row(title: "Interval, 1st decile", unit: "ms", value: { $0.intervals.low / 1000 }, places: 1),
    Row(title: "Interval, median", unit: "ms", value: { $0.intervals.median / 1000 }, places: 1),
    Row(title: "Interval, 9th decile", unit: "ms", value: { $0.intervals.high / 1000 }, places: 1),
    Row(title: "Isolated events", unit: "%", value: { $0.isolatedShare * 100 }, places: 1),
    Row(title: "Same time as before", unit: "%", value: { $0.sharedTimes * 100 }, places: 1),
    Row(title: "Variance/mean in 10 ms", unit: "", value: { $0.burstiness }, places: 1),
  ]

  /// `Benchmarks gestures [--data FOLDER]`
  static func run(_ words: [String]) throws {
    var folder = BenchmarkContext().sharedData
    if words.first == "--data", words.count == 2 { folder = words[1] }
    let real = try (1...10).compactMap { number in
      let name =
        "\(folder)/events/labelled/dvsgesture_slayer/\(number < 10 ? "0" : "")\(number).bs2"
      let trace = try EventTrace.readAll(FileSource(name), name: name, sensor: size)
      return EventStatistics(trace.events, size: size)
    }
    let made = Gesture.allCases.prefix(10).flatMap { gesture in
      subjects.compactMap { subject in
        var plan = GesturePlan(
          gestures: [gesture], subject: subject, seed: UInt64(100 * subject + gesture.rawValue))
        plan.gestureDuration = 1_450_000
        return EventStatistics(GestureRecording(plan).events, size: size)
      }
    }
    print(table(real, made), terminator: "")
  }

  private static func table(_ real: [EventStatistics], _ made: [EventStatistics]) -> String {
    var table = TextTable([
      .init("Statistic"), .init("real, median", .right), .init("least–most", .right),
      .init("synthetic", .right), .init("least–most", .right), .init("ratio", .right),
    ])
    for row in rows {
      let (a, b) = (real.map(row.value).sorted(), made.map(row.value).sorted())
      let (middleA, middleB) = (median(a), median(b))
      func text(_ value: Double) -> String { value.fixed(row.places) }
      table.add(
        row.title + (row.unit.isEmpty ? "" : ", \(row.unit)"), text(middleA),
        "\(text(a.first!))–\(text(a.last!))", text(middleB),
        "\(text(b.first!))–\(text(b.last!))", (middleB / middleA).fixed(2))
    }
    return "\(real.count) real clips, \(made.count) synthetic ones\n"
      + table.text(Console.standard().style)
  }

  private static func median(_ sorted: [Double]) -> Double {
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
