import Glibc
import Reports

/// One figure of one run of a benchmark.
struct BenchmarkResult {
  var name: String
  var value: Double
  /// What `value` counts, such as `M events/s` or `ms`.
  var unit: String
  /// What the value is held against: a floor for rates, a ceiling for times.
  var reference: Double?
  /// A rate, where more is better; false for times.
  var isRate: Bool
  /// What a reader has to know about the row, such as what it could not be compared with.
  var note: String?

  init(_ name: String, _ value: Double, _ unit: String, atLeast reference: Double? = nil) {
    self.name = name
    self.value = value
    self.unit = unit
    self.reference = reference
    isRate = true
  }

  init(_ name: String, _ value: Double, _ unit: String, atMost reference: Double?) {
    self.name = name
    self.value = value
    self.unit = unit
    self.reference = reference
    isRate = false
  }

  /// How many times better than the reference; below 1 is a miss.
  var ratio: Double? { reference.map { isRate ? value / $0 : $0 / value } }
}

extension [BenchmarkResult] {
  func text(_ style: Style) -> String {
    var table = TextTable([
      .init("benchmark"), .init("value", .right), .init("unit"), .init("reference", .right),
      .init("ratio", .right),
    ])
    for row in self {
      let ratio = row.ratio.map { "\($0.fixed(2))×" } ?? ""
      table.add(
        row.name, row.value.fixed(digits(row.value)), row.unit,
        row.reference.map { (row.isRate ? "≥ " : "≤ ") + $0.fixed(digits($0)) } ?? "",
        style((row.ratio ?? 1) < 1 ? .red : .green, ratio))
    }
    let notes = compactMap { row in row.note.map { "\(row.name): \($0)\n" } }
    return table.text(style) + notes.joined()
  }

  var json: JSONValue {
    .array(
      map { row in
        [
          "name": .string(row.name),
          "value": .decimal(row.value, places: 6),
          "unit": .string(row.unit),
          "reference": row.reference.map { .decimal($0, places: 6) } ?? .null,
          "ratio": row.ratio.map { .decimal($0, places: 3) } ?? .null,
          "note": row.note.map { .string($0) } ?? .null,
        ]
      })
  }

  private func digits(_ value: Double) -> Int { value < 1 ? 4 : value < 100 ? 2 : 0 }
}

/// Repeats work and keeps the fastest time, which other processes disturb least.
enum Stopwatch {
  /// Seconds of the fastest of at least `runs` calls, and of more while `budget` seconds last.
  ///
  /// `work` gets the number of the call: vary the input by it and fold the result into something
  /// that is kept, or the optimizer will move the work out of the loop.
  static func fastest(
    runs: Int = 3, budget: Double = 0.5, _ work: (Int) throws -> Void
  ) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    var best = Double.infinity
    var count = 0
    while count < runs || seconds(clock.now - start) < budget {
      let begin = clock.now
      try work(count)
      best = min(best, seconds(clock.now - begin))
      count += 1
    }
    return best
  }

  /// Seconds of processor time of the fastest of `runs` calls: what others do disturbs it least.
  static func fastestProcessor(runs: Int = 7, _ work: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    var best = Double.infinity
    for _ in 0..<runs {
      let begin = now()
      try work()
      best = min(best, now() - begin)
    }
    return best
  }

  private static func seconds(_ duration: Duration) -> Double {
    let parts = duration.components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }
}
