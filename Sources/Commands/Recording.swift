import Boards
package import Bytes
package import Events

/// An event recording on disk: opened by what it is, and from where it is wanted.
package struct Recording {
  package var reader: EventReader
  /// Bytes of the whole file; 0 for a pipe.
  package let byteCount: Int

  /// - Parameters:
  ///   - columns: Of a text with an order of its own.
  ///   - slice: The events that are wanted; all if left out.
  ///   - progress: Told the share that is done of making an index, for a slice of a recording
  ///     without one.
  /// - Throws: `InputError` for what `EventReader` throws, and for a slice of an empty recording.
  package init(
    _ path: String, format: TraceFormat? = nil, sensor: SensorSize? = nil,
    columns: TextColumns? = nil, slice: SliceRequest = SliceRequest(),
    progress: (Double) -> Void = { _ in }
  ) throws(InputError) {
    let source = try FileSource(path)
    byteCount = source.size
    let head = source.isRegular ? try source.head(8) : []
    let isHDF5 = format == .hdf5 || (format == nil && head == TraceFormat.hdf5Signature)
    func open() throws(InputError) -> EventReader {
      if isHDF5 {
        let file = try HDF5File(path)
        return try EventReader(
          file, name: path, sensor: sensor, libraries: SystemCompression())
      }
      return try EventReader(
        source, name: path, format: format, sensor: sensor, columns: columns,
        libraries: SystemCompression())
    }
    reader = try open()
    guard slice.isPart else { return }
    guard source.isRegular else {
      throw InputError(
        file: path, at: .nowhere, "expected a file to take a slice of, found a pipe",
        advice: "save it first")
    }
    let index = try Self.index(of: source, slice, reader.format, sensor, columns) {
      () throws(InputError) in
      var whole = try open()
      return try TraceIndex(of: &whole) { progress(Double($0) / Double(max(1, source.size))) }
    }
    try reader.restrict(to: slice.times(from: index.firstTime ?? 0), index: index)
  }

  /// The index that lies beside the recording, or a new one that is put there.
  private static func index(
    of source: FileSource, _ slice: SliceRequest, _ format: TraceFormat, _ sensor: SensorSize?,
    _ columns: TextColumns?, make: () throws(InputError) -> TraceIndex
  ) throws(InputError) -> TraceIndex {
    guard slice.keepsIndex else { return try make() }
    let path = source.path + indexSuffix
    let key = TraceIndex.Key(
      fileSize: source.size, changed: source.changed, head: try source.head(headSize),
      format: format, sensor: sensor, columns: columns)
    if Files.exists(path), let kept = try? Files.read(path),
      let index = TraceIndex(decoding: kept, for: key)
    {
      return index
    }
    let index = try make()
    // A folder that cannot be written only means that the next slice takes as long.
    try? Files.write(index.encoded(for: key), to: path)
    return index
  }

  static let indexSuffix = ".preflash-index"
  private static let headSize = 65_536
}

/// What `--from`, `--to` and `--no-index` ask for.
package struct SliceRequest: Equatable, Sendable {
  /// A time in microseconds: since the first event, or on the recording's own clock.
  package enum Time: Equatable, Sendable {
    case sinceStart(Int64)
    case clock(Int64)
  }

  package var from: Time?
  package var to: Time?
  package var keepsIndex = true

  package init(from: Time? = nil, to: Time? = nil, keepsIndex: Bool = true) {
    self.from = from
    self.to = to
    self.keepsIndex = keepsIndex
  }

  package var isPart: Bool { from != nil || to != nil }

  /// [from, to) on the recording's clock. Empty when `to` is not after `from`.
  func times(from firstTime: Int64) -> Range<Int64> {
    func clock(_ time: Time?, or value: Int64) -> Int64 {
      switch time {
      case nil: value
      case .clock(let time): time
      case .sinceStart(let time):
        firstTime.addingReportingOverflow(time).overflow ? .max : firstTime + time
      }
    }
    let start = clock(from, or: .min)
    return start..<max(start, clock(to, or: .max))
  }

  /// `10s` or `250ms` since the first event; `@1605537493718345us` on the recording's clock.
  package static func time(_ text: String, _ option: String) throws -> Time {
    let isClock = text.hasPrefix("@")
    guard let nanoseconds = try? Quantity.nanoseconds(isClock ? String(text.dropFirst()) : text),
      nanoseconds % 1000 == 0
    else {
      throw UsageError(
        "preflash \(option): expected a time such as 10s or 250ms, or @5s on the recording’s clock,"
          + " found ‘\(text)’")
    }
    let time = Int64(nanoseconds / 1000)
    return isClock ? .clock(time) : .sinceStart(time)
  }
}

/// `--from`, `--to` and `--no-index`, for every command that reads a recording.
func sliceOptions<Arguments>(
  _ slice: WritableKeyPath<Arguments, SliceRequest>
) -> [Option<Arguments>] {
  [
    Option(
      "--from", value: "TIME",
      help: "Only events from so long after the first one, such as 10s;\n"
        + "@10s is 10 s on the recording’s own clock."
    ) { $0[keyPath: slice].from = try SliceRequest.time($1, "--from") },
    Option("--to", value: "TIME", help: "Only events before that time.") {
      $0[keyPath: slice].to = try SliceRequest.time($1, "--to")
    },
    Option(
      flag: "--no-index",
      help: "Keep no index (FILE.preflash-index) for --from and --to."
    ) { $0[keyPath: slice].keepsIndex = false },
  ]
}
