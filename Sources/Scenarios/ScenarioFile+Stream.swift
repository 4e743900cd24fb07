import Boards
import Bytes
import Events

/// What happens to the stream of events before the model sees it: filters, then windows.
extension Scenario {
  /// - Parameter capacity: Events that the ring holds; a window of more would never close.
  static func windows(
    _ raw: ScenarioFile.Windows, capacity: Int
  ) throws(InputError) -> Windows {
    func refuse(_ value: Any?, _ key: String, beside: String) throws(InputError) {
      try check(value == nil, "windows.\(key)") { "expected no \(key) beside \(beside)" }
    }
    guard let count = raw.events else {
      guard let span = raw.length else {
        throw InputError(
          at: .key("windows"), "expected a length such as \"50ms\", or a number of events")
      }
      try refuse(raw.strideEvents, "strideEvents", beside: "length")
      try refuse(raw.shortest, "shortest", beside: "length")
      try refuse(raw.longest, "longest", beside: "length")
      let length = try microseconds(span, "windows.length")
      return .time(
        length: length, stride: try microseconds(raw.stride, "windows.stride") ?? length)
    }
    try refuse(raw.length, "length", beside: "events")
    try refuse(raw.stride, "stride", beside: "events")
    try check((1...10_000_000).contains(count), "windows.events") {
      "expected 1 to 10000000 events, found \(count)"
    }
    if raw.shortest != nil || raw.longest != nil {
      try refuse(raw.strideEvents, "strideEvents", beside: "shortest and longest")
      guard let shortest = try microseconds(raw.shortest, "windows.shortest"),
        let longest = try microseconds(raw.longest, "windows.longest")
      else {
        throw InputError(
          at: .key("windows"), "expected both shortest and longest, found one of them")
      }
      try check(shortest <= longest, "windows.longest") {
        "expected at least the shortest, \(shortest) µs, found \(longest) µs"
      }
      return .adaptive(count: count, shortest: shortest, longest: longest)
    }
    try check(count <= capacity, "windows.events") {
      "expected at most the \(capacity) events that the device's buffer holds, found \(count)"
    }
    let stride = raw.strideEvents ?? count
    try check((1...10_000_000).contains(stride), "windows.strideEvents") {
      "expected 1 to 10000000 events, found \(stride)"
    }
    return .events(count: count, stride: stride)
  }

  static func columns(_ raw: ScenarioFile.Trace) throws(InputError) -> TextColumns? {
    guard let text = raw.columns else { return nil }
    do throws(InputError) {
      return try TextColumns(text)
    } catch {
      throw InputError(at: .key("trace.columns"), error.problem)
    }
  }

  /// How the recording's events are changed before any filter.
  static func adjustment(_ raw: ScenarioFile.Trace) throws(InputError) -> TraceAdjustment {
    var adjustment = TraceAdjustment()
    if let text = raw.timeShift {
      guard let shift = TraceAdjustment.TimeShift(text) else {
        throw InputError(
          at: .key("trace.timeShift"),
          "expected “first” or a time such as 2s or -500ms, found “\(text)”")
      }
      adjustment.timeShift = shift
    }
    adjustment.origin = raw.corner ?? .topLeft
    adjustment.isMonotonic = raw.monotonic ?? false
    return adjustment
  }

  private static func microseconds(
    _ span: TimeSpan?, _ key: String
  ) throws(InputError) -> Int64? {
    guard let span else { return nil }
    return try microseconds(span, key) as Int64
  }

  /// - Parameter seed: The scenario's, for filters that name none.
  static func filters(
    _ raw: [ScenarioFile.Filter], seed: UInt64
  ) throws(InputError) -> [EventFilter] {
    try check(raw.count <= 32, "filters") { "expected at most 32, found \(raw.count)" }
    var filters: [EventFilter] = []
    for (index, filter) in raw.enumerated() {
      let key = "filters[\(index)]"
      let found = try filter.all(key, seed: seed)
      try check(found.count == 1, key) {
        found.isEmpty
          ? "expected a filter, found none"
          : "expected one filter in each pair of braces, found \(found.count)"
      }
      filters += found
    }
    return filters
  }
}

extension ScenarioFile.Filter {
  /// Every filter that is named here, each within its bounds.
  fileprivate func all(_ key: String, seed: UInt64) throws(InputError) -> [EventFilter] {
    var found: [EventFilter] = []
    if let crop { found.append(try crop.filter("\(key).crop")) }
    if let factor = downsample {
      try Scenario.check((1...1_024).contains(factor), "\(key).downsample") {
        "expected 1 to 1024, found \(factor)"
      }
      found.append(.downsample(factor: factor))
    }
    if let polarity { found.append(.polarity(isOn: polarity == .on)) }
    if let refractory {
      found.append(
        .refractory(period: try Scenario.microseconds(refractory, "\(key).refractory")))
    }
    if let backgroundActivity {
      found.append(try backgroundActivity.filter("\(key).backgroundActivity"))
    }
    if let hotPixels { found.append(try hotPixels.filter("\(key).hotPixels")) }
    if let time { found.append(try time.filter("\(key).time")) }
    if let events { found.append(try events.filter("\(key).events")) }
    if let drop { found.append(try drop.filter("\(key).drop", seed: seed)) }
    return found
  }
}

extension ScenarioFile.Filter.Crop {
  fileprivate func filter(_ key: String) throws(InputError) -> EventFilter {
    for (name, value, least) in [
      ("x", x, 0), ("y", y, 0), ("width", width, 1), ("height", height, 1),
    ] {
      try Scenario.check((least...65_536).contains(value), "\(key).\(name)") {
        "expected \(least) to 65536 pixels, found \(value)"
      }
    }
    return .crop(x: x, y: y, width: width, height: height)
  }
}

extension ScenarioFile.Filter.BackgroundActivity {
  fileprivate func filter(_ key: String) throws(InputError) -> EventFilter {
    let neighbours = neighbours ?? 8
    try Scenario.check(neighbours == 4 || neighbours == 8, "\(key).neighbours") {
      "expected 4 or 8, found \(neighbours)"
    }
    return .backgroundActivity(
      window: try Scenario.microseconds(window, "\(key).window"), neighbours: neighbours)
  }
}

extension ScenarioFile.Filter.HotPixels {
  fileprivate func filter(_ key: String) throws(InputError) -> EventFilter {
    try Scenario.check((1...1_000_000_000).contains(limit), "\(key).limit") {
      "expected 1 to 1000000000 events, found \(limit)"
    }
    return .hotPixels(
      limit: limit, period: try Scenario.microseconds(period, "\(key).period"))
  }
}

extension ScenarioFile.Filter.Time {
  fileprivate func filter(_ key: String) throws(InputError) -> EventFilter {
    func time(_ span: TimeSpan?, _ name: String, or other: Int64) throws(InputError) -> Int64 {
      guard let span else { return other }
      try Scenario.check(span.nanoseconds % 1_000 == 0, "\(key).\(name)") {
        "expected whole microseconds, found \(span.nanoseconds)ns"
      }
      return Int64(span.nanoseconds / 1_000)
    }
    let from = try time(from, "from", or: 0)
    let to = try time(to, "to", or: .max)
    try Scenario.check(from < to, "\(key).to") { "expected a time after from" }
    return .time(from..<to)
  }
}

extension ScenarioFile.Filter.Events {
  fileprivate func filter(_ key: String) throws(InputError) -> EventFilter {
    let skip = skip ?? 0
    let count = count ?? .max
    try Scenario.check(skip >= 0, "\(key).skip") { "expected at least 0, found \(skip)" }
    try Scenario.check(count >= 0, "\(key).count") { "expected at least 0, found \(count)" }
    return .events(skip: skip, count: count)
  }
}

extension ScenarioFile.Filter.Drop {
  fileprivate func filter(_ key: String, seed: UInt64) throws(InputError) -> EventFilter {
    try Scenario.check((0...1).contains(probability), "\(key).probability") {
      "expected 0 to 1, found \(probability)"
    }
    try Scenario.check((self.seed ?? 0) >= 0, "\(key).seed") {
      "expected a number of at least 0, found \(self.seed ?? 0)"
    }
    return .drop(probability: probability, seed: self.seed.map(UInt64.init) ?? seed)
  }
}
