import Bytes

/// Days, weeks and months of UTC, by the civil-from-days algorithm (Hinnant 2013, proleptic Gregorian).
package enum Calendar {
  package static let secondsPerDay: Int64 = 86_400

  /// Days from 1970-01-01 to the given date; `month` may lie outside 1…12.
  package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let months = year * 12 + month - 1
    let (civilYear, civilMonth) = (
      floorDivide(months, 12), months - floorDivide(months, 12) * 12 + 1
    )
    let shifted = civilMonth <= 2 ? civilYear - 1 : civilYear
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (civilMonth + (civilMonth > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Year and month, from 1, of a day counted from 1970-01-01.
  package static func month(ofDay days: Int64) -> (year: Int64, month: Int64) {
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month)
  }

  /// The last boundary of a period at or before a second: midnight, Monday, the first of a month,
  /// quarter or year; shorter periods are counted from midnight.
  package static func boundary(of period: ResetPeriod, atOrBefore second: Int64) -> Int64 {
    let day = floorDivide(second, secondsPerDay)
    switch period {
    case .months(let count):
      let (year, month) = month(ofDay: day)
      let first = (month - 1) / Int64(count) * Int64(count) + 1
      return days(year: year, month: first, day: 1) * secondsPerDay
    case .nanoseconds(let length):
      let seconds = length / 1_000_000_000
      // 1970-01-01 was a Thursday: weeks begin three days before it.
      let origin: Int64 = seconds > secondsPerDay ? -3 * secondsPerDay : 0
      return floorDivide(second - origin, seconds) * seconds + origin
    }
  }

  /// The first boundary after a second.
  package static func boundary(of period: ResetPeriod, after second: Int64) -> Int64 {
    let last = boundary(of: period, atOrBefore: second)
    switch period {
    case .nanoseconds(let length): return last + length / 1_000_000_000
    case .months(let count):
      let (year, month) = month(ofDay: last / secondsPerDay)
      return days(year: year, month: month + Int64(count), day: 1) * secondsPerDay
    }
  }

  /// Seconds since 1970 of a time such as `2026-06-01T06:00:00Z`.
  static func seconds(_ text: String) throws(InputError) -> Int64 {
    let problem = InputError(
      at: .key("startsAt"), "expected a time such as 2026-06-01T06:00:00Z, found “\(text)”")
    let bytes = Array(text.utf8)
    guard bytes.count == 20 else { throw problem }
    for (index, separator) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "Z")] {
      guard bytes[index] == separator.utf8.first else { throw problem }
    }
    func number(_ range: Range<Int>) throws(InputError) -> Int64 {
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw problem }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      return value
    }
    let (year, month, day) = (try number(0..<4), try number(5..<7), try number(8..<10))
    let (hour, minute, second) = (try number(11..<13), try number(14..<16), try number(17..<19))
    guard (1970...9999).contains(year), (1...12).contains(month), day >= 1,
      day <= days(year: year, month: month + 1, day: 1) - days(year: year, month: month, day: 1),
      hour < 24, minute < 60, second < 60
    else { throw problem }
    return days(year: year, month: month, day: day) * secondsPerDay + hour * 3600 + minute * 60
      + second
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}
