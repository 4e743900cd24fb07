import TestSupport
import VirtualTime

enum SharedCounts {
  /// Damaged inputs per reader: the full count takes a while.
  static var mutations: Int { SharedData.runsSlowTests ? 100_000 : 4_000 }
}

/// A copy with one to four bytes changed, removed or repeated, or cut short.
func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
  var bytes = bytes
  for _ in 0...random.next() % 4 where !bytes.isEmpty {
    let at = Int(random.next() % UInt64(bytes.count))
    switch random.next() % 6 {
    case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
    case 1: bytes[at] ^= 1 << UInt8(random.next() % 8)
    case 2: bytes.remove(at: at)
    case 3: bytes.insert(bytes[at], at: at)
    case 4:
      // Another digit: numbers at their limits find more than random bytes do.
      if let digit = bytes.indices.first(where: { $0 >= at && (48...57).contains(bytes[$0]) }) {
        bytes.replaceSubrange(
          digit...digit, with: Array("99999999999999999999".utf8.prefix(Int(random.next() % 20))))
      }
    default: bytes.removeLast(Int(random.next() % UInt64(bytes.count)) / 8)
    }
  }
  return bytes
}
