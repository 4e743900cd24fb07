import Bytes
import Commands
import Events
import TestSupport
import Testing

/// Frames beside events: written and read back, damaged, and those of a real camera.
@Suite("AEDAT 4 with frames")
struct AEDAT4FramesTests {
  private static let sensor = SensorSize(width: 31, height: 17)

  private static func frame(_ number: Int) -> GreyFrame {
    let count = sensor.width * sensor.height
    return GreyFrame(
      time: Int64(number) * 40_000, exposure: 2_000, size: sensor,
      bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + number * 31) })
  }

  /// Events, and a frame behind each thousand of them.
  private static func recording(
    _ compression: AEDAT4Writer.Compression
  ) throws -> (bytes: [UInt8], events: EventBatch) {
    let events = EventFixtures.random(3_000, sensor: sensor)
    let writer = try AEDAT4Writer(
      sensor: sensor, compression: compression, hasFrames: true, libraries: SystemCompression())
    var bytes = writer.header()
    for part in 0..<3 {
      var batch = EventBatch()
      for index in part * 1000..<(part + 1) * 1000 { batch.append(events[index]) }
      bytes += try writer.packets(of: batch)
      bytes += writer.packet(of: frame(part))
    }
    return (bytes, events)
  }

  private static func frames(_ bytes: [UInt8], pieceSize: Int = .max) throws -> [GreyFrame] {
    var reader = try AEDAT4Frames(
      MemorySource(bytes, pieceSize: pieceSize), libraries: SystemCompression())
    var frames: [GreyFrame] = []
    while let frame = try reader.next() { frames.append(frame) }
    return frames
  }

  @Test(
    "gives back frames and events as they were written",
    arguments: AEDAT4Writer.Compression.allCases)
  func roundTrip(_ compression: AEDAT4Writer.Compression) throws {
    let (bytes, events) = try Self.recording(compression)
    #expect(try Self.frames(bytes, pieceSize: 613) == (0..<3).map(Self.frame))
    let trace = try EventTrace.readAll(
      MemorySource(bytes), name: "a.aedat4", libraries: SystemCompression())
    #expect(trace.events.texts == events.texts && trace.anomalies.isEmpty)
    #expect(trace.sensor == Self.sensor)
  }

  @Test("is an error where it was cut, with the byte of the packet")
  func truncated() throws {
    let bytes = try Self.recording(.none).bytes
    let header = try AEDAT4Writer(
      sensor: Self.sensor, compression: .none, hasFrames: true, libraries: SystemCompression()
    ).header().count
    var whole = 0
    for count in stride(from: header, to: bytes.count, by: 37) {
      do {
        _ = try Self.frames(Array(bytes[..<count]))
        whole += 1
      } catch let error as InputError {
        #expect(error.problem.contains("end of the file"))
        guard case .byte(let place) = error.place else {
          Issue.record("expected a byte: \(error)")
          continue
        }
        #expect(place < count)
      }
    }
    // Cut exactly between two packets, or at the very start.
    #expect(whole <= 7)
  }

  @Test("never traps when damaged")
  func mutated() throws {
    var mutator = Mutator(seed: 4)
    for compression in AEDAT4Writer.Compression.allCases {
      let bytes = try Self.recording(compression).bytes
      var read = 0
      for run in 0..<(SharedData.runsSlowTests ? 20_000 : 500) {
        let frames = try? Self.frames(
          mutator.mutated(bytes, at: run % 2 == 0 ? Array(0..<200) : []))
        read += frames?.count ?? 0
      }
      #expect(read > 0)
    }
  }

  private static let davisMeans = [50.991, 51.1731, 51.34]

  @Test("reads what a DAVIS346 saw", .enabled(if: SharedData.isPresent))
  func davis() throws {
    let frames = try Self.frames(SharedData.bytes("events/recordings/aestream_davis.aedat4"))
    // As dv_processing 2.0.4 counts and averages them.
    #expect(frames.count == Self.davisMeans.count)
    for (frame, mean) in zip(frames, Self.davisMeans) {
      #expect(frame.size == SensorSize(width: 346, height: 260))
      let sum = frame.bytes.reduce(0) { $0 + Int($1) }
      #expect(abs(Double(sum) / Double(frame.bytes.count) - mean) < 0.001)
    }
  }
}
