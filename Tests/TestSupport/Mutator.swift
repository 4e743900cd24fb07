import VirtualTime

/// Damages bytes the way that broken downloads, failing memory and malice do.
package struct Mutator {
  private var random: SeededRandom
  /// Numbers at which readers tend to go wrong.
  private static let edges: [UInt32] = [
    0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0x00FF_FFFF,
    0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x7F80_0000, 0x7FC0_0000,
  ]

  package init(seed: UInt64) { random = SeededRandom(seed: seed, stream: "mutation") }

  /// `bytes` with one to eight faults, most of them at `places`: offsets where structure lies rather
  /// than bulk data. Empty `places` means anywhere.
  package mutating func mutated(_ bytes: [UInt8], at places: [Int] = []) -> [UInt8] {
    var result = bytes
    let faults = 1 + Int.random(in: 0..<8, using: &random) * Int.random(in: 0...1, using: &random)
    for _ in 0..<faults where !result.isEmpty {
      let anywhere = places.isEmpty || Int.random(in: 0..<10, using: &random) == 0
      let wanted =
        anywhere
        ? Int.random(in: 0..<result.count, using: &random)
        : places[Int.random(in: 0..<places.count, using: &random)]
      damage(&result, at: min(wanted, result.count - 1))
    }
    return result
  }

  private mutating func damage(_ bytes: inout [UInt8], at place: Int) {
    switch Int.random(in: 0..<16, using: &random) {
    case 0..<4:
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 4..<8:
      bytes[place] = UInt8.random(in: .min ... .max, using: &random)
    case 8..<12:
      let value =
        Self.edges.randomElement(using: &random)! &+ UInt32.random(in: 0...1, using: &random)
      write(value, to: &bytes, at: place & ~3)
    case 12:
      write(
        UInt32.random(in: 0...UInt32(2 * bytes.count), using: &random), to: &bytes, at: place & ~3)
    case 13:
      // A stretch from elsewhere: the right kind of bytes in the wrong place.
      let length = min(Int.random(in: 1...64, using: &random), bytes.count - place)
      let source = Int.random(in: 0...bytes.count - length, using: &random)
      let copy = Array(bytes[source..<source + length])
      bytes.replaceSubrange(place..<place + length, with: copy)
    case 14:
      bytes.removeSubrange(
        place..<min(bytes.count, place + Int.random(in: 1...16, using: &random)))
    default:
      bytes.removeSubrange(place...)
    }
  }

  private func write(_ value: UInt32, to bytes: inout [UInt8], at place: Int) {
    for index in 0..<min(4, bytes.count - place) {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
    }
  }
}
