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
    var columns: TextColumns?
    var compression = AEDAT4Writer.Compression.lz4
    var slice = SliceRequest()
    var adjustment = AdjustmentRequest()
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
        help: "What to write when the name does not say it:\n"
          + traceFormatNames(TraceFormat.writable)
      ) { $0.format = try traceFormat($1, name, of: TraceFormat.writable) },
      Option(
        "--input-format", value: "NAME",
        help: "What IN is when it does not say."
      ) { $0.inputFormat = try traceFormat($1, name, of: TraceFormat.allCases) },
      Option("--sensor", value: "WxH", help: "The sensor’s size when IN does not say it.") {
        $0.sensor = try sensorSize($1, name)
      },
      compressionOption { $0.compression = $1 },
      columnsOption(\.columns, name),
    ] + sliceOptions(\.slice) + adjustmentOptions(\.adjustment, name) + [
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true }
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let format = arguments.format ?? TraceFormat.written(to: arguments.output) else {
      throw UsageError(
        "preflash \(name): cannot tell the format of ‘\(arguments.output)’; "
          + "add --format with one of \(traceFormatNames(TraceFormat.writable))")
    }
    let recording = try Recording(
      arguments.input, format: arguments.inputFormat, sensor: arguments.sensor,
      columns: arguments.columns, slice: arguments.slice
    ) { [console] in console.progress("index \((100 * $0).fixed(0)) %") }
    var reader = recording.reader
    try reader.adjust(by: arguments.adjustment.changing())
    let written: (bytes: Int, triggers: Int)
    do {
      written = try write(&reader, format, arguments, recording.byteCount, console)
    } catch let error as InputError {
      throw error.inFile(arguments.output)
    }
    console.endProgress()
    let report = ConversionReport(
      reader, to: arguments.output, format, byteCount: written.bytes, triggers: written.triggers)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }

  /// Returns the size of the new file, and how many triggers are in it.
  private static func write(
    _ reader: inout EventReader, _ format: TraceFormat, _ arguments: Arguments, _ byteCount: Int,
    _ console: Console
  ) throws -> (bytes: Int, triggers: Int) {
    reader.handsOutTriggers = true
    var batch = EventBatch()
    var isOpen = try reader.next(into: &batch)
    let setup = TraceWriterSetup(
      sensor: reader.sensor,
      firstTime: [batch.times.first, reader.newTriggers.first?.time].compactMap { $0 }.min() ?? 0,
      compression: arguments.compression, libraries: SystemCompression())
    var output = try TraceOutput(
      arguments.output, format, setup, comments: reader.comments)
    let clock = ContinuousClock()
    var nextReport = clock.now + .seconds(1)
    while isOpen {
      try output.write(batch, triggers: reader.newTriggers)
      if console.showsProgress && clock.now >= nextReport {
        console.progress(
          "\(reader.eventCount.grouped) events (\(100 * reader.bytesUsed / max(1, byteCount)) %)")
        nextReport = clock.now + .milliseconds(200)
      }
      isOpen = try reader.next(into: &batch)
    }
    try output.finish()
    return (output.byteCount, output.triggerCount)
  }
}
