package import Bytes

/// Numbers with units, as typed in boards, scenarios and budgets: `128KiB`, `20ms`, `480MHz`, `3.5Mbit/s`.
///
/// KB, MB and GB are decimal; KiB, MiB and GiB binary. A fraction must come out whole in the base
/// unit (bytes, nanoseconds, hertz, bits a second): `1.5KiB` is 1,536, `0.3B` an error. Results are never negative.
package enum Quantity {
  /// Whole bytes; a number without a unit is bytes.
  package static func bytes(_ text: String) throws(InputError) -> Int {
    try parse(text, units: byteUnits, noun: "a size", example: "128KiB", unitless: true)
  }

  /// Whole nanoseconds.
  package static func nanoseconds(_ text: String) throws(InputError) -> Int {
    try parse(text, units: timeUnits, noun: "a duration", example: "20ms", unitless: false)
  }

  /// Whole hertz; a number without a unit is hertz.
  package static func hertz(_ text: String) throws(InputError) -> Int {
    try parse(text, units: frequencyUnits, noun: "a frequency", example: "480MHz", unitless: true)
  }

  /// Whole bits a second.
  package static func bitsPerSecond(_ text: String) throws(InputError) -> Int {
    try parse(text, units: rateUnits, noun: "a rate", example: "3.5Mbit/s", unitless: false)
  }

  private static let rateUnits: [(String, Int)] = [
    ("bit/s", 1), ("kbit/s", 1_000), ("Mbit/s", 1_000_000), ("Gbit/s", 1_000_000_000),
  ]
  private static let byteUnits: [(String, Int)] = [
    ("B", 1), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
  ]
  private static let timeUnits: [(String, Int)] = [
    ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ("min", 60_000_000_000), ("h", 3_600_000_000_000),
  ]
  private static let frequencyUnits: [(String, Int)] = [
    ("Hz", 1), ("kHz", 1_000), ("MHz", 1_000_000), ("GHz", 1_000_000_000),
  ]

  private static func parse(
    _ text: String, units: [(String, Int)], noun: String, example: String, unitless: Bool
  ) throws(InputError) -> Int {
    let expectation = "expected \(noun) such as \(example), found “\(text)”"
    let number = text.prefix { ($0.isASCII && $0.isWholeNumber) || $0 == "." || $0 == "_" }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first, !whole.isEmpty, whole.first != "_",
      parts.count == 1 || !parts[1].isEmpty
    else { throw InputError(at: .nowhere, expectation) }
    guard let factor = units.first(where: { $0.0 == unit })?.1 ?? (unit.isEmpty ? 1 : nil),
      unitless || !unit.isEmpty
    else {
      // People write kib and KHZ; say what the unit is called here.
      let near = units.first { $0.0.lowercased() == unit.lowercased() }?.0
      let names = units.map(\.0).joined(separator: ", ")
      throw InputError(
        at: .nowhere, expectation,
        advice: near.map { "did you mean \(number)\($0)?" } ?? "units are \(names)")
    }
    guard let value = exactProduct(parts, factor) else {
      throw InputError(
        at: .nowhere, expectation, advice: "it must be whole in \(units[0].0) and fit 63 bits")
    }
    return value
  }

  /// whole.fraction × factor, when that is a whole number below 2⁶³.
  private static func exactProduct(_ parts: [Substring], _ factor: Int) -> Int? {
    var mantissa = 0
    var divisor = 1
    for (index, part) in parts.enumerated() {
      for character in part where character != "_" {
        guard let digit = character.wholeNumberValue else { return nil }
        let (tens, overflow) = mantissa.multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = tens.addingReportingOverflow(digit)
        guard !overflow, !overflow2 else { return nil }
        mantissa = sum
        if index == 1 {
          let (grown, overflow3) = divisor.multipliedReportingOverflow(by: 10)
          guard !overflow3 else { return nil }
          divisor = grown
        }
      }
    }
    let product = mantissa.multipliedFullWidth(by: factor)
    guard product.high >= 0, product.high < divisor else { return nil }
    let (quotient, remainder) = UInt(divisor).dividingFullWidth(
      (UInt(product.high), product.low))
    return remainder == 0 ? Int(exactly: quotient) : nil
  }
}

/// A number of bytes in a configuration file: `131072` or `"128KiB"`.
package struct ByteCount: Equatable, Sendable, Decodable {
  package var bytes: Int

  package init(_ bytes: Int) { self.bytes = bytes }

  package init(from decoder: any Decoder) throws {
    bytes = try decoder.quantity { text throws(InputError) in try Quantity.bytes(text) }
  }
}

/// Cycles a second in a configuration file: `480000000` or `"480MHz"`; at least 1.
package struct Frequency: Equatable, Sendable, Decodable {
  package var hertz: Int

  package init(hertz: Int) { self.hertz = hertz }

  package init(from decoder: any Decoder) throws {
    hertz = try decoder.quantity { text throws(InputError) in try Quantity.hertz(text) }
    if hertz == 0 { throw InputError(at: .nowhere, "expected a frequency above 0") }
  }
}

/// Bits a second in a configuration file: `"3.5Mbit/s"`, above zero; a unit is required.
package struct BitRate: Equatable, Sendable, Decodable {
  package var bitsPerSecond: Int

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    bitsPerSecond = try Quantity.bitsPerSecond(container.decode(String.self))
    guard 1...1_000_000_000_000 ~= bitsPerSecond else {
      throw InputError(
        at: .nowhere, "expected a rate from 1 bit/s to 1 Tbit/s, found \(bitsPerSecond) bit/s")
    }
  }
}

/// A length of time in a configuration file: `"20ms"`; a unit is required.
package struct TimeSpan: Equatable, Sendable, Decodable {
  package var nanoseconds: Int

  package init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    nanoseconds = try Quantity.nanoseconds(container.decode(String.self))
  }
}

extension Decoder {
  /// A whole number in the base unit, or a string with a unit.
  fileprivate func quantity(
    _ parse: (String) throws(InputError) -> Int
  ) throws -> Int {
    let container = try singleValueContainer()
    guard let number = try? container.decode(Int.self) else {
      return try parse(container.decode(String.self))
    }
    guard number >= 0 else {
      throw InputError(at: .nowhere, "expected a number of at least 0, found \(number)")
    }
    return number
  }
}
