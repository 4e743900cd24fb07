import Bytes
import Events

/// What several commands accept as the value of an option.
extension Command {
  static func parseNumber<Number: FixedWidthInteger>(
    _ text: String, _ option: String, atLeast least: Number = 0
  ) throws -> Number {
    guard let number = Number(text), number >= least else {
      throw UsageError(
        "preflash \(name): \(option): expected a whole number from \(least), found ‘\(text)’")
    }
    return number
  }

  /// Microseconds of a time such as `2s`, `1.5s`, `400ms` or `250us`.
  static func parseTime(
    _ text: String, _ option: String, _ range: ClosedRange<Int64>
  ) throws -> Int64 {
    let units: [(String, Double)] = [("ms", 1e3), ("us", 1), ("µs", 1), ("s", 1e6)]
    if let (suffix, scale) = units.first(where: { text.hasSuffix($0.0) }),
      let value = Double(text.dropLast(suffix.count)), value.isFinite, abs(value) < 1e12
    {
      let time = Int64((value * scale).rounded())
      if range.contains(time) { return time }
    }
    throw UsageError(
      "preflash \(name): \(option): expected a time from \(timeText(range.lowerBound)) to"
        + " \(timeText(range.upperBound)), such as 1.5s or 400ms, found ‘\(text)’")
  }

  private static func timeText(_ time: Int64) -> String {
    if time != 0 && time < 1000 { return "\(time)us" }
    return time < 1_000_000 ? "\(time / 1000)ms" : "\(time / 1_000_000)s"
  }

  /// `--compression NAME`, for commands that write AEDAT 4.
  static func compressionOption(
    _ set: @escaping (inout Arguments, AEDAT4Writer.Compression) -> Void
  ) -> Option<Arguments> {
    let names = AEDAT4Writer.Compression.allCases.map(\.rawValue)
    return Option(
      "--compression", value: "NAME",
      help: "Of AEDAT 4: none, lz4 (if left out), zstd or zstd-high."
    ) {
      guard let compression = AEDAT4Writer.Compression(rawValue: $1) else {
        throw UsageError(
          "preflash \(name): expected \(names.dropLast().joined(separator: ", ")) or "
            + "\(names.last!), found ‘\($1)’")
      }
      set(&$0, compression)
    }
  }

  /// A number with or without a fraction, within a range.
  static func parseReal(
    _ text: String, _ option: String, _ range: ClosedRange<Double>
  ) throws -> Double {
    guard let value = Double(text), range.contains(value) else {
      throw UsageError(
        "preflash \(name): \(option): expected a number from \(range.lowerBound) to "
          + "\(range.upperBound), found ‘\(text)’")
    }
    return value
  }

  /// The share that a number of per cent is, such as `3`, `3%` or `3 %`.
  static func parsePercent(_ text: String, _ option: String) throws -> Double {
    var number = Substring(text)
    if number.last == "%" {
      number = number.dropLast()
      while number.last?.isWhitespace == true { number = number.dropLast() }
    }
    guard let percent = Double(number), (0...100).contains(percent) else {
      throw UsageError(
        "preflash \(name): \(option): expected 0 to 100 per cent, such as 3 or ‘3 %’, found "
          + "‘\(text)’")
    }
    return percent / 100
  }

  /// `wave.aedat` → `wave` + suffix.
  static func sibling(of path: String, _ suffix: String) -> String {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let stem =
      name.lastIndex(of: ".").flatMap { $0 > name.startIndex ? path[..<$0] : nil } ?? path[...]
    return stem + suffix
  }

  /// `--resamples N` of a detector's bootstrap.
  static func resamplesOption(
    _ set: @escaping (inout Arguments, Int) -> Void
  ) -> Option<Arguments> {
    Option("--resamples", value: "N", help: "Of the bootstrap; 0 for no intervals (default: 1000).")
    {
      arguments, text in
      let count: Int = try parseNumber(text, "--resamples")
      guard count <= 1_000_000 else {
        throw UsageError("preflash \(name): --resamples: expected at most 1000000")
      }
      set(&arguments, count)
    }
  }
}
