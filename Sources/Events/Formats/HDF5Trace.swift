package import Bytes

/// An HDF5 file as far as recordings need it. `Commands` opens it with the system's library, which
/// wants a path and reads the file itself, piece by piece.
package protocol HDF5Container: Sendable {
  /// Nil when there is no data set of that path.
  func dataset(_ path: String) throws(InputError) -> (any HDF5Dataset)?
  /// A text or whole number attached to the root; nil when there is none.
  func attribute(_ name: String) -> String?
}

/// A list in an HDF5 file, of numbers or of structures of numbers.
package protocol HDF5Dataset: Sendable {
  var rowCount: Int { get }
  /// Bytes of an element as it lies in the file.
  var rowSize: Int { get }
  /// The fields of a structure; one without a name for a list of plain numbers. Only little-endian
  /// numbers are listed.
  var fields: [HDF5Field] { get }
  /// Rows of a chunk; nil when the list is not stored in chunks.
  var chunkRows: Int? { get }
  /// Numbers of the filters that chunks went through, in the order of writing.
  var filters: [Int] { get }
  /// Rows as they lie in the file, after the filters that the library itself knows.
  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(InputError)
  /// The bytes of the chunk that starts at `row` as they are stored, and whether the filters were
  /// applied to it: writers leave them out where they gain nothing.
  func chunk(at row: Int) throws(InputError) -> (bytes: [UInt8], isFiltered: Bool)
}

package struct HDF5Field: Equatable, Sendable {
  package var name: String
  package var offset: Int
  package var type: NumberType

  package init(name: String, offset: Int, type: NumberType) {
    self.name = name
    self.offset = offset
    self.type = type
  }
}

/// Finds the events in an HDF5 file: Prophesee’s structures or DSEC’s columns.
enum HDF5Trace {
  static func open(
    _ file: any HDF5Container, libraries: any CompressionLibraries
  ) throws(InputError) -> OpenedTrace {
    let sensor = sensor(file)
    if let events = try file.dataset("CD/events") {
      let columns = EventColumns { name in
        events.fields.first { $0.name == name }.map {
          EventColumn(table: 0, offset: $0.offset, type: $0.type)
        }
      }
      guard let columns else { throw missing("x, y, p and t in CD/events") }
      var comments: [String] = []
      let triggers = triggers(file, libraries, &comments)
      let table = try HDF5Rows(events, libraries)
      return OpenedTrace(
        format: .hdf5, sensor: sensor, comments: comments,
        decoder: ColumnDecoder(
          [table], columns, rowCount: events.rowCount, triggers: triggers))
    }
    return try columns(file, sensor, libraries)
  }

  /// Prophesee's `EXT_TRIGGER/events`; a comment instead when they are in no layout that is known.
  private static func triggers(
    _ file: any HDF5Container, _ libraries: any CompressionLibraries, _ comments: inout [String]
  ) -> TriggerRows? {
    guard let found = try? file.dataset("EXT_TRIGGER/events"), found.rowCount > 0 else {
      return nil
    }
    let rows = (try? HDF5Rows(found, libraries)).flatMap { table in
      TriggerRows(table) { name in
        found.fields.first { $0.name == name }.map {
          EventColumn(table: 0, offset: $0.offset, type: $0.type)
        }
      }
    }
    if rows == nil { comments.append("\(found.rowCount) external triggers are not read") }
    return rows
  }

  /// DSEC: `events/t`, `x`, `y`, `p`, and an offset of all times.
  private static func columns(
    _ file: any HDF5Container, _ sensor: SensorSize?, _ libraries: any CompressionLibraries
  ) throws(InputError) -> OpenedTrace {
    var tables: [any RowSource] = []
    var counts: Set<Int> = []
    var found: [String: EventColumn] = [:]
    for name in EventColumns.names.flatMap({ $0 }) {
      guard let data = try file.dataset("events/\(name)"), let field = data.fields.first,
        field.name.isEmpty
      else { continue }
      found[name] = EventColumn(table: tables.count, offset: 0, type: field.type)
      tables.append(try HDF5Rows(data, libraries))
      counts.insert(data.rowCount)
    }
    guard let columns = EventColumns({ found[$0] }) else {
      throw missing("CD/events, or t, x, y and p in events")
    }
    guard counts.count == 1, let count = counts.first else {
      throw missing("columns of one length in events")
    }
    let origin = try timeOffset(file)
    return OpenedTrace(
      format: .hdf5, sensor: sensor,
      decoder: ColumnDecoder(tables, columns, rowCount: count, origin: origin))
  }

  private static func timeOffset(_ file: any HDF5Container) throws(InputError) -> Int64 {
    guard let data = try file.dataset("t_offset"), data.rowCount == 1,
      let field = data.fields.first, field.type.size == data.rowSize
    else { return 0 }
    var value = Int64(0)
    try withUnsafeTemporaryBytes(data.rowSize) { (bytes) throws(InputError) in
      try data.read(0..<1, into: bytes)
      value = field.type.integer(at: UnsafeRawPointer(bytes.baseAddress!))
    }
    return value
  }

  /// From `geometry` as Prophesee writes it, or from `width` and `height`.
  private static func sensor(_ file: any HDF5Container) -> SensorSize? {
    let texts =
      file.attribute("geometry")?.split(separator: "x").map(String.init)
      ?? [file.attribute("width"), file.attribute("height")].compactMap { $0 }
    let sides = texts.compactMap { Int($0) }
    guard texts.count == 2, sides.count == 2, sides.allSatisfy({ (1...65_536).contains($0) })
    else { return nil }
    return SensorSize(width: sides[0], height: sides[1])
  }

  private static func missing(_ what: String) -> InputError {
    InputError(
      at: .nowhere, "expected \(what), found none that can be read",
      advice: "known are Prophesee’s and DSEC’s layouts")
  }
}

/// Rows of a data set; chunks with a filter that the library lacks are decoded here.
private struct HDF5Rows: RowSource {
  private enum Coding { case byLibrary, ecf, blosc }

  /// Chunks may be as large as this once decoded; real ones have some hundred KB.
  private static let maximumChunk = 1 << 28

  private let data: any HDF5Dataset
  private let libraries: any CompressionLibraries
  private let coding: Coding
  private let chunkRows: Int
  /// The chunk that was decoded last, and the row that it starts at.
  private var decoded: [UInt8] = []
  private var decodedStart = -1

  init(_ data: any HDF5Dataset, _ libraries: any CompressionLibraries) throws(InputError) {
    self.data = data
    self.libraries = libraries
    chunkRows = data.chunkRows ?? 0
    switch data.filters {
    case [ECFChunk.filter]: coding = .ecf
    case [BloscFrame.filter]: coding = .blosc
    default: coding = .byLibrary
    }
    if coding == .byLibrary { return }
    guard chunkRows > 0, chunkRows <= Self.maximumChunk / max(1, data.rowSize) else {
      throw InputError(
        at: .nowhere,
        "expected chunks of at most \(Self.maximumChunk) bytes, found \(chunkRows) "
          + "rows of \(data.rowSize) bytes")
    }
    if coding == .ecf && data.rowSize != ECFChunk.rowSize {
      throw InputError(
        at: .nowhere, "expected events of \(ECFChunk.rowSize) bytes, found \(data.rowSize)")
    }
  }

  var rowSize: Int { data.rowSize }
  var rowCount: Int { data.rowCount }

  mutating func read(
    _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(InputError) {
    if coding == .byLibrary { return try data.read(range, into: buffer) }
    var row = range.lowerBound
    while row < range.upperBound {
      let start = row / chunkRows * chunkRows
      if start != decodedStart {
        decodedStart = -1
        decoded = try decode(start)
        decodedStart = start
      }
      let end = min(range.upperBound, start + chunkRows)
      let bytes = decoded[((row - start) * rowSize)..<((end - start) * rowSize)]
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(
          rebasing: buffer[((row - range.lowerBound) * rowSize)...]
        ).copyMemory(from: $0)
      }
      row = end
    }
  }

  /// All rows of a chunk; the last one of a list may hold fewer, or rows beyond the end.
  private func decode(_ start: Int) throws(InputError) -> [UInt8] {
    let (bytes, isFiltered) = try data.chunk(at: start)
    let wanted = min(chunkRows, rowCount - start) * rowSize
    let place = InputError.Place.key("chunk at row \(start)")
    if !isFiltered {
      guard bytes.count >= wanted else {
        throw InputError(at: place, "expected \(wanted) bytes, found \(bytes.count)")
      }
      return bytes
    }
    if coding == .blosc {
      do throws(InputError) {
        return try BloscFrame.decode(bytes, count: chunkRows * rowSize, libraries: libraries)
      } catch {
        var error = error
        error.place = place
        throw error
      }
    }
    guard let rows = ECFChunk.rows(bytes), rows.count >= wanted else {
      throw InputError(
        at: place, "expected \(wanted / rowSize) compressed events, found damaged data or fewer",
        advice: "is the file corrupt?")
    }
    return rows
  }
}
