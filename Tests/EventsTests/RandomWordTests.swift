import Bytes
import Events
import TestSupport
import Testing
import VirtualTime

/// Words that no camera sends: the fast paths have to agree with plain decoders on all of them.
@Suite("Random words")
struct RandomWordTests {
  private static let runs: UInt64 = SharedData.runsSlowTests ? 4_000 : 400

  /// Words mostly of `common` types, so that most blocks are clean and some are not.
  private func words<T: FixedWidthInteger & UnsignedInteger>(
    _ count: Int, common: [T], rarity: UInt64, _ random: inout SeededRandom
  ) -> [T] {
    (0..<count).map { _ in
      let bits = T(truncatingIfNeeded: random.next())
      if random.next() % rarity == 0 { return bits }
      let type = common[Int(random.next() % UInt64(common.count))]
      return bits & (T.max >> 4) | type << (T(T.bitWidth) - 4)
    }
  }

  private func check(
    _ bytes: [UInt8], _ reference: ReferenceDecoder, _ random: inout SeededRandom
  ) throws {
    let pieceSize = 1 + Int(random.next() % 40_000)
    let trace = try TraceBytes.read(bytes, pieceSize: pieceSize)
    let isEqual = trace.events.texts == reference.events
    #expect(isEqual, "\(trace.events.count) events, expected \(reference.events.count)")
    #expect(trace.triggers.count == reference.triggers)
    #expect(trace.anomalies.eventsLeftOut == reference.leftOut)
    #expect(trace.anomalies[.unknownWord]?.count ?? 0 == reference.unknown)
  }

  @Test("EVT2 words decode as a plain decoder does", arguments: [3, 500, 1_000_000])
  func evt2(_ rarity: UInt64) throws {
    var random = SeededRandom(seed: rarity, stream: "evt2")
    for run in 0..<Self.runs / 10 {
      let common: [UInt32] = run % 2 == 0 ? [0, 1, 8] : Array(repeating: 1, count: 80) + [8, 10]
      let words = words(
        1 + Int(random.next() % 9000), common: common, rarity: rarity, &random)
      var reference = ReferenceDecoder(width: 2000, height: 2040)
      reference.evt2(words)
      try check(TraceBytes.evt2(words, geometry: "2000x2040"), reference, &random)
    }
  }

  @Test("EVT3 words decode as a plain decoder does", arguments: [3, 500, 1_000_000])
  func evt3(_ rarity: UInt64) throws {
    var random = SeededRandom(seed: rarity, stream: "evt3")
    for run in 0..<Self.runs / 10 {
      let mixes: [[UInt16]] = [[0, 2, 6, 8], [0, 2, 2, 6], [0, 2, 3, 4, 4, 5, 6, 8, 10, 14, 15]]
      let words = words(
        1 + Int(random.next() % 9000), common: mixes[Int(run % 3)], rarity: rarity, &random)
      var reference = ReferenceDecoder(width: 2045, height: 2047)
      reference.evt3(words)
      try check(TraceBytes.evt3(words, geometry: "2045x2047"), reference, &random)
    }
  }
}
