package import Bytes
import VirtualTime

#if canImport(FoundationEssentials)
  import FoundationEssentials
#endif

/// Reads recorded capacity: Mahimahi's lists of milliseconds, Ghent's JSON, and tables of time and
/// Mbit/s (CSV, or Norway's columns).
package enum CapacityTraceReader {
  private static let longest = 1 << 26

  /// - Throws: `InputError` with the line of what is wrong.
  package static func read(
    _ bytes: [UInt8], file: String, isOnce: Bool = false
  ) throws(InputError) -> CapacityTrace {
    do throws(InputError) {
      guard bytes.count <= longest else {
        throw InputError(at: .nowhere, "expected at most 64 MiB, found \(bytes.count) B")
      }
      let first = bytes.first { $0 > 0x20 }
      guard let first else {
        throw InputError(at: .nowhere, "expected a capacity trace, found nothing")
      }
      if first == UInt8(ascii: "[") { return try ghent(bytes, isOnce: isOnce) }
      return try lines(bytes, isOnce: isOnce)
    } catch {
      throw error.inFile(file)
    }
  }

  private struct Spell: Decodable {
    var milliseconds: Int64
    var kilobits: Int64

    enum CodingKeys: String, CodingKey {
      case milliseconds = "duration_ms"
      case kilobits = "bandwidth_kbps"
    }
  }

  private static func ghent(_ bytes: [UInt8], isOnce: Bool) throws(InputError) -> CapacityTrace {
    let spells: [Spell]
    do {
      spells = try JSONDecoder().decode([Spell].self, from: Data(bytes))
    } catch {
      throw InputError(
        at: .nowhere, "expected a JSON array of { duration_ms, bandwidth_kbps }",
        advice: "each of them a whole number")
    }
    var time: Int64 = 0
    var rates: [CapacityTrace.Rate] = []
    for (index, spell) in spells.enumerated() {
      guard 1...86_400_000 ~= spell.milliseconds, 0...100_000_000 ~= spell.kilobits else {
        throw InputError(
          at: .key("[\(index)]"),
          "expected a duration of 1 ms to a day and at most 100 Gbit/s, found "
            + "\(spell.milliseconds) ms and \(spell.kilobits) kbit/s")
      }
      rates.append(
        .init(
          start: .milliseconds(time), bitsPerSecond: spell.kilobits * 1_000))
      time += spell.milliseconds
    }
    return try finished(rates, period: .milliseconds(time), isOnce: isOnce)
  }

  private static func lines(_ bytes: [UInt8], isOnce: Bool) throws(InputError) -> CapacityTrace {
    var times: [Int32] = []
    var rates: [CapacityTrace.Rate] = []
    var isTable: Bool?
    var number = 0
    let newline = UInt8(ascii: "\n")
    for var line in bytes.split(separator: newline, omittingEmptySubsequences: false) {
      number += 1
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      let fields = line.split { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
        .map { String(decoding: $0, as: UTF8.self) }
      if fields.isEmpty || line.first == UInt8(ascii: "#") {
        continue
      }
      if isTable == nil {
        // A first line of words is a header.
        if Double(fields[0]) == nil, number == 1 { continue }
        isTable = fields.count > 1
      }
      if isTable! {
        try rates.append(rate(fields, after: rates.last, line: number))
      } else {
        try times.append(opportunity(fields, after: times.last, line: number))
      }
    }
    if !times.isEmpty {
      guard let last = times.last, last > 0 else {
        throw InputError(at: .line(number), "expected a last time above 0 ms, found 0")
      }
      return CapacityTrace(
        .opportunities(times), period: .milliseconds(Int64(last)), isOnce: isOnce)
    }
    // The last rate lasts as long as the one before it.
    let step =
      rates.count > 1 ? rates[rates.count - 1].start - rates[rates.count - 2].start : .seconds(1)
    return try finished(rates, period: (rates.last?.start ?? .zero) + step, isOnce: isOnce)
  }

  private static func opportunity(
    _ fields: [String], after last: Int32?, line: Int
  ) throws(InputError) -> Int32 {
    guard fields.count == 1, let time = Int32(fields[0]), time >= 0 else {
      throw InputError(
        at: .line(line), "expected one time in whole milliseconds, found ‘\(fields[0])’")
    }
    guard time >= last ?? 0 else {
      throw InputError(
        at: .line(line), "expected a time of at least \(last ?? 0) ms, found \(time)",
        advice: "times must ascend")
    }
    return time
  }

  private static func rate(
    _ fields: [String], after last: CapacityTrace.Rate?, line: Int
  ) throws(InputError) -> CapacityTrace.Rate {
    guard fields.count == 2, let time = Double(fields[0]), let rate = Double(fields[1]),
      0...1e7 ~= time, 0...1e5 ~= rate
    else {
      throw InputError(
        at: .line(line), "expected seconds and Mbit/s, found ‘\(fields.joined(separator: ", "))’",
        advice: "as in 12.5, 3.75")
    }
    let start = Duration(nanoseconds: Int64((time * 1e9).rounded()))
    if let last, start <= last.start {
      throw InputError(
        at: .line(line), "expected a time after \(last.start.inSeconds) s, found \(time) s",
        advice: "times must ascend")
    }
    return .init(start: start, bitsPerSecond: Int64((rate * 1e6).rounded()))
  }

  /// What comes before the first time has the first rate.
  private static func finished(
    _ rates: [CapacityTrace.Rate], period: Duration, isOnce: Bool
  ) throws(InputError) -> CapacityTrace {
    guard !rates.isEmpty, period > .zero else {
      throw InputError(at: .nowhere, "expected times with capacity, found none")
    }
    guard rates.contains(where: { $0.bitsPerSecond > 0 }) else {
      throw InputError(at: .nowhere, "expected some capacity, found 0 Mbit/s throughout")
    }
    return CapacityTrace(.rates(rates), period: period, isOnce: isOnce)
  }
}
