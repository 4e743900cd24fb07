import Bytes

/// The text in front of Prophesee RAW words and DAT records: lines of `% key value…`.
///
/// Ends at `% end`, or in older files at the first line that does not start with `% `.
/// Source: openeb `generic_header.cpp` and `psee_raw_file_header.cpp`.
struct PropheseeHeader {
  static let lineStart: [UInt8] = [0x25, 0x20]

  private(set) var fields: [(key: String, value: String)] = []

  init(_ feed: inout ByteFeed) throws(InputError) {
    try feed.fill(atLeast: 2)
    while feed.count >= 2, feed.prefix(2) == Self.lineStart {
      let offset = feed.offset
      guard let line = try feed.line() else {
        throw InputError(at: .byte(offset), "expected a header line, found no end of line")
      }
      let words = line.dropFirst(2).split(whereSeparator: { $0 == " " || $0 == "\t" })
      if words.first == "end" && words.count == 1 { return }
      if let key = words.first {
        fields.append((String(key), words.dropFirst().joined(separator: " ")))
      }
      try feed.fill(atLeast: 2)
    }
  }

  func value(_ key: String) -> String? { fields.last { $0.key == key }?.value }

  /// `Data file containing…`, `Version` and `Height` occur in DAT only; headers of words name their
  /// encoding or their camera.
  var describesDAT: Bool {
    guard value("evt") == nil, value("format") == nil else { return false }
    return value("Version") != nil || value("Data") != nil || value("Height") != nil
  }

  /// `format EVT3;height=720;width=1280`: the name, then options in any order.
  private var formatOptions: (name: String, options: [String: String])? {
    guard let parts = value("format")?.split(separator: ";"), let name = parts.first else {
      return nil
    }
    var options: [String: String] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { options[String(pair[0])] = String(pair[1]) }
    }
    return (String(name), options)
  }

  /// The encoding in the order of trust: `format`, `evt`, then the table of cameras.
  func encoding() throws(InputError) -> TraceFormat {
    guard let name = formatOptions?.name ?? value("evt") else {
      if let camera { return camera.format }
      throw InputError(
        at: .byte(0), "expected ‘% evt’ or ‘% format’ in the header, found neither",
        advice: "name the encoding: evt2, evt2.1, evt3 or evt4")
    }
    switch name {
    case "EVT2", "EVT2.0", "2.0": return .evt2
    case "EVT21", "EVT2.1", "2.1": return isLegacy ? .evt21Legacy : .evt21
    case "EVT3", "EVT3.0", "3.0": return .evt3
    case "EVT4", "EVT4.0", "4.0": return .evt4
    default:
      throw InputError(
        at: .byte(0), "expected EVT2, EVT2.1, EVT3 or EVT4, found ‘\(name)’",
        advice: "export it as EVT3, EVT2 or CSV")
    }
  }

  /// EVT2.1 with swapped halves; when nothing is stated openeb takes words for whole.
  private var isLegacy: Bool {
    (formatOptions?.options["endianness"] ?? value("endianness")) == "legacy"
  }

  /// The size in the order of trust: `format` options, `geometry`, `Width` and `Height`, the table.
  func sensor() throws(InputError) -> SensorSize? {
    if let options = formatOptions?.options, let width = options["width"],
      let height = options["height"]
    {
      return try size(width, height, key: "format")
    }
    if let sides = value("geometry")?.split(separator: "x", omittingEmptySubsequences: false) {
      guard sides.count == 2 else { throw badSize("geometry") }
      return try size(String(sides[0]), String(sides[1]), key: "geometry")
    }
    if let width = value("Width"), let height = value("Height") {
      return try size(width, height, key: "Width")
    }
    return camera?.sensor
  }

  /// What to add to every time: µs that some writers (faery) put into `t0` instead of the words.
  func timeOrigin() throws(InputError) -> Int64 {
    guard let text = value("t0") ?? value("T0") else { return 0 }
    guard let origin = Int64(text), (0..<1 << 62).contains(origin) else {
      throw InputError(at: .byte(0), "expected ‘t0’ in µs from 0, found ‘\(text)’")
    }
    return origin
  }

  private func size(
    _ width: String, _ height: String, key: String
  ) throws(InputError) -> SensorSize {
    guard let width = Int(width), let height = Int(height), (1...16_384).contains(width),
      (1...16_384).contains(height)
    else { throw badSize(key) }
    return SensorSize(width: width, height: height)
  }

  private func badSize(_ key: String) -> InputError {
    InputError(
      at: .byte(0),
      "expected a size of 1…16384 pixels a side, found ‘\(value(key) ?? "")’ in ‘\(key)’")
  }

  /// What is known of cameras whose files state neither encoding nor geometry.
  ///
  /// Sources: openeb `psee_raw_file_header.cpp`; system 21 as in the recordings of Gen3.0 boards,
  /// 48 as in those of EVK3 HD.
  private var camera: (sensor: SensorSize, format: TraceFormat)? {
    let vga = SensorSize(width: 640, height: 480)
    let hd = SensorSize(width: 1280, height: 720)
    switch value("system_ID") {
    case "21": return (vga, .evt2)
    case "48": return (hd, .evt3)
    default: break
    }
    let keys = ["plugin_name", "plugin_integrator_name", "sensor_name", "sensor_generation"]
    let words = keys.compactMap(value).joined(separator: " ").lowercased()
    let isEVK3 = words.contains("evk3")
    if words.contains("genx320") { return (SensorSize(width: 320, height: 320), .evt3) }
    if words.contains("imx636") || words.contains("imx646") { return (hd, .evt3) }
    if words.contains("gen41") || words.contains("gen4") { return (hd, isEVK3 ? .evt3 : .evt2) }
    if words.contains("gen31") || words.contains("gen3") { return (vga, isEVK3 ? .evt3 : .evt2) }
    return nil
  }
}
