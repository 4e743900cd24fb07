import Bytes
import Commands
import Events
import TestSupport
import Testing
import VirtualTime

/// HDF5 recordings: real files by the system's library where it is installed, chunks by hand always.
@Suite("HDF5 traces")
struct HDF5Tests {
  private static let hasLibrary =
    (try? HDF5File(SharedData.path + "/events/synthetic/g02_dsec.h5")) != nil

  private let events = EventFixtures.random(
    7001, sensor: SensorSize(width: 640, height: 480), start: 5_000_000_000)

  @Test(
    "A DSEC file decodes to the events of the other containers",
    .enabled(if: hasLibrary, "needs libhdf5 and the shared data"))
  func dsec() throws {
    let table = tableRows(try SharedData.text("events/synthetic/expected_synthetic.csv"))
    let row = try #require(table.first { $0["file"] == "g02_dsec.h5" })
    let path = SharedData.path + "/events/synthetic/g02_dsec.h5"
    var reader = try Recording(path).reader
    var (summary, batch) = (TraceSummary(), EventBatch())
    while try reader.next(into: &batch, limit: 5000) { summary.add(batch) }
    summary.finish()
    #expect(reader.format == .hdf5 && reader.sensor == SensorSize(width: 128, height: 128))
    #expect(summary.count == row["n_events"].flatMap { Int($0) })
    #expect(summary.first == row["first"] && summary.last == row["last"])
    #expect(summary.checksum == row["sha256"])
    #expect(reader.anomalies.isEmpty)
  }

  @Test(
    "A slice of an HDF5 file holds what a full read has there",
    .enabled(if: hasLibrary, "needs libhdf5 and the shared data"))
  func slice() throws {
    let path = SharedData.path + "/events/synthetic/g02_dsec.h5"
    var whole = EventBatch()
    var batch = EventBatch()
    var reader = try Recording(path).reader
    while try reader.next(into: &batch) { whole.append(contentsOf: batch) }
    whole.keep(times: 500_045..<600_045, last: .max)
    let request = SliceRequest(
      from: .sinceStart(500_000), to: .sinceStart(600_000), keepsIndex: false)
    var sliced = try Recording(path, slice: request).reader
    var found = EventBatch()
    while try sliced.next(into: &batch) { found.append(contentsOf: batch) }
    #expect(found.count > 100 && found.texts == whole.texts)
  }

  @Test("A file that is no HDF5 is refused", .enabled(if: hasLibrary, "needs libhdf5"))
  func damaged() throws {
    try Folder.temporary { folder in
      let path = try folder.write(
        TraceFormat.hdf5Signature + [UInt8](repeating: 7, count: 900), to: "a.h5")
      let error = #expect(throws: InputError.self) { try Recording(path) }
      #expect(error?.file == path)
    }
  }

  @Test(
    "Damaged HDF5 files decode or throw", .enabled(if: hasLibrary, "needs libhdf5"))
  func mutated() throws {
    let bytes = try SharedData.bytes("events/synthetic/g02_dsec.h5")
    var mutator = Mutator(seed: 12)
    try Folder.temporary { folder in
      for run in 0..<(SharedData.runsSlowTests ? 2000 : 40) {
        let mutant = mutator.mutated(bytes, at: run % 2 == 0 ? Array(0..<6000) : [])
        let path = try folder.write(mutant, to: "mutant.h5")
        do throws(InputError) {
          var reader = try Recording(path, format: .hdf5).reader
          var batch = EventBatch()
          while try reader.next(into: &batch) {}
        } catch {
          #expect(error.file == path)
        }
      }
    }
  }

  // MARK: ECF

  @Test("ECF chunks of every packing give their events", arguments: ECFEncoder.Packing.allCases)
  func chunks(_ packing: ECFEncoder.Packing) throws {
    for count in [1, 2, 3, 4, 5, 99, 7001] {
      var part = EventBatch()
      for index in 0..<count { part.append(events[index]) }
      let rows = try #require(ECFChunk.rows(ECFEncoder.chunk(part, packing)))
      #expect(rows.count == count * 16)
      var found = EventBatch()
      rows.withUnsafeBytes { bytes in
        for index in 0..<count {
          let row = bytes.baseAddress! + index * 16
          found.append(
            Event(
              time: row.load(fromByteOffset: 8, as: Int64.self), x: row.load(as: UInt16.self),
              y: row.load(fromByteOffset: 2, as: UInt16.self),
              isOn: row.load(fromByteOffset: 4, as: Int16.self) == 1))
        }
      }
      #expect(found.texts == part.texts)
    }
  }

  /// A container without a library: one list in chunks.
  private struct Fake: HDF5Container, HDF5Dataset {
    var chunks: [(bytes: [UInt8], isFiltered: Bool)]
    var rowCount: Int
    var chunkRows: Int? = 2000
    var filters = [0x8ECF]
    var rowSize: Int { 16 }
    var fields: [HDF5Field] {
      [
        HDF5Field(name: "x", offset: 0, type: .unsigned(bytes: 2)),
        HDF5Field(name: "y", offset: 2, type: .unsigned(bytes: 2)),
        HDF5Field(name: "p", offset: 4, type: .signed(bytes: 2)),
        HDF5Field(name: "t", offset: 8, type: .signed(bytes: 8)),
      ]
    }

    func dataset(_ path: String) -> (any HDF5Dataset)? { path == "CD/events" ? self : nil }
    func attribute(_ name: String) -> String? { name == "geometry" ? "640x480" : nil }

    func read(
      _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
    ) throws(InputError) {
      throw InputError(at: .nowhere, "only chunks")
    }

    func chunk(at row: Int) throws(InputError) -> (bytes: [UInt8], isFiltered: Bool) {
      chunks[row / 2000]
    }
  }

  private func fake() -> Fake {
    let chunks = stride(from: 0, to: events.count, by: 2000).map { start in
      var part = EventBatch()
      for index in start..<min(start + 2000, events.count) { part.append(events[index]) }
      let packing = ECFEncoder.Packing.allCases[start / 2000 % 3]
      return (bytes: ECFEncoder.chunk(part, packing), isFiltered: true)
    }
    return Fake(chunks: chunks, rowCount: events.count)
  }

  @Test("Prophesee's list of ECF chunks gives its events, and slices of them")
  func prophesee() throws {
    var reader = try EventReader(fake(), name: "a.hdf5")
    #expect(reader.sensor == SensorSize(width: 640, height: 480))
    var (found, batch) = (EventBatch(), EventBatch())
    while try reader.next(into: &batch, limit: 777) { found.append(contentsOf: batch) }
    #expect(found.texts == events.texts)
    #expect(reader.anomalies.isEmpty)

    var fresh = try EventReader(fake(), name: "a.hdf5")
    let index = try TraceIndex(of: &fresh, batchSize: 300)
    let range = events.times[3000]..<events.times[3500]
    var sliced = try EventReader(fake(), name: "a.hdf5")
    try sliced.restrict(to: range, index: index)
    found = EventBatch()
    while try sliced.next(into: &batch) { found.append(contentsOf: batch) }
    var expected = events
    expected.keep(times: range, last: .max)
    #expect(found.texts == expected.texts)
  }

  @Test("Damaged ECF chunks decode or throw with the row they start at")
  func damagedChunks() throws {
    var mutator = Mutator(seed: 3)
    let good = fake()
    var decoded = 0
    for run in 0..<(SharedData.runsSlowTests ? 50_000 : 200) {
      var spoilt = good
      spoilt.chunks[run % 4].bytes = mutator.mutated(good.chunks[run % 4].bytes)
      do throws(InputError) {
        var reader = try EventReader(spoilt, name: "a.hdf5")
        var batch = EventBatch()
        while try reader.next(into: &batch) {}
        let lost = reader.anomalies.eventsLeftOut
        #expect(reader.eventCount + lost == events.count)
        decoded += 1
      } catch {
        #expect(error.place == .key("chunk at row \(run % 4 * 2000)"))
      }
    }
    #expect(decoded > 20)
  }

  @Test("A chunk that claims more events than ECF allows is refused")
  func claims() {
    let count = UInt32(65_536) << 2
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    #expect(ECFChunk.rows(bytes + [UInt8](repeating: 0, count: 64)) == nil)
    #expect(ECFChunk.rows([]) == nil)
  }

  // MARK: Blosc

  @Test("Blosc frames are decoded whole, stored and shuffled")
  func blosc() throws {
    let data = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    func frame(_ flags: UInt8, _ blockSize: Int, _ body: [UInt8]) -> [UInt8] {
      [2, 1, flags, 4] + NumpyFixture.little(1000, 4) + NumpyFixture.little(blockSize, 4)
        + NumpyFixture.little(16 + body.count, 4) + body
    }
    let none = NoLibraries()
    #expect(try BloscFrame.decode(frame(2, 1000, data), count: 1000, libraries: none) == data)
    // LZ4, one block of one part, stored because nothing could be gained; shuffled by 4 bytes.
    let shuffled = (0..<4).flatMap { byte in (0..<250).map { data[$0 * 4 + byte] } }
    let body = NumpyFixture.little(20, 4) + NumpyFixture.little(1000, 4) + shuffled
    let bytes = frame(1 | 16 | 1 << 5, 1000, body)
    #expect(try BloscFrame.decode(bytes, count: 1000, libraries: none) == data)
    var mutator = Mutator(seed: 4)
    for _ in 0..<2000 {
      let decoded = try? BloscFrame.decode(mutator.mutated(bytes), count: 1000, libraries: none)
      #expect(decoded == nil || decoded?.count == 1000)
    }
  }
}

/// Chunks of Prophesee's format from its layout, as its own encoder would choose them or not.
enum ECFEncoder {
  enum Packing: CaseIterable { case masked, columns, all }

  static func chunk(_ events: EventBatch, _ packing: Packing) -> [UInt8] {
    let flags = packing == .all ? 2 : packing == .columns ? 1 : 0
    var bytes = NumpyFixture.little(events.count << 2 | flags, 4)
    bytes += times(events.times)
    if packing == .all {
      return bytes
        + groups(events, size: 4, bits: 24) { index in
          Int(events.ys[index]) << 12 | Int(events.xs[index]) << 1 | Int(events.polarities[index])
        }
    }
    for run in runs(events.ys.map(Int.init)) {
      let isLong = run.length >= 31
      bytes += NumpyFixture.little(run.value << 5 | (isLong ? 31 : run.length), 2)
      if isLong { bytes += NumpyFixture.little(run.length, 2) }
    }
    if packing == .columns {
      return bytes
        + groups(events, size: 2, bits: 12) { index in
          Int(events.xs[index]) << 1 | Int(events.polarities[index])
        }
    }
    bytes += masked(events.xs.map(Int.init))
    for run in runs(events.polarities.map(Int.init)) {
      let isLong = run.length >= 127
      bytes.append(UInt8(run.value << 7 | (isLong ? 127 : run.length)))
      if isLong { bytes += NumpyFixture.little(run.length, 2) }
    }
    return bytes
  }

  private static func runs(_ values: [Int]) -> [(value: Int, length: Int)] {
    var runs: [(value: Int, length: Int)] = []
    for value in values {
      if runs.last?.value == value {
        runs[runs.count - 1].length += 1
      } else {
        runs.append((value, 1))
      }
    }
    return runs
  }

  private static func times(_ times: [Int64]) -> [UInt8] {
    var bytes = NumpyFixture.little(Int(times[0]), 8)
    var current = Int(times[0])
    for run in runs(times.map(Int.init)) {
      var step = run.value - current
      if step >= 15 {
        while step > 0 {
          bytes.append(UInt8(0xF0 | step & 15))
          step >>= 4
        }
      }
      let isLong = run.length >= 15
      bytes.append(UInt8(step << 4 | (isLong ? 15 : run.length)))
      if isLong { bytes += NumpyFixture.little(run.length, 2) }
      current = run.value
    }
    return bytes
  }

  private static func masked(_ xs: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while index < xs.count {
      let x = xs[index]
      var mask = 0
      index += 1
      for next in 1...5 where index < xs.count && xs[index] == x + next {
        mask |= 1 << (5 - next)
        index += 1
      }
      bytes += NumpyFixture.little(x << 5 | mask, 2)
    }
    return bytes
  }

  /// Four events in three words; a last group is filled up with zeros.
  private static func groups(
    _ events: EventBatch, size: Int, bits: Int, _ value: (Int) -> Int
  ) -> [UInt8] {
    stride(from: 0, to: events.count, by: 4).flatMap { start -> [UInt8] in
      let v = (start..<start + 4).map { $0 < events.count ? value($0) : 0 }
      let short = size * 8 - bits
      func low(_ value: Int, _ bits: Int) -> Int { value & ((1 << bits) - 1) }
      let a = v[0] << short | low(v[1], short)
      let b = (v[1] >> short) << (2 * short) | low(v[2], 2 * short)
      let c = (v[2] >> (2 * short)) << (3 * short) | v[3]
      return [a, b, c].flatMap { NumpyFixture.little($0, size) }
    }
  }
}
