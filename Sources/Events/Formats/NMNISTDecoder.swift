import Bytes

/// The 40-bit big-endian records of N-MNIST and N-Caltech101 `.bin` and of SLAYER `.bs2`.
///
/// x and y take a byte each; then polarity (1 bit) and time (23 bits). Source: Orchard et al. 2015,
/// whose reader adds 2^13 µs to all later events at a record with y = 240.
struct NMNISTDecoder: EventDecoder {
  private static let overflowRow = UInt32(240)
  private static let overflowStep = Int64(1) << 13

  private var overflow = Int64(0)

  var checkpoint: [Int64] { [overflow] }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 1, (0..<1 << 60).contains(values[0]) else { return false }
    overflow = values[0]
    return true
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let records = bytes.baseAddress else { return 0 }
    let end = bytes.count / 5 * 5
    var position = 0
    while position < end && output.room > 0 {
      let head = UInt32(
        bigEndian: records.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      let tail = UInt32(records.load(fromByteOffset: position &+ 4, as: UInt8.self))
      let x = head >> 24
      let y = (head >> 16) & 0xFF
      if y == Self.overflowRow {
        overflow += Self.overflowStep
      } else {
        let time = overflow &+ Int64(((head & 0x7FFF) << 8) | tail)
        tally.take(time, x, y, (head >> 15) & 1, at: .byte(offset + position), &output)
      }
      position &+= 5
    }
    return position
  }
}
