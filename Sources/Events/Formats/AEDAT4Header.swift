import Bytes

/// The start of an AEDAT 4 file: how packets are compressed, and which streams they belong to.
///
/// Source: iniVation's AEDAT file format page, version 4.0, and the schema of its `IOHeader`.
struct AEDAT4Header {
  enum Compression: Int {
    case none = 0
    case lz4, lz4High, zstandard, zstandardHigh
  }

  struct Stream: Equatable {
    /// Such as `EVTS`.
    var type: String
    var sensor: SensorSize?
    var source: String?
  }

  static let version = Array("#!AER-DAT4.0\r\n".utf8)
  /// Real headers have a few thousand bytes.
  private static let maximumLength = 1 << 24

  private(set) var compression = Compression.none
  /// Offset of the table that names the compression.
  private(set) var compressionPlace = 0
  /// Where packets end and the table of all packets starts; nil when the recording was not closed.
  private(set) var tableStart: Int?
  private(set) var streams: [Int: Stream] = [:]

  init(_ feed: inout ByteFeed) throws(InputError) {
    let lengthPlace = feed.offset + Self.version.count
    try feed.fill(atLeast: Self.version.count + 4)
    let start = feed.prefix(Self.version.count + 4)
    guard start.count == Self.version.count + 4, start.starts(with: Self.version) else {
      throw InputError(at: .byte(feed.offset), "expected ‘#!AER-DAT4.0’ and a header length")
    }
    let length = start[Self.version.count...].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard (8...Self.maximumLength).contains(length) else {
      throw InputError(
        at: .byte(lengthPlace),
        "expected a header of 8 to \(Self.maximumLength) bytes, found \(length)")
    }
    feed.consume(start.count)
    try feed.fill(atLeast: length)
    let bytes = feed.prefix(length)
    guard bytes.count == length else {
      throw InputError(
        at: .byte(lengthPlace), "expected a header of \(length) bytes, found the end of the file",
        advice: "is the file truncated?")
    }
    let headerStart = feed.offset
    do throws(InputError) {
      try read(bytes, end: headerStart + length)
    } catch {
      throw error.moved(by: headerStart)
    }
    compressionPlace += headerStart
    feed.consume(length)
  }

  private mutating func read(_ bytes: [UInt8], end: Int) throws(InputError) {
    guard bytes[4..<8].elementsEqual("IOHE".utf8) else {
      throw InputError(at: .byte(4), "expected the header’s identifier ‘IOHE’, found other bytes")
    }
    let buffer = Flatbuffer(bytes)
    let root = try buffer.root("the header")
    let code = try buffer.int32(0, of: root)
    guard let compression = Compression(rawValue: code) else {
      throw InputError(at: .byte(root.position), "expected compression 0 to 4, found \(code)")
    }
    self.compression = compression
    compressionPlace = root.position
    if let place = try buffer.place(of: 1, in: root, size: 8) {
      let position = try buffer.int64(at: place)
      guard position == -1 || position >= end else {
        throw InputError(
          at: .byte(place), "expected the packet table behind byte \(end), found \(position)")
      }
      tableStart = position == -1 ? nil : position
    }
    let text = try buffer.slice(2, of: root, "the description of the streams")
    streams = AEDAT4Streams.read(text)
  }

  /// What the file holds besides the events that are read.
  var notes: [String] {
    let events = eventStream
    return streams.keys.sorted().compactMap { id in
      guard id != events, let stream = streams[id], stream.type != "TRIG" else { return nil }
      let what = AEDAT4Header.titles[stream.type] ?? "‘\(stream.type)’"
      return "stream \(id) with \(what) is not read"
    }
  }

  private static let titles = [
    "EVTS": "more events", "FRME": "frames", "IMUS": "inertial data",
  ]

  /// The first stream of events; nil when the header names none.
  var eventStream: Int? { streams.keys.sorted().first { streams[$0]?.type == "EVTS" } }
}

extension InputError {
  /// The same error with a place, unless it already has one.
  func placed(at place: Place) -> InputError {
    guard self.place == .nowhere else { return self }
    var error = self
    error.place = place
    return error
  }

  /// The same error in a part of a file that starts at `offset`.
  func moved(by offset: Int) -> InputError {
    guard case .byte(let place) = place else { return self }
    var error = self
    error.place = .byte(place + offset)
    return error
  }
}

/// The streams in the header's XML: `outInfo` holds a node for each, named by its number.
enum AEDAT4Streams {
  /// Reads nodes and attributes as DV writes them; what does not fit is passed over, as packets tell
  /// their own type.
  static func read(_ text: ArraySlice<UInt8>) -> [Int: AEDAT4Header.Stream] {
    var streams: [Int: AEDAT4Header.Stream] = [:]
    var sizes: [Int: (x: Int, y: Int)] = [:]
    var path: [String] = []
    var rest = text
    while let open = rest.firstIndex(of: UInt8(ascii: "<")),
      let close = rest[open...].firstIndex(of: UInt8(ascii: ">"))
    {
      let tag = String(decoding: rest[(open + 1)..<close], as: UTF8.self)
      rest = rest[(close + 1)...]
      if tag == "/node" {
        _ = path.popLast()
      } else if tag.hasPrefix("node ") {
        if !tag.hasSuffix("/") { path.append(attribute("name", tag)) }
      } else if tag.hasPrefix("attr "), path.count >= 2, path[0] == "outInfo",
        let id = Int(path[1])
      {
        let value = String(decoding: rest.prefix { $0 != UInt8(ascii: "<") }, as: UTF8.self)
        switch (attribute("key", tag), path.count) {
        case ("typeIdentifier", 2): streams[id, default: .init(type: "")].type = value
        case ("source", 3): streams[id, default: .init(type: "")].source = value
        case ("sizeX", 3): sizes[id, default: (0, 0)].x = Int(value) ?? 0
        case ("sizeY", 3): sizes[id, default: (0, 0)].y = Int(value) ?? 0
        default: break
        }
      }
    }
    for (id, size) in sizes where (1...32_768).contains(size.x) && (1...32_768).contains(size.y) {
      streams[id]?.sensor = SensorSize(width: size.x, height: size.y)
    }
    return streams
  }

  private static func attribute(_ name: String, _ tag: String) -> String {
    let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
    for index in stride(from: 0, to: parts.count - 1, by: 2)
    where parts[index].hasSuffix(" \(name)=") || parts[index] == "\(name)=" {
      return String(parts[index + 1])
    }
    return ""
  }
}
