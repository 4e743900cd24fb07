/// The minutes in which stations asked the cloud in vain.
///
/// A minute of a station is out when crops were doubtful in it and none of them was answered in time,
/// whatever the reason: the link, the provider, a key, a ceiling.
package struct Outages: Sendable, Equatable {
  private static let minute: Int64 = 60_000_000_000
  private static let asked: UInt8 = 1
  private static let answered: UInt8 = 2

  /// By station, then by minute, up to the last in which anything was asked.
  private var marks: [[UInt8]]

  package init(stations: Int) { marks = Array(repeating: [], count: stations) }

  /// - Parameter time: When the crop's frame came, in nanoseconds.
  mutating func note(station: Int, at time: Int64, isAnswered: Bool) {
    let minute = Int(time / Self.minute)
    if marks[station].count <= minute {
      marks[station].append(
        contentsOf: repeatElement(0, count: minute + 1 - marks[station].count))
    }
    marks[station][minute] |= Self.asked | (isAnswered ? Self.answered : 0)
  }

  /// Minutes of all stations together that are out, of those that begin in a stretch of time.
  package func minutes(
    of stations: [Int]? = nil, from start: Int64 = 0, to end: Int64 = .max
  ) -> Int {
    (stations ?? Array(marks.indices)).reduce(0) { sum, station in
      let count = Int64(marks[station].count)
      let first = min(count, (start + Self.minute - 1) / Self.minute)
      let last = min(count, end == .max ? count : (end + Self.minute - 1) / Self.minute)
      guard first < last else { return sum }
      return sum + marks[station][Int(first)..<Int(last)].count { $0 == Self.asked }
    }
  }

  /// The mean over all stations.
  package var minutesOfAStation: Double {
    marks.isEmpty ? 0 : Double(minutes()) / Double(marks.count)
  }

  static func += (a: inout Outages, b: Outages) {
    for (station, marks) in b.marks.enumerated() {
      let missing = marks.count - a.marks[station].count
      if missing > 0 { a.marks[station].append(contentsOf: repeatElement(0, count: missing)) }
      for (minute, mark) in marks.enumerated() { a.marks[station][minute] |= mark }
    }
  }
}
