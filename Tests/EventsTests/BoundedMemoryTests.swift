import Bytes
import Events
import TestSupport
import Testing

@Suite("Memory for recordings of any length")
struct BoundedMemoryTests {
  /// Words that repeat without end, handed out as they are asked for; keeps note of the largest wish.
  private struct RepeatedWords: ByteSource {
    final class Wishes: @unchecked Sendable { var largest = 0 }

    let wishes = Wishes()
    private let block: [UInt8]
    private var blocksLeft: Int
    private var rest: [UInt8]

    init(eventsInBlock: Int, blocks: Int) {
      let events = (0..<UInt32(eventsInBlock)).map { ($0 % 640) << 11 | $0 % 480 }
      block = ([UInt32(8) << 28] + events).flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      }
      blocksLeft = blocks
      rest = Array("% evt 2.0\n% geometry 640x480\n% end\n".utf8)
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
      wishes.largest = max(wishes.largest, buffer.count)
      if rest.isEmpty && blocksLeft > 0 {
        rest = block
        blocksLeft -= 1
      }
      let count = min(buffer.count, rest.count)
      rest.withUnsafeBytes { bytes in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
      rest.removeFirst(count)
      return count
    }
  }

  /// Bytes that decoding held at its worst moment: what it wanted to read at once, and its batch.
  private static func bytesHeld(events: Int) throws -> (read: Int, batch: Int) {
    let source = RepeatedWords(eventsInBlock: 1000, blocks: events / 1000)
    var reader = try EventReader(source, name: "a.raw")
    var batch = EventBatch()
    var largest = 0
    while try reader.next(into: &batch) {
      let capacity =
        batch.times.capacity * 8 + (batch.xs.capacity + batch.ys.capacity) * 2
        + batch.polarities.capacity
      largest = max(largest, capacity)
    }
    #expect(reader.eventCount == events)
    #expect(reader.anomalies.isEmpty)
    return (source.wishes.largest, largest)
  }

  @Test("Ten times the events take not a byte more")
  func flat() throws {
    let events = SharedData.runsSlowTests ? 20_000_000 : 200_000
    let (short, long) = (
      try Self.bytesHeld(events: events), try Self.bytesHeld(events: 10 * events)
    )
    #expect(long == short)
    #expect(short.read + short.batch < 2 << 20)
  }
}
