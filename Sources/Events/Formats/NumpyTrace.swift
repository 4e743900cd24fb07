import Bytes

/// Events in `.npy` and `.npz` files: a structured array, or an archive of one array a field.
enum NumpyTrace {
  /// A single structured array.
  static func array(_ source: any SeekableSource) throws(InputError) -> OpenedTrace {
    let stored = StoredBytes(source, 0..<source.size)
    let decoder = try structured(stored, fileSize: source.size)
    return OpenedTrace(format: .npy, sensor: nil, decoder: decoder)
  }

  /// An archive: `t`, `x`, `y` and `p`, or one structured array; `width` and `height` if they are there.
  static func archive(
    _ source: any SeekableSource, libraries: any CompressionLibraries
  ) throws(InputError) -> OpenedTrace {
    do throws(InputError) {
      return try opened(source, libraries)
    } catch {
      // A damaged list of members can name any place.
      var error = error
      if case .byte(let offset) = error.place { error.place = .byte(min(offset, source.size)) }
      throw error
    }
  }

  private static func opened(
    _ source: any SeekableSource, _ libraries: any CompressionLibraries
  ) throws(InputError) -> OpenedTrace {
    let archive = try ZipArchive(source)
    var arrays: [String: Array] = [:]
    for member in archive.members where member.name.hasSuffix(".npy") {
      var contents = try archive.contents(of: member, libraries: libraries)
      do throws(InputError) {
        arrays[String(member.name.dropLast(4))] = try Array(&contents)
      } catch {
        // Its own offsets are of unpacked bytes.
        var error = error
        error.place = .byte(member.headerPlace)
        throw error
      }
    }
    let sensor = try sensor(&arrays)
    for name in arrays.keys.sorted() {
      guard let array = arrays[name], case .record = array.header.elements else { continue }
      let decoder = try structured(array.bytes, fileSize: array.bytes.byteCount)
      return OpenedTrace(format: .npz, sensor: sensor, decoder: decoder)
    }
    return OpenedTrace(format: .npz, sensor: sensor, decoder: try columns(arrays))
  }

  private struct Array {
    var header: NumpyHeader
    var bytes: any ByteStretch

    init(_ bytes: inout any ByteStretch) throws(InputError) {
      let start = try bytes.bytes(at: 0, count: min(12, bytes.byteCount))
      let length = try NumpyHeader.length(start)
      header = try NumpyHeader(try bytes.bytes(at: 0, count: min(length, bytes.byteCount)))
      self.bytes = bytes
    }
  }

  private static func structured(
    _ bytes: any ByteStretch, fileSize: Int
  ) throws(InputError) -> ColumnDecoder {
    var bytes = bytes
    let array = try Array(&bytes)
    guard case .record(let fields, let rowSize) = array.header.elements,
      array.header.shape.count == 1
    else {
      throw InputError(
        at: .byte(array.header.elementsPlace),
        "expected a list of structures with t, x, y and p, found "
          + "\(array.header.elements.title) in shape \(array.header.shape)")
    }
    let columns = EventColumns { name in
      fields.first { $0.name == name }.flatMap { field in
        NumberType(numpy: field.descriptor).map {
          EventColumn(table: 0, offset: field.offset, type: $0)
        }
      }
    }
    guard let columns else {
      throw InputError(
        at: .byte(array.header.elementsPlace),
        "expected little-endian fields t, x, y and p, found \(array.header.elements.title)")
    }
    let there = max(0, fileSize - array.header.dataStart) / rowSize
    let count = min(array.header.shape[0], there)
    let rows = PackedRows(
      bytes, from: array.header.dataStart, rowSize: rowSize, rowCount: count)
    return ColumnDecoder(
      [rows], columns, rowCount: count, isTruncated: count < array.header.shape[0])
  }

  private static func columns(_ arrays: [String: Array]) throws(InputError) -> ColumnDecoder {
    var tables: [PackedRows] = []
    var counts: Set<Int> = []
    let columns = EventColumns { name in
      guard let array = arrays[name], array.header.shape.count == 1,
        case .plain(let descriptor) = array.header.elements,
        let type = NumberType(numpy: descriptor),
        array.header.shape[0] <= (array.bytes.byteCount - array.header.dataStart) / type.size
      else { return nil }
      counts.insert(array.header.shape[0])
      tables.append(
        PackedRows(
          array.bytes, from: array.header.dataStart, rowSize: type.size,
          rowCount: array.header.shape[0]))
      return EventColumn(table: tables.count - 1, offset: 0, type: type)
    }
    guard let columns, counts.count == 1, let count = counts.first else {
      let names = arrays.keys.sorted().joined(separator: ", ")
      throw InputError(
        at: .byte(0),
        "expected the lists t, x, y and p of one length, or a structured array, found "
          + (arrays.isEmpty ? "none" : names), advice: "is this a recording of events?")
    }
    return ColumnDecoder(tables, columns, rowCount: count)
  }

  /// From the numbers `width` and `height`.
  private static func sensor(_ arrays: inout [String: Array]) throws(InputError) -> SensorSize? {
    var sides: [Int64] = []
    for name in ["width", "height"] {
      guard var array = arrays[name], array.header.shape.allSatisfy({ $0 == 1 }),
        case .plain(let descriptor) = array.header.elements,
        let type = NumberType(numpy: descriptor)
      else { return nil }
      let bytes = try array.bytes.bytes(at: array.header.dataStart, count: type.size)
      arrays[name] = array
      sides.append(bytes.withUnsafeBytes { type.integer(at: $0.baseAddress!) })
    }
    guard sides.allSatisfy({ (1...65_536).contains($0) }) else { return nil }
    return SensorSize(width: Int(sides[0]), height: Int(sides[1]))
  }
}
