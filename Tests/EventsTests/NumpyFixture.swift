import Bytes
import Events
import TestSupport

/// Events as NumPy writes them.
extension NumpyFixture {
  /// Fields t i8, x u2, y u2, p u1, and a byte of padding between.
  static func structured(_ events: EventBatch) -> [UInt8] {
    let data = (0..<events.count).flatMap { index -> [UInt8] in
      little(Int(events.times[index]), 8) + little(Int(events.xs[index]), 2)
        + little(Int(events.ys[index]), 2) + [0xEE, events.polarities[index]]
    }
    let descriptor =
      "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('', '|V1'), ('p', '|u1')]"
    return npy(descriptor, "(\(events.count),)", data)
  }

  /// Four arrays and the sensor's size, stored.
  static func archive(_ events: EventBatch, side: Int = 128) -> [UInt8] {
    let shape = "(\(events.count),)"
    return zip([
      ("t", npy("'<i8'", shape, events.times.flatMap { little(Int($0), 8) })),
      ("x", npy("'<u2'", shape, events.xs.flatMap { little(Int($0), 2) })),
      ("y", npy("'<u2'", shape, events.ys.flatMap { little(Int($0), 2) })),
      ("p", npy("'|b1'", shape, events.polarities)),
      ("width", npy("'<i8'", "()", little(side, 8))),
      ("height", npy("'<i8'", "()", little(side, 8))),
    ])
  }
}
