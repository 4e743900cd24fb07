import Bytes
import Events
import Reports

/// `preflash convert IN OUT`: a recording in another format, batch by batch.
enum ConvertCommand: Command {
  struct Arguments {
    var input = ""
    var output = ""
    var format: TraceFormat?
    var inputFormat: TraceFormat?
    var sensor: SensorSize?
    var compression = AEDAT4Writer.Compression.lz4
    var slice = SliceRequest()
    var adjustment = TraceAdjustment()
    var asJSON = false
  }

  static let name = "convert"
  static let summary = "Write a recording in another format, every event the same."
  static let examples = [
    "preflash convert traces/gestures/gestures.aedat gestures.raw",
    "preflash convert traces/gestures/gestures.aedat part.csv --from 2s --to 3s --no-index",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand("IN", help: "A recording in any format that inspect trace reads.") { $0.input = $1 },
      Operand(
        "OUT",
        help: "The new file: .raw (EVT3), .evt2, .evt3, .dat, .aedat (3.1), .aedat4 or .csv."
      ) { $0.output = $1 },
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option(
        "--format", value: "NAME",
        help: "What to write when the name does not say it:\n" + names(TraceFormat.writable)
      ) { $0.format = try traceFormat($1, name, of: TraceFormat.writable) },
      Option(
        "--input-format", value: "NAME",
        help: "What IN is when it does not say."
      ) { $0.inputFormat = try traceFormat($1, name, of: TraceFormat.allCases) },
      Option("--sensor", value: "WxH", help: "The sensor’s size when IN does not say it.") {
        $0.sensor = try sensorSize($1, name)
      },
      Option(
        "--compression", value: "NAME", help: "Of AEDAT 4: none, lz4 (if left out) or zstd."
      ) {
        guard let compression = AEDAT4Writer.Compression(rawValue: $1) else {
          throw UsageError("preflash \(name): expected none, lz4 or zstd, found ‘\($1)’")
        }
        $0.compression = compression
      },
    ] + sliceOptions(\.slice) + adjustmentOptions(\.adjustment, name) + [
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true }
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let format = arguments.format ?? TraceFormat.written(to: arguments.output) else {
      throw UsageError(
        "preflash \(name): cannot tell the format of ‘\(arguments.output)’; "
          + "add --format with one of \(names(TraceFormat.writable))")
    }
    let recording = try Recording(
      arguments.input, format: arguments.inputFormat, sensor: arguments.sensor,
      slice: arguments.slice
    ) { [console] in console.progress("index \((100 * $0).fixed(0)) %") }
    var reader = recording.reader
    try reader.adjust(by: arguments.adjustment)
    let written: Int
    do {
      written = try write(&reader, format, arguments, recording.byteCount, console)
    } catch let error as InputError {
      throw error.inFile(arguments.output)
    }
    console.endProgress()
    let report = ConversionReport(reader, to: arguments.output, format, byteCount: written)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }

  /// Returns the size of the new file.
  private static func write(
    _ reader: inout EventReader, _ format: TraceFormat, _ arguments: Arguments, _ byteCount: Int,
    _ console: Console
  ) throws -> Int {
    var batch = EventBatch()
    _ = try reader.next(into: &batch)
    let setup = TraceWriterSetup(
      sensor: reader.sensor, firstTime: batch.times.first ?? 0,
      compression: arguments.compression, libraries: SystemCompression())
    var output = try TraceOutput(
      arguments.output, format, setup, comments: reader.comments)
    let clock = ContinuousClock()
    var nextReport = clock.now + .seconds(1)
    while !batch.isEmpty {
      try output.write(batch)
      if console.showsProgress && clock.now >= nextReport {
        console.progress(
          "\(reader.eventCount.grouped) events (\(100 * reader.bytesUsed / max(1, byteCount)) %)")
        nextReport = clock.now + .milliseconds(200)
      }
      _ = try reader.next(into: &batch)
    }
    try output.finish()
    return output.byteCount
  }
}

// MARK: Options that commands on recordings share

private func names(_ formats: [TraceFormat]) -> String {
  formats.map(\.rawValue).joined(separator: ", ")
}

func traceFormat(
  _ text: String, _ command: String, of formats: [TraceFormat]
) throws -> TraceFormat {
  if let format = TraceFormat(rawValue: text), formats.contains(format) { return format }
  throw UsageError("preflash \(command): unknown format ‘\(text)’; expected \(names(formats))")
}

/// `640x480`
func sensorSize(_ text: String, _ command: String) throws -> SensorSize {
  let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
  guard sides.count == 2, let width = sides[0], let height = sides[1],
    (1...65_536).contains(width), (1...65_536).contains(height)
  else {
    throw UsageError(
      "preflash \(command): --sensor: expected WIDTHxHEIGHT such as 640x480, found ‘\(text)’")
  }
  return SensorSize(width: width, height: height)
}

/// `--time-shift`, `--origin` and `--monotonic`, for every command that reads a recording.
func adjustmentOptions<Arguments>(
  _ adjustment: WritableKeyPath<Arguments, TraceAdjustment>, _ command: String
) -> [Option<Arguments>] {
  [
    Option(
      "--time-shift", value: "TIME",
      help: "Add a time, such as 2s or -500ms, to every event;\n"
        + "‘first’ lets the first event be at 0. Without, times are as recorded."
    ) { $0[keyPath: adjustment].timeShift = try timeShift($1, command) },
    Option(
      "--origin", value: "CORNER",
      help: "Where coordinates count from: top-left (if left out),\n"
        + "bottom-left, or stored for the numbers that are in the file."
    ) {
      guard let origin = TraceAdjustment.Origin(rawValue: $1) else {
        let names = TraceAdjustment.Origin.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("preflash \(command): --origin: expected \(names), found ‘\($1)’")
      }
      $0[keyPath: adjustment].origin = origin
    },
    Option(
      flag: "--monotonic", help: "Give an event the time of the one before it if that is later."
    ) { $0[keyPath: adjustment].isMonotonic = true },
  ]
}

private func timeShift(_ text: String, _ command: String) throws -> TraceAdjustment.TimeShift {
  if text == "first" { return .firstToZero }
  let isNegative = text.hasPrefix("-")
  guard let time = try? SliceRequest.time(isNegative ? String(text.dropFirst()) : text, ""),
    case .sinceStart(let microseconds) = time
  else {
    throw UsageError(
      "preflash \(command): --time-shift: expected ‘first’ or a time such as 2s or -500ms, "
        + "found ‘\(text)’")
  }
  return .by(isNegative ? -microseconds : microseconds)
}
