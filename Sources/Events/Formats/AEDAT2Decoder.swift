import Bytes

/// A camera as jAER names it, with the layout of its addresses.
struct AEDAT2Camera: Equatable, Sendable {
  /// How an address tells pixel and polarity.
  enum Layout: Equatable, Sendable {
    case dvs128, davis, dvs640
  }

  var layout: Layout
  var sensor: SensorSize

  /// From the line `# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C`; nil for an unknown camera.
  init?(chip: String) {
    let name = chip.split(separator: ".").last.map { $0.lowercased() } ?? ""
    let davis: [(String, Int, Int)] = [
      ("davis128", 128, 128), ("davis208", 208, 192), ("davis240", 240, 180),
      ("davis346", 346, 260), ("davis640", 640, 480), ("sbret", 240, 180),
    ]
    if name.hasPrefix("dvs128") || name.hasPrefix("tmpdiff128") {
      self.init(layout: .dvs128, sensor: SensorSize(width: 128, height: 128))
    } else if name.hasPrefix("dvs640") {
      self.init(layout: .dvs640, sensor: SensorSize(width: 640, height: 480))
    } else if let (_, width, height) = davis.first(where: { name.hasPrefix($0.0) }) {
      self.init(layout: .davis, sensor: SensorSize(width: width, height: height))
    } else {
      return nil
    }
  }

  init(layout: Layout, sensor: SensorSize) {
    self.layout = layout
    self.sensor = sensor
  }
}

/// The text in front of AEDAT 1.0 and 2.0 records: all lines that start with `#`.
struct AEDAT2Header {
  private(set) var camera: AEDAT2Camera
  /// 2 in AEDAT 1.0, 4 in AEDAT 2.0.
  private(set) var addressSize = 2
  private(set) var comments: [String] = []

  /// Throws `InputError` for a camera whose addresses nobody has described.
  init(_ feed: inout ByteFeed) throws(InputError) {
    var chip: (name: String, offset: Int)?
    var hasHeader = false
    try feed.fill(atLeast: 1)
    while feed.count > 0, feed[0] == UInt8(ascii: "#") {
      let offset = feed.offset
      guard let line = try feed.line() else {
        throw InputError(at: .byte(offset), "expected a header line, found no end of line")
      }
      if line.hasPrefix("#!AER-DAT2") { addressSize = 4 }
      hasHeader = true
      if line.hasPrefix("# AEChip:") {
        let name = line.dropFirst("# AEChip:".count).drop { $0 == " " }
        chip = (String(name), offset)
        comments.append("AEChip: \(name)")
      }
      try feed.fill(atLeast: 1)
    }
    // jAER wrote DVS128 recordings before it named cameras.
    guard let known = AEDAT2Camera(chip: chip?.name ?? "DVS128") else {
      throw InputError(
        at: .byte(chip?.offset ?? 0),
        "expected the camera DVS128, DAVIS… or DVS640, found ‘\(chip?.name ?? "")’",
        advice: "export it as CSV with the columns t,x,y,p")
    }
    camera = known
    if !hasHeader { comments.append("no header: read as AEDAT 1.0 of a DVS128") }
  }
}

/// AEDAT 1.0 and 2.0 of jAER: big-endian records of an address and a time in µs.
///
/// Source: jAER's `DVS128.java`, `DavisBaseCamera.java` and v2e's `aedat2_output.py`. Columns count
/// from the right and rows from the bottom, as the address has them.
struct AEDAT2Decoder: EventDecoder {
  /// Times are signed 32-bit numbers in Java, so that a wrap is a step back by about 2^32.
  private static let wrapStep = UInt32(1) << 31

  private let layout: AEDAT2Camera.Layout
  private let addressSize: Int
  private var loops = Int64(0)
  private var lastRawTime = UInt32(0)

  init(_ header: AEDAT2Header) {
    layout = header.camera.layout
    addressSize = header.addressSize
  }

  var checkpoint: [Int64] { [loops, Int64(lastRawTime)] }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 2, let rawTime = UInt32(exactly: values[1]) else { return false }
    (loops, lastRawTime) = (values[0], rawTime)
    return true
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let records = bytes.baseAddress else { return 0 }
    let size = addressSize + 4
    let end = bytes.count / size * size
    var position = 0
    while position < end && output.room > 0 {
      let address =
        addressSize == 4
        ? UInt32(bigEndian: records.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        : UInt32(
          UInt16(bigEndian: records.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
      let rawTime = UInt32(
        bigEndian: records.loadUnaligned(
          fromByteOffset: position &+ addressSize, as: UInt32.self))
      if rawTime < lastRawTime && lastRawTime - rawTime > Self.wrapStep { loops &+= 1 << 32 }
      lastRawTime = rawTime
      emit(address, loops &+ Int64(rawTime), at: .byte(offset + position), &output, &tally)
      position &+= size
    }
    return position
  }

  @inline(__always)
  private func emit(
    _ address: UInt32, _ time: Int64, at place: InputError.Place, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    switch layout {
    case .dvs128:
      // A pulse at the camera's input, or a camera starting anew.
      if address & 0x8000 != 0 {
        tally.triggers.add(Trigger(time: time, channel: 0, edge: .pulse))
        return
      }
      tally.take(
        time, (address >> 1) & 0x7F, (address >> 8) & 0x7F, ~address & 1, at: place, &output)
    case .davis:
      if address >> 31 != 0 { return }  // pixels of a frame, or a sample of the inertial unit
      if address & 0x400 != 0 {
        tally.triggers.add(Trigger(time: time, channel: 0, edge: .pulse))
        return
      }
      tally.take(
        time, (address >> 12) & 0x3FF, (address >> 22) & 0x1FF, (address >> 11) & 1, at: place,
        &output)
    case .dvs640:
      tally.take(
        time, (address >> 1) & 0x3FF, (address >> 11) & 0x3FF, address & 1, at: place, &output)
    }
  }
}
