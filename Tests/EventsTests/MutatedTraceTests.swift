import Bytes
import Events
import TestSupport
import Testing
import VirtualTime

/// Damaged recordings: events or an error with an address, never a trap, and counts that add up.
@Suite("Mutated recordings")
struct MutatedTraceTests {
  private static let runs = SharedData.runsSlowTests ? 100_000 : 4_000

  /// All but HDF5, which a library reads.
  private static let streams = TraceFormat.allCases.filter { $0 != .hdf5 }

  @Test(
    "of every format decode or throw", .timeLimit(.minutes(10)), arguments: streams)
  func everyFormat(_ format: TraceFormat) throws {
    let bytes = try Self.recording(format)
    let whole = try TraceBytes.read(bytes, name: Self.name(format))
    #expect(whole.format == format && whole.anomalies.isEmpty && whole.events.count == 600)
    var mutator = Mutator(seed: UInt64(format.rawValue.utf8.count))
    var decoded = 0
    for run in 0..<Self.runs {
      // Half of the faults in the header and the first events, where they do most harm.
      let mutant = mutator.mutated(bytes, at: run % 2 == 0 ? Array(0..<160) : [])
      do throws(InputError) {
        try check(mutant, Self.name(format), pieceSize: run % 3 == 0 ? 61 : .max)
        decoded += 1
      } catch {
        #expect(error.file == Self.name(format))
        switch error.place {
        case .byte(let offset): #expect(offset <= mutant.count)
        case .line(let line): #expect(line >= 1)
        default: Issue.record("expected a byte or a line: \(error)")
        }
      }
    }
    #expect(decoded > Self.runs / 50, "\(decoded) of \(Self.runs) decoded")
  }

  /// Reads in small batches and compares every count with the events that came.
  private func check(_ bytes: [UInt8], _ name: String, pieceSize: Int) throws(InputError) {
    var reader = try EventReader(MemorySource(bytes, pieceSize: pieceSize), name: name)
    var batch = EventBatch()
    let (width, height) = (reader.sensor?.width ?? 65_536, reader.sensor?.height ?? 65_536)
    var (count, backward, wrong, last) = (0, 0, 0, Int64.min)
    while try reader.next(into: &batch, limit: 256) {
      count += batch.count
      for index in 0..<batch.count {
        if batch.times[index] < last { backward += 1 }
        last = batch.times[index]
        let isInside = batch.xs[index] < width && batch.ys[index] < height
        if !isInside || batch.polarities[index] > 1 { wrong += 1 }
      }
    }
    #expect(wrong == 0)
    #expect(reader.eventCount == count)
    #expect(reader.anomalies[.backwardTime]?.count ?? 0 == backward)
    #expect(reader.bytesUsed <= bytes.count)
    if reader.anomalies[.truncatedTail] == nil { #expect(reader.bytesUsed == bytes.count) }
  }

  @Test("Damaged label files read or throw with a line")
  func labels() throws {
    let text = "class,startTime_usec,endTime_usec\n1,53036986,59508469\n2,64889467,73697045\n"
    var mutator = Mutator(seed: 5)
    var read = 0
    for _ in 0..<Self.runs {
      do throws(InputError) {
        let labels = try GestureLabels(mutator.mutated(Array(text.utf8)), name: "l.csv")
        #expect(labels.labels.allSatisfy { $0.end > $0.start && $0.start >= 0 })
        read += 1
      } catch {
        guard case .line = error.place else {
          Issue.record("expected a line: \(error)")
          return
        }
      }
    }
    #expect(read > Self.runs / 50)
  }

  @Test("Noise under every known name decodes or throws", arguments: streams)
  func noise(_ format: TraceFormat) {
    var random = SeededRandom(seed: 9, stream: format.rawValue)
    for _ in 0..<Self.runs / 4 {
      let bytes = (0..<random.next() % 300).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      _ = try? EventTrace.readAll(
        MemorySource(bytes), name: Self.name(format), format: format)
      _ = try? EventTrace.readAll(MemorySource(bytes), name: Self.name(format))
    }
  }

  private static func name(_ format: TraceFormat) -> String {
    switch format {
    case .aedat31: "mutant.aedat"
    case .aedat4: "mutant.aedat4"
    case .aedat2: "mutant.aedat"
    case .evt2, .evt21, .evt21Legacy, .evt3, .evt4: "mutant.raw"
    case .eventStream: "mutant.es"
    case .dat: "mutant.dat"
    case .hdf5: "mutant.h5"
    case .npy: "mutant.npy"
    case .npz: "mutant.npz"
    case .nmnist: "mutant.bin"
    case .csv: "mutant.csv"
    }
  }

  /// 600 events, a few µs apart, in each format.
  private static func recording(_ format: TraceFormat) throws -> [UInt8] {
    var random = SeededRandom(seed: 3, stream: "recording")
    var events = EventBatch()
    var time = Int64(100)
    for _ in 0..<600 {
      let bits = random.next()
      time += Int64(bits % 40)
      events.append(
        Event(
          time: time, x: UInt16(truncatingIfNeeded: bits >> 8) % 128,
          y: UInt16(truncatingIfNeeded: bits >> 24) % 128,
          isOn: bits >> 63 == 1))
    }
    switch format {
    case .aedat31:
      let writer = AEDAT31Writer(sensor: SensorSize(width: 128, height: 128))
      return writer.header() + (try writer.packets(of: events))
    case .aedat4:
      let writer = try AEDAT4Writer(
        sensor: SensorSize(width: 128, height: 128), compression: .lz4)
      return writer.header() + (try writer.packets(of: events))
    case .csv:
      return Array(("t,x@128,y@128,p\n" + events.texts.map { commas($0) + "\n" }.joined()).utf8)
    case .nmnist:
      return (0..<events.count).flatMap { index -> [UInt8] in
        let word = UInt32(events.polarities[index]) << 23 | UInt32(events.times[index])
        let (x, y) = (UInt8(events.xs[index]), UInt8(events.ys[index]))
        return [x, y, UInt8(word >> 16), UInt8(word >> 8 & 0xFF), UInt8(word & 0xFF)]
      }
    case .hdf5: preconditionFailure("no stream")
    case .npy: return NumpyFixture.structured(events)
    case .npz: return NumpyFixture.archive(events)
    case .dat:
      let records = (0..<events.count).map { index -> (UInt32, UInt32) in
        let address = UInt32(events.ys[index]) << 14 | UInt32(events.xs[index])
        return (UInt32(events.times[index]), UInt32(events.polarities[index]) << 28 | address)
      }
      return TraceBytes.dat(records, lines: ["Version 2", "Height 128", "Width 128"])
    case .aedat2: return TraceBytes.aedat2(events)
    case .evt21: return TraceBytes.evt21(events, isLegacy: false)
    case .evt21Legacy: return TraceBytes.evt21(events, isLegacy: true)
    case .evt4: return TraceBytes.evt4(events)
    case .eventStream: return TraceBytes.eventStream(events)
    case .evt2: return TraceBytes.evt2(evt2Words(events), geometry: "128x128")
    case .evt3: return TraceBytes.evt3(evt3Words(events), geometry: "128x128")
    }
  }

  private static func commas(_ text: String) -> String {
    text.split(separator: " ").joined(separator: ",")
  }

  private static func evt2Words(_ events: EventBatch) -> [UInt32] {
    (0..<events.count).flatMap { index -> [UInt32] in
      let time = UInt32(events.times[index])
      let address = UInt32(events.xs[index]) << 11 | UInt32(events.ys[index])
      let polarity = UInt32(events.polarities[index]) << 28
      return [8 << 28 | time >> 6, polarity | (time & 63) << 22 | address]
    }
  }

  private static func evt3Words(_ events: EventBatch) -> [UInt16] {
    (0..<events.count).flatMap { index -> [UInt16] in
      let time = UInt32(events.times[index])
      let polarity = UInt16(events.polarities[index]) << 11
      let times = [UInt16(0x8000 | time >> 12), UInt16(0x6000 | time & 0xFFF)]
      let column = polarity | events.xs[index]
      let isVector = index % 5 == 0
      let pixel: [UInt16] = isVector ? [0x3000 | column, 0x4001, 0x5000] : [0x2000 | column]
      return times + [events.ys[index]] + pixel
    }
  }
}
