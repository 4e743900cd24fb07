import Bytes
import Events
import VirtualTime

/// Recordings written byte by byte from the format descriptions, for tests.
enum TraceBytes {
  static func header(_ lines: [String], end: Bool = true) -> [UInt8] {
    Array((lines + (end ? ["end"] : [])).map { "% \($0)\n" }.joined().utf8)
  }

  static func little<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  }

  static func evt2(_ words: [UInt32], geometry: String = "640x480") -> [UInt8] {
    header(["evt 2.0", "geometry \(geometry)"]) + little(words)
  }

  static func evt3(_ words: [UInt16], geometry: String = "640x480") -> [UInt8] {
    header(["evt 3.0", "geometry \(geometry)"]) + little(words)
  }

  static func dat(_ records: [(UInt32, UInt32)], lines: [String] = ["Version 2"]) -> [UInt8] {
    header(lines, end: false) + [0x0C, 8] + little(records.flatMap { [$0.0, $0.1] })
  }

  static func aedat31(_ packets: [[UInt8]], source: String = "DVS128") -> [UInt8] {
    let lines = ["#!AER-DAT3.1", "#Format: RAW", "#Source 1: \(source)", "#!END-HEADER"]
    return Array(lines.map { $0 + "\r\n" }.joined().utf8) + packets.flatMap { $0 }
  }

  /// A polarity packet of (data, time) pairs.
  static func packet(
    _ events: [(UInt32, UInt32)], type: UInt16 = 1, size: UInt32 = 8, timeOffset: UInt32 = 4,
    overflow: UInt32 = 0, capacity: UInt32? = nil, number: UInt32? = nil
  ) -> [UInt8] {
    let count = UInt32(events.count)
    return little([type, 1])
      + little([
        size, timeOffset, overflow, capacity ?? count, number ?? count, number ?? count,
      ]) + little(events.flatMap { [$0.0, $0.1] })
  }

  /// The four bytes in front of a polarity event's time.
  static func polarity(_ x: UInt32, _ y: UInt32, _ isOn: Bool, isValid: Bool = true) -> UInt32 {
    x << 17 | y << 2 | (isOn ? 2 : 0) | (isValid ? 1 : 0)
  }

  static func read(
    _ bytes: [UInt8], name: String = "test.raw", pieceSize: Int = .max
  ) throws(InputError) -> EventTrace {
    try EventTrace.readAll(MemorySource(bytes, pieceSize: pieceSize), name: name)
  }
}

extension EventBatch {
  /// `time x y p` of each event.
  var texts: [String] {
    (0..<count).map { index in
      "\(times[index]) \(xs[index]) \(ys[index]) \(polarities[index])"
    }
  }
}
