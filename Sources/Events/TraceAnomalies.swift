package import Bytes

/// What a recording holds that it should not: counted by kind, each with the places of the first few.
package struct TraceAnomalies: Equatable, Sendable {
  package enum Kind: Int, CaseIterable, Sendable {
    /// An event older than the one before it. Kept.
    case backwardTime
    /// An event outside the sensor. Left out.
    case outsideSensor
    /// A word with a type that the format does not define. Skipped.
    case unknownWord
    /// An event or trigger before the first time word, so without a time. Left out.
    case beforeFirstTime
    /// An event before the first row or base address, so without a pixel. Left out.
    case beforeFirstAddress
    /// An event that the camera itself marked as invalid. Left out.
    case invalidEvent
    /// A packet that cannot be decoded. Skipped whole, up to the next one that is whole.
    case damagedPacket
    /// The recording stops in the middle of a record or packet.
    case truncatedTail
  }

  package struct Entry: Equatable, Sendable {
    /// Places that are kept, so that damage can be looked at.
    static let placeLimit = 5

    package var count: Int
    /// Of the first few, in the order of the file; one word may hold several.
    package var places: [InputError.Place]

    package init(count: Int, places: [InputError.Place]) {
      self.count = count
      self.places = places
    }

    package var first: InputError.Place { places[0] }
  }

  private var entries = [Entry?](repeating: nil, count: Kind.allCases.count)

  package init() {}

  package subscript(kind: Kind) -> Entry? { entries[kind.rawValue] }

  /// Every kind that occurred, in the order of `Kind`.
  package var found: [(kind: Kind, entry: Entry)] {
    Kind.allCases.compactMap { kind in self[kind].map { (kind, $0) } }
  }

  package var isEmpty: Bool { entries.allSatisfy { $0 == nil } }

  package var total: Int { entries.reduce(0) { $0 + ($1?.count ?? 0) } }

  /// Events that were read but not handed out.
  package var eventsLeftOut: Int {
    Kind.allCases.filter(\.leavesEventOut).reduce(0) { $0 + (self[$1]?.count ?? 0) }
  }

  // Never inlined: in the hot loops it would cost registers for what hardly ever happens.
  @inline(never)
  mutating func note(_ kind: Kind, at place: InputError.Place, count: Int = 1) {
    if entries[kind.rawValue] == nil {
      entries[kind.rawValue] = Entry(count: count, places: [place])
    } else {
      entries[kind.rawValue]!.count += count
      if entries[kind.rawValue]!.places.count < Entry.placeLimit {
        entries[kind.rawValue]!.places.append(place)
      }
    }
  }
}

extension TraceAnomalies.Kind {
  /// True when the event itself is not handed out.
  package var leavesEventOut: Bool {
    switch self {
    case .outsideSensor, .beforeFirstTime, .beforeFirstAddress, .invalidEvent: true
    case .backwardTime, .unknownWord, .damagedPacket, .truncatedTail: false
    }
  }

  package var title: String {
    switch self {
    case .backwardTime: "time goes backwards"
    case .outsideSensor: "outside the sensor"
    case .unknownWord: "unknown word"
    case .beforeFirstTime: "before the first time word"
    case .beforeFirstAddress: "before the first address"
    case .invalidEvent: "marked invalid"
    case .damagedPacket: "damaged packet, skipped"
    case .truncatedTail: "truncated at the end"
    }
  }
}

/// What decoding has met so far; shared by the decoders of every format.
struct TraceTally: Sendable {
  var anomalies = TraceAnomalies()
  var triggers = TriggerLog()
  /// Time of the last event handed out.
  var lastTime = Int64.min
  /// Exclusive limits of the coordinates; 65,536 when the sensor is unknown.
  let width: UInt32
  let height: UInt32

  init(sensor: SensorSize?) {
    width = UInt32(clamping: sensor?.width ?? 65_536)
    height = UInt32(clamping: sensor?.height ?? 65_536)
  }
}

extension TraceTally {
  /// Hands out an event, or counts what is wrong with it.
  @inline(__always)
  mutating func take(
    _ time: Int64, _ x: UInt32, _ y: UInt32, _ polarity: UInt32,
    at place: @autoclosure () -> InputError.Place, _ output: inout EventOutput
  ) {
    if _fastPath(x < width && y < height) {
      if _slowPath(time < lastTime) { anomalies.note(.backwardTime, at: place()) }
      lastTime = time
      output.append(time, x, y, polarity)
    } else {
      anomalies.note(.outsideSensor, at: place())
    }
  }
}
