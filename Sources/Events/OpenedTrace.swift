import Bytes

/// What a recording's header says, with the decoder that continues behind it.
struct OpenedTrace {
  var format: TraceFormat
  var sensor: SensorSize?
  var comments: [String] = []
  /// How the file counts columns and rows.
  var origin = StoredOrigin()
  var decoder: any EventDecoder

  init(
    _ feed: inout ByteFeed, name: String, format given: TraceFormat?, columns: TextColumns? = nil,
    libraries: any CompressionLibraries
  ) throws(InputError) {
    try self.init(&feed, name, given, columns, libraries)
    guard columns == nil || format == .csv else {
      throw InputError(
        at: .byte(0), "expected text with columns, found \(format.title)",
        advice: "leave out the names of columns")
    }
  }

  private init(
    _ feed: inout ByteFeed, _ name: String, _ given: TraceFormat?, _ columns: TextColumns?,
    _ libraries: any CompressionLibraries
  ) throws(InputError) {
    try feed.fill(atLeast: 256)
    guard feed.count > 0 else {
      throw InputError(at: .byte(0), "expected an event recording, found an empty file")
    }
    switch given {
    case nil:
      switch try TraceFormat.detect(feed.prefix(256), name: name) {
      case .plain(let format): self = try Self.plain(format, &feed, columns, libraries)
      case .prophesee: self = try Self.prophesee(&feed, name: name, format: nil)
      }
    case .evt2, .evt21, .evt21Legacy, .evt3, .evt4, .dat:
      self = try Self.prophesee(&feed, name: name, format: given)
    case .aedat2, .aedat31, .aedat4, .eventStream, .nmnist, .npy, .npz, .hdf5, .csv:
      self = try Self.plain(given!, &feed, columns, libraries)
    }
  }

  init(
    format: TraceFormat, sensor: SensorSize?, comments: [String] = [], decoder: any EventDecoder
  ) {
    self.format = format
    self.sensor = sensor
    self.comments = comments
    self.decoder = decoder
  }

  private static func plain(
    _ format: TraceFormat, _ feed: inout ByteFeed, _ columns: TextColumns?,
    _ libraries: any CompressionLibraries
  ) throws(InputError) -> OpenedTrace {
    switch format {
    case .aedat2:
      let header = try AEDAT2Header(&feed)
      var trace = OpenedTrace(
        format: format, sensor: header.camera.sensor, comments: header.comments,
        decoder: AEDAT2Decoder(header))
      trace.origin = StoredOrigin(isFromRight: true, isFromBottom: true)
      return trace
    case .eventStream:
      let header = try EventStreamHeader(&feed)
      var trace = OpenedTrace(
        format: format, sensor: header.sensor,
        comments: header.kind == .colour ? ["Colours have no polarity: all events are ON"] : [],
        decoder: EventStreamDecoder(header.kind))
      trace.origin = StoredOrigin(isFromBottom: true)
      return trace
    case .aedat31:
      let header = try AEDAT31Header(&feed)
      return OpenedTrace(
        format: format, sensor: header.sensor, comments: header.comments,
        decoder: AEDAT31Decoder())
    case .aedat4:
      let header = try AEDAT4Header(&feed)
      return OpenedTrace(
        format: format, sensor: header.eventStream.flatMap { header.streams[$0]?.sensor },
        comments: header.notes, decoder: try AEDAT4Decoder(header, libraries: libraries))
    case .hdf5:
      throw InputError(
        at: .byte(0), "expected a stream of events, found HDF5", advice: "name the file itself")
    case .npy, .npz:
      guard let source = feed.seekable else {
        throw InputError(
          at: .byte(0), "expected a file for \(format.title), found a pipe", advice: "save it first"
        )
      }
      // The columns are read beside the feed, which has nothing more to do.
      _ = feed.seek(to: source.size)
      return format == .npy
        ? try NumpyTrace.array(source) : try NumpyTrace.archive(source, libraries: libraries)
    case .csv:
      let dialect = try CSVDialect(&feed, columns: columns)
      return OpenedTrace(
        format: format, sensor: dialect.sensor, decoder: CSVDecoder(dialect))
    default:
      return OpenedTrace(format: .nmnist, sensor: nil, decoder: NMNISTDecoder())
    }
  }

  private static func prophesee(
    _ feed: inout ByteFeed, name: String, format given: TraceFormat?
  ) throws(InputError) -> OpenedTrace {
    let header = try PropheseeHeader(&feed)
    let isDAT: Bool
    switch given {
    case .dat: isDAT = true
    case .some: isDAT = false
    case nil:
      isDAT = header.describesDAT || (header.fields.isEmpty && name.lowercased().hasSuffix(".dat"))
    }
    let sensor = try header.sensor()
    let origin = try header.timeOrigin()
    if isDAT {
      return OpenedTrace(
        format: .dat, sensor: sensor, decoder: try DATDecoder(header, origin: origin, &feed))
    }
    let format: TraceFormat
    if let given { format = given } else { format = try header.encoding() }
    let decoder: any EventDecoder =
      switch format {
      case .evt2: EVT2Decoder(origin: origin)
      case .evt21: EVT21Decoder(origin: origin, isLegacy: false)
      case .evt21Legacy: EVT21Decoder(origin: origin, isLegacy: true)
      case .evt4: EVT4Decoder(origin: origin)
      default: EVT3Decoder(origin: origin)
      }
    return OpenedTrace(format: format, sensor: sensor, decoder: decoder)
  }
}
