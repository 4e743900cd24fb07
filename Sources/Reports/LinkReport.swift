import Boards
import Metrics
package import Uplink
import VirtualTime

/// What `inspect link` tells about a link.
package struct LinkReport {
  package var survey: LinkSurvey

  package init(_ survey: LinkSurvey) { self.survey = survey }

  private static let lengths: [Duration] = [
    .milliseconds(200), .milliseconds(500), .seconds(1), .seconds(2), .seconds(5), .seconds(10),
  ]
  private static let quantiles = [0.5, 0.9, 0.99]

  /// Statistics of a few gaps say nothing.
  private static let fewestGaps = 10
}

// MARK: - Text

extension LinkReport {
  package func text(_ style: Style) -> String {
    let profile = survey.profile
    var out = style(.bold, profile.name) + "  \(profile.title)\n"
    var table = TextTable([.init(""), .init("")])
    if let purpose = profile.purpose {
      table.add("For", purpose.wrapped(to: max(20, style.width - 16)).firstLine)
      for line in purpose.wrapped(to: max(20, style.width - 16)).otherLines { table.add("", line) }
    }
    table.add(
      "Round trip",
      Self.quantiles.map { "p\(Int($0 * 100)) \(survey.roundTrip($0).text)" }
        .joined(separator: ", ") + ", without queues and transmission")
    if let radio = profile.radio {
      table.add(
        "Radio",
        "wakes in \(radio.promotion.text), sleeps \(radio.tail.text) after the last packet")
    }
    for cause in profile.interruptions {
      table.add("Both ways", "\(cause.cause), \(cause.perHour.fixed(1)) an hour")
    }
    for fault in profile.faults { table.add("Connections", fault.text) }
    for note in profile.notes { table.add("Note", note) }
    out += table.text(style, indent: 2)
    out += text(survey.uplink, profile.uplink, "Uplink", style)
    out += text(survey.downlink, profile.downlink, "Downlink", style)
    return out
  }

  private func text(
    _ direction: LinkSurvey.Direction, _ profile: LinkProfile.Direction, _ title: String,
    _ style: Style
  ) -> String {
    var out = "\n\(style(.bold, title))  \(capacityText(direction))\n"
    for line in profile.faultTexts { out += "  \(line)\n" }
    if let statistics = direction.statistics {
      let width = max(10, style.width - 4)
      let line = Sparkline.text(statistics.seconds.map { Int($0) }, width: width)
      let end = statistics.duration.text
      let peak = Double(statistics.seconds.peakOfMeans(in: width)).rateText
      let middle = "fullest column \(peak)"
      let gap = max(1, (line.count - 3 - end.count - middle.count) / 2)
      let blank = String(repeating: " ", count: gap)
      out += "  \(style(.cyan, line))\n"
      out += style(.dim, "  0 s\(blank)\(middle)\(blank)\(end)") + "\n"
      out += gapText(statistics, style)
    }
    if !direction.uploads.isEmpty { out += uploadText(direction.uploads, style) }
    return out
  }

  private func capacityText(_ direction: LinkSurvey.Direction) -> String {
    switch direction.capacity {
    case .unlimited: return "without limit"
    case .constant(let rate): return Double(rate).rateText
    case .trace, .generated: break
    }
    guard let statistics = direction.statistics else { return "" }
    var text = "recorded, \(statistics.duration.text)"
    if case .generated = direction.capacity {
      text = "generated, \(statistics.duration.text) with seed \(survey.seed)"
    }
    text += ": mean \(statistics.meanRate.rateText)"
    if !statistics.seconds.isEmpty {
      let seconds = Quantiles(statistics.seconds)
      text += "\n  seconds: p5 \(Double(seconds[0.05]).rateText), p50 "
      text += "\(Double(seconds.median).rateText), empty "
      text += "\((100 * statistics.emptySeconds).fixed(2)) %"
    }
    return text
  }

  private func gapText(_ statistics: CapacityStatistics, _ style: Style) -> String {
    var table = TextTable(
      [.init("Gaps")] + Self.lengths.map { .init("> \($0.text)", .right) })
    table.add(
      ["in all"] + Self.lengths.map { statistics.gaps(longerThan: $0).grouped })
    table.add(
      ["an hour"] + Self.lengths.map { statistics.gapsPerHour(longerThan: $0).fixed(1) })
    var out = table.text(style, indent: 2)
    guard !statistics.gaps.isEmpty else { return out }
    let lengths = Quantiles(statistics.gaps.map(\.length))
    var parts = Self.quantiles.map { "p\(Int($0 * 100)) \(lengths[$0].text)" }
    parts.append("longest \(lengths.maximum.text)")
    if statistics.gaps.count >= Self.fewestGaps {
      if let index = statistics.tailIndex { parts.append("Hill \(index.fixed(2))") }
      if let clustering = statistics.clustering {
        parts.append("irregularity \(clustering.fixed(2))")
      }
    }
    out += "  " + parts.joined(separator: ", ") + "\n"
    return out
  }

  private func uploadText(_ uploads: [LinkSurvey.Uploads], _ style: Style) -> String {
    var table = TextTable([
      .init("Begun at any moment"), .init("p50", .right), .init("p90", .right),
      .init("p99", .right), .init("max", .right),
      .init("over \(LinkSurvey.patience.text)", .right),
    ])
    for upload in uploads {
      let times = upload.times
      let part = "\((100 * times.part(longerThan: LinkSurvey.patience)).fixed(2)) %"
      guard let longest = times.durations.last else {
        table.add("\(upload.bytes.grouped) B", "never", "never", "never", "never", part)
        continue
      }
      let last = times.unfinished > 0 ? "never" : longest.text
      table.add(
        ["\(upload.bytes.grouped) B"] + Self.quantiles.map { times.quantile($0).text }
          + [last, part])
    }
    return table.text(style, indent: 2)
  }
}

extension ConnectionFault {
  fileprivate var text: String {
    let who = part >= 1 ? "" : "\((100 * part).fixed(1)) % of them "
    switch effect {
    case .refuse: return who + "refused"
    case .reset(let after): return who + "reset after \(after.text)"
    case .silence(let isUplink, let end):
      return who + "silent in the \(isUplink ? "uplink" : "downlink")"
        + (end.map { ", reset after \($0.text)" } ?? "")
    case .limit(let isUplink, let bytes):
      return who + "reset after \(bytes.grouped) B in the \(isUplink ? "uplink" : "downlink")"
    }
  }
}

extension LinkProfile.Direction {
  /// What goes wrong with single packets.
  fileprivate var faultTexts: [String] {
    func part(_ chance: Chance) -> String { "\((100 * chance.probability).fixed(2)) %" }
    var texts: [String] = []
    if loss != .none { texts.append("loses \((100 * loss.mean).fixed(2)) % of packets") }
    if let corruption { texts.append("damages \(part(corruption)) of packets") }
    if let duplication { texts.append("doubles \(part(duplication)) of packets") }
    if let reordering {
      let which = reordering.gap > 1 ? "those after \(reordering.gap - 1) others" : "packets"
      texts.append("lets \(part(reordering.chance)) of \(which) overtake")
    }
    if let packets = queue.packets { texts.append("queues at most \(packets.grouped) packets") }
    if let bytes = queue.bytes { texts.append("queues at most \(bytes.bytesText)") }
    return texts.isEmpty ? [] : [texts.joined(separator: ", ")]
  }
}

// MARK: - JSON

extension LinkReport {
  package var json: JSONValue {
    [
      "link": .string(survey.profile.name), "title": .string(survey.profile.title),
      "purpose": survey.profile.purpose.map { .string($0) } ?? .null,
      "seed": .integer(Int(truncatingIfNeeded: survey.seed)),
      "roundTripMilliseconds": .object(
        [0.05, 0.5, 0.9, 0.95, 0.99].map {
          .init("p\(Int($0 * 100))", .decimal(survey.roundTrip($0).inMilliseconds, places: 3))
        }),
      "notes": .array(survey.profile.notes.map { .string($0) }),
      "uplink": json(survey.uplink), "downlink": json(survey.downlink),
    ]
  }

  private func json(_ direction: LinkSurvey.Direction) -> JSONValue {
    var members: [JSONValue.Member] = []
    switch direction.capacity {
    case .unlimited: members.append(.init("capacity", "unlimited"))
    case .constant(let rate):
      members.append(.init("capacity", "constant"))
      members.append(.init("bitsPerSecond", .integer(Int(rate))))
    case .trace: members.append(.init("capacity", "recorded"))
    case .generated: members.append(.init("capacity", "generated"))
    }
    if let statistics = direction.statistics {
      members.append(.init("durationSeconds", .decimal(statistics.duration.inSeconds, places: 3)))
      members.append(.init("meanBitsPerSecond", .decimal(statistics.meanRate, places: 0)))
      members.append(.init("emptySeconds", .decimal(statistics.emptySeconds, places: 6)))
      members.append(.init("gaps", gapJSON(statistics)))
    }
    members.append(.init("uploads", .array(direction.uploads.map(uploadJSON))))
    return .object(members)
  }

  private func gapJSON(_ statistics: CapacityStatistics) -> JSONValue {
    func optional(_ value: Double?) -> JSONValue {
      value.map { .decimal($0, places: 4) } ?? .null
    }
    let lengths = statistics.gaps.isEmpty ? nil : Quantiles(statistics.gaps.map(\.length))
    return [
      "counts": .array(
        Self.lengths.map { length in
          [
            "longerThanSeconds": .decimal(length.inSeconds, places: 1),
            "count": .integer(statistics.gaps(longerThan: length)),
            "perHour": .decimal(statistics.gapsPerHour(longerThan: length), places: 2),
          ]
        }),
      "p50Seconds": optional(lengths?[0.5].inSeconds),
      "p90Seconds": optional(lengths?[0.9].inSeconds),
      "p99Seconds": optional(lengths?[0.99].inSeconds),
      "longestSeconds": optional(lengths?.maximum.inSeconds),
      "logMean": optional(statistics.logLengths?.mean),
      "logDeviation": optional(statistics.logLengths?.deviation),
      "tailIndex": optional(statistics.tailIndex),
      "irregularity": optional(statistics.clustering),
      "goodToBad": optional(statistics.states.toBad),
      "badToGood": optional(statistics.states.toGood),
    ]
  }

  private func uploadJSON(_ upload: LinkSurvey.Uploads) -> JSONValue {
    let times = upload.times
    func quantile(_ q: Double) -> JSONValue {
      times.durations.isEmpty ? .null : .decimal(times.quantile(q).inSeconds, places: 6)
    }
    return [
      "bytes": .integer(upload.bytes), "count": .integer(times.durations.count),
      "unfinished": .integer(times.unfinished), "p50Seconds": quantile(0.5),
      "p90Seconds": quantile(0.9),
      "p99Seconds": quantile(0.99),
      "shareOver2Seconds": .decimal(times.part(longerThan: LinkSurvey.patience), places: 6),
    ]
  }
}

// MARK: - Figures

extension Duration {
  /// Three or four digits: `260 ms`, `1.79 s`, `6 h 0 min`.
  fileprivate var text: String {
    if self == .zero { return "0 s" }
    if self < .milliseconds(1) { return "\((inMilliseconds * 1_000).fixed(0)) µs" }
    if self < .seconds(1) {
      return "\(inMilliseconds.fixed(self < .milliseconds(100) ? 1 : 0)) ms".withoutZeros
    }
    if self < .seconds(100) { return "\(inSeconds.fixed(2)) s".withoutZeros }
    if self < .seconds(7_200) { return "\(Int(inSeconds.rounded()).grouped) s" }
    let minutes = nanoseconds / 60_000_000_000
    return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
  }
}

extension String {
  /// `2.00 s` is `2 s`.
  fileprivate var withoutZeros: String {
    guard let point = firstIndex(of: "."), let blank = firstIndex(of: " ") else { return self }
    var end = blank
    while end > point, self[index(before: end)] == "0" || index(before: end) == point {
      end = index(before: end)
    }
    return String(self[..<end]) + self[blank...]
  }

  fileprivate var firstLine: String { String(prefix { $0 != "\n" }) }
  fileprivate var otherLines: [String] {
    split(separator: "\n", omittingEmptySubsequences: false).dropFirst().map(String.init)
  }
}

extension Double {
  /// Bits a second: `3.27 Mbit/s`.
  fileprivate var rateText: String {
    if self >= 1e9 { return "\((self / 1e9).fixed(2)) Gbit/s" }
    if self >= 1e6 { return "\((self / 1e6).fixed(2)) Mbit/s" }
    if self >= 1e3 { return "\((self / 1e3).fixed(0)) kbit/s" }
    return "\(fixed(0)) bit/s"
  }
}

extension [Int64] {
  /// What the fullest of `width` columns of a sparkline stands for.
  fileprivate func peakOfMeans(in width: Int) -> Int64 {
    guard !isEmpty else { return 0 }
    return (0..<width).map { column in
      let start = column * count / width
      let end = Swift.max(start + 1, (column + 1) * count / width)
      return self[start..<end].reduce(0, +) / Int64(end - start)
    }.max() ?? 0
  }
}
