package import Bytes
import VirtualTime

extension LinkProfile.Direction {
  /// What netem would do to one direction, from the options of tc-netem(8); a whole command such as
  /// `tc qdisc add dev eth0 root netem delay 40ms` is taken from the word `netem` on.
  ///
  /// Units are tc's: `kbit` a thousand bits, `kbps` a thousand bytes, `Mibit` 2²⁰ bits; a percentage
  /// may lack its sign. Times need a unit, as versions of tc differ about a bare number. The limit
  /// counts packets that wait for the rate, not those on their way.
  ///
  /// - Throws: `InputError` for words that tc does not know, values without sense, and what is not
  ///   modelled: `slot`, `ecn`, correlated loss.
  package init(netem line: String) throws(InputError) {
    var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    if let start = words.firstIndex(of: "netem") { words.removeFirst(start + 1) }
    guard !words.isEmpty else {
      throw InputError(
        at: .nowhere, "expected options of netem, found none", advice: "as in delay 40ms 10ms")
    }
    var parser = NetemParser(words)
    self = try parser.parse()
  }
}

extension LinkProfile {
  /// A file with one netem line for the uplink, as tc shapes what leaves, and perhaps a second for
  /// the downlink. Empty lines and those that start with # are skipped.
  package init(netem bytes: [UInt8], file: String) throws(InputError) {
    self.init(name: file, title: "netem")
    var count = 0
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let text = String(decoding: line, as: UTF8.self)
      let first = text.first { !$0.isWhitespace }
      if first == nil || first == "#" { continue }
      count += 1
      do throws(InputError) {
        guard count <= 2 else {
          throw InputError(at: .nowhere, "expected a line for each direction, found a third")
        }
        let direction = try Direction(netem: text)
        if count == 1 { uplink = direction } else { downlink = direction }
      } catch {
        throw InputError(
          file: file, at: .line(index + 1), error.problem, advice: error.advice)
      }
    }
    guard count > 0 else {
      throw InputError(file: file, at: .nowhere, "expected a netem line, found none")
    }
  }
}

/// What a file without a telling name holds.
package enum LinkText {
  /// Whether the first word that is not a comment belongs to netem or tc.
  package static func isNetem(_ bytes: [UInt8]) -> Bool {
    for line in bytes.prefix(4_096).split(separator: UInt8(ascii: "\n")) {
      let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      return ["tc", "sudo", "netem"].contains(first)
        || NetemParser.keywords.contains(String(first))
    }
    return false
  }

  /// Whether JSON begins as a proxy or a toxic does, rather than with spells of capacity.
  package static func isToxiproxy(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first(where: { $0 > 0x20 }), first == 0x5B || first == 0x7B else {
      return false
    }
    let head = String(decoding: bytes.prefix(4_096), as: UTF8.self)
    return !head.contains("\"duration_ms\"") && !head.contains("\"bandwidth_kbps\"")
  }
}

private struct NetemParser {
  static let keywords = [
    "limit", "delay", "latency", "distribution", "loss", "drop", "corrupt", "duplicate", "reorder",
    "gap", "rate", "slot", "ecn", "seed",
  ]
  /// A day: longer delays are a mistake in a unit.
  private static let longest = 86_400.0

  private let words: [String]
  private var position = 0
  private var seen: Set<String> = []
  private var direction = LinkProfile.Direction()
  private var delay = 0.0
  private var jitter = 0.0
  private var delayCorrelation = 0.0
  private var shape: JitterShape?
  private var reorder: Chance?
  private var gap: Int?

  init(_ words: [String]) { self.words = words }

  mutating func parse() throws(InputError) -> LinkProfile.Direction {
    // As tc creates it.
    direction.queue = QueueRule(packets: 1_000)
    while position < words.count {
      let word = words[position]
      position += 1
      let option = word == "latency" ? "delay" : word == "drop" ? "loss" : word
      guard seen.insert(option).inserted else {
        throw Self.wrong("expected ‘\(word)’ once, found it again")
      }
      try take(option)
    }
    try finish()
    return direction
  }

  private mutating func take(_ option: String) throws(InputError) {
    switch option {
    case "limit":
      let packets = try whole("limit", 1...10_000_000)
      direction.queue.packets = packets
    case "delay":
      delay = try time("delay")
      if nextIsNumber { jitter = try time("jitter") }
      if nextIsNumber { delayCorrelation = try part("correlation") }
    case "distribution":
      let name = try word("distribution")
      guard let found = JitterShape(rawValue: name) else {
        throw Self.wrong(
          "expected one of \(JitterShape.allCases.map(\.rawValue).joined(separator: ", ")), "
            + "found ‘\(name)’", "tables of one's own are not modelled")
      }
      shape = found
    case "loss": try takeLoss()
    case "corrupt": direction.corruption = try chance("corrupt")
    case "duplicate": direction.duplication = try chance("duplicate")
    case "reorder": reorder = try chance("reorder")
    case "gap": gap = try whole("gap", 1...1_000_000)
    case "rate": try takeRate()
    case "seed": _ = try whole("seed", 0...Int.max)
    case "slot":
      throw Self.wrong("‘slot’ is not modelled", "a capacity trace is the better model of a radio")
    case "ecn":
      throw Self.wrong("‘ecn’ is not modelled", "without it packets are dropped instead of marked")
    default:
      throw Self.wrong(
        "expected an option of netem, found ‘\(option)’",
        option.closest(in: Self.keywords).map { "did you mean \($0)?" })
    }
  }

  private mutating func takeLoss() throws(InputError) {
    switch position < words.count ? words[position] : "" {
    case "state":
      position += 1
      let p13 = try part("p13")
      let p31 = nextIsNumber ? try part("p31") : 1 - p13
      let p32 = nextIsNumber ? try part("p32") : 0
      let p23 = nextIsNumber ? try part("p23") : 1
      let p14 = nextIsNumber ? try part("p14") : 0
      guard p13 + p14 <= 1, p31 + p32 <= 1 else {
        throw Self.wrong("expected p13 + p14 and p31 + p32 of at most 100 %")
      }
      direction.loss = .fourState(p13: p13, p31: p31, p32: p32, p23: p23, p14: p14)
    case "gemodel":
      position += 1
      let toBad = try part("p")
      let toGood = nextIsNumber ? try part("r") : 1 - toBad
      let inBad = nextIsNumber ? try part("1-h") : 1
      let inGood = nextIsNumber ? try part("1-k") : 0
      direction.loss = .gilbertElliott(
        toBad: toBad, toGood: toGood, lossInGood: inGood, lossInBad: inBad)
    case "random":
      position += 1
      try takeRandomLoss()
    default: try takeRandomLoss()
    }
  }

  private mutating func takeRandomLoss() throws(InputError) {
    let p = try part("loss")
    if nextIsNumber {
      guard try part("correlation") == 0 else {
        throw Self.wrong(
          "correlated loss is not modelled", "tc(8) deprecates it; use loss gemodel for bursts")
      }
    }
    direction.loss = p > 0 ? .independent(p) : .none
  }

  private mutating func takeRate() throws(InputError) {
    let text = try word("rate")
    direction.capacity = .constant(try Self.rate(text))
    guard nextIsNumber else { return }
    var framing = LinkFraming(overhead: try whole("overhead", -10_000...10_000))
    if nextIsNumber {
      framing.cell = try whole("cell size", 0...10_000)
      if nextIsNumber { framing.cellOverhead = try whole("cell overhead", -10_000...10_000) }
    }
    guard framing.cell == 0 || framing.cell + framing.cellOverhead > 0 else {
      throw Self.wrong("expected cells longer than nothing")
    }
    direction.framing = framing
  }

  private mutating func finish() throws(InputError) {
    let mean = Duration(nanoseconds: Int64((delay * 1e9).rounded()))
    let spread = Duration(nanoseconds: Int64((jitter * 1e9).rounded()))
    if shape != nil && spread == .zero {
      throw Self.wrong("expected a delay with jitter beside ‘distribution’")
    }
    direction.delay =
      spread == .zero
      ? .constant(mean)
      : .varying(mean, jitter: spread, shape ?? .uniform, correlation: delayCorrelation)
    // Before a rate the kernel keeps the order.
    direction.jitterReorders = spread > .zero && direction.capacity == .unlimited
    if let reorder {
      guard mean > .zero else {
        throw Self.wrong("expected a delay beside ‘reorder’, which lets packets skip it")
      }
      direction.reordering = Reordering(reorder, gap: gap ?? 1)
    } else if gap != nil {
      throw Self.wrong("expected ‘reorder’ beside ‘gap’")
    }
  }
}

// MARK: - Words

extension NetemParser {
  private static func wrong(_ problem: String, _ advice: String? = nil) -> InputError {
    InputError(at: .nowhere, problem, advice: advice)
  }

  private var nextIsNumber: Bool {
    guard position < words.count else { return false }
    var digits = words[position][...]
    if digits.first == "-" { digits = digits.dropFirst() }
    return digits.first.map { $0 == "." || ($0.isASCII && $0.isWholeNumber) } ?? false
  }

  private mutating func word(_ meaning: String) throws(InputError) -> String {
    guard position < words.count else {
      throw Self.wrong("expected a value for ‘\(meaning)’, found the end of the line")
    }
    position += 1
    return words[position - 1]
  }

  private mutating func whole(
    _ meaning: String, _ range: ClosedRange<Int>
  ) throws(InputError) -> Int {
    let text = try word(meaning)
    guard let value = Int(text), range.contains(value) else {
      throw Self.wrong(
        "expected a whole number from \(range.lowerBound) to \(range.upperBound) for ‘\(meaning)’, "
          + "found ‘\(text)’")
    }
    return value
  }

  /// A percentage as a part of 1.
  private mutating func part(_ meaning: String) throws(InputError) -> Double {
    let text = try word(meaning)
    let number = text.hasSuffix("%") ? text.dropLast() : text[...]
    guard let value = Self.number(number), 0...100 ~= value else {
      throw Self.wrong("expected 0 to 100 % for ‘\(meaning)’, found ‘\(text)’")
    }
    return value / 100
  }

  private mutating func chance(_ meaning: String) throws(InputError) -> Chance {
    let probability = try part(meaning)
    return Chance(probability, correlation: nextIsNumber ? try part("correlation") : 0)
  }

  /// Seconds.
  private mutating func time(_ meaning: String) throws(InputError) -> Double {
    let text = try word(meaning)
    let (digits, unit) = Self.split(text)
    let units: [String: Double] = [
      "s": 1, "sec": 1, "secs": 1, "ms": 1e-3, "msec": 1e-3, "msecs": 1e-3, "us": 1e-6,
      "usec": 1e-6, "usecs": 1e-6, "ns": 1e-9, "nsec": 1e-9, "nsecs": 1e-9,
    ]
    guard let value = Self.number(digits), let factor = units[unit.lowercased()],
      0...Self.longest ~= value * factor
    else {
      throw Self.wrong(
        "expected a time for ‘\(meaning)’, found ‘\(text)’", "units are s, ms, us and ns")
    }
    return value * factor
  }

  /// Bits a second.
  private static func rate(_ text: String) throws(InputError) -> Int64 {
    let (digits, unit) = split(text)
    var name = unit.lowercased()[...]
    let advice = "units are bit, kbit, mbit, gbit, Kibit, Mibit, and bps, kbps, … of bytes a second"
    var factor = 1.0
    if name.hasSuffix("bit") {
      name = name.dropLast(3)
    } else if name.hasSuffix("bps") {
      name = name.dropLast(3)
      factor = 8
    } else if !name.isEmpty {
      throw wrong("expected a rate, found ‘\(text)’", advice)
    }
    let prefixes: [Substring: Double] = [
      "": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 0x1p10, "mi": 0x1p20, "gi": 0x1p30,
      "ti": 0x1p40,
    ]
    guard let value = number(digits), let prefix = prefixes[name],
      1...1e12 ~= value * factor * prefix
    else { throw wrong("expected a rate up to 1tbit, found ‘\(text)’", advice) }
    return Int64((value * factor * prefix).rounded())
  }

  private static func split(_ text: String) -> (number: Substring, unit: Substring) {
    let number = text.prefix { $0 == "." || ($0.isASCII && $0.isWholeNumber) }
    return (number, text.dropFirst(number.count))
  }

  private static func number(_ text: Substring) -> Double? {
    guard text.first.map({ $0.isWholeNumber || $0 == "." }) ?? false,
      text.allSatisfy({ $0 == "." || ($0.isASCII && $0.isWholeNumber) })
    else { return nil }
    return Double(text.hasSuffix(".") ? text + "0" : text.hasPrefix(".") ? "0" + text : text)
  }
}
