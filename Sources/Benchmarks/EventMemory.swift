import Bytes
import Commands
import Events
import Glibc

/// How much memory decoding takes, whatever the length of the recording.
enum EventMemory {
  static func results() throws -> [BenchmarkResult] {
    let (short, long) = (try peak(blocks: 20_000), try peak(blocks: 200_000))
    return [
      BenchmarkResult("memory to decode 20 M events of EVT2", short, "MB"),
      // One MB on 180 million more events: nothing is kept of any.
      BenchmarkResult("memory to decode 200 M events of EVT2", long, "MB", atMost: short + 1),
    ]
  }

  /// Megabytes of this program at the worst moment of decoding a recording that is never held whole.
  private static func peak(blocks: Int) throws -> Double {
    // Lets the system forget the worst moment so far.
    if let file = fopen("/proc/self/clear_refs", "w") {
      fputs("5", file)
      fclose(file)
    }
    var reader = try EventReader(RepeatedBlock(blocks: blocks), name: "a.raw")
    var batch = EventBatch()
    while try reader.next(into: &batch) {}
    guard reader.eventCount == blocks * RepeatedBlock.events else {
      throw InputError(at: .nowhere, "expected every event, found \(reader.eventCount)")
    }
    let status = String(decoding: try Files.read("/proc/self/status"), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    guard let kibibytes = line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first,
      let count = Double(kibibytes)
    else { throw InputError(at: .nowhere, "expected VmHWM in /proc/self/status") }
    return count * 1024 / 1e6
  }

  /// A header, then the same words again and again.
  private struct RepeatedBlock: ByteSource {
    static let events = 1000
    private let header: [UInt8]
    private let block: [UInt8]
    private var blocks: Int
    private var rest: ArraySlice<UInt8>

    init(blocks: Int) {
      header = Array("% evt 2.0\n% geometry 640x480\n% end\n".utf8)
      let words = [UInt32(8) << 28] + (0..<UInt32(Self.events)).map { ($0 % 640) << 11 | $0 % 480 }
      block = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
      self.blocks = blocks
      rest = header[...]
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
      if rest.isEmpty {
        guard blocks > 0 else { return 0 }
        blocks -= 1
        rest = block[...]
      }
      let count = min(buffer.count, rest.count)
      rest.withUnsafeBytes { bytes in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
      rest = rest.dropFirst(count)
      return count
    }
  }
}
