import Bytes
import Events
import Reports

/// `preflash inspect trace FILE`
enum InspectTraceCommand: Command {
  struct Arguments {
    var path = ""
    var labels: String?
    var format: TraceFormat?
    var sensor: SensorSize?
    var columns: TextColumns?
    var slice = SliceRequest()
    var adjustment = AdjustmentRequest()
    var asJSON = false
  }

  static let name = "inspect trace"
  static let summary = "Survey a recording: sensor, event rate over time, anomalies, labels."
  static let examples = [
    "preflash inspect trace traces/gestures/gestures.aedat",
    "preflash inspect trace traces/gestures/gestures.aedat "
      + "--labels traces/gestures/gestures_labels.csv",
    "preflash inspect trace traces/gestures/gestures.aedat --from 2s --to 2500ms --no-index",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand(
        "FILE",
        help: "AEDAT, Prophesee RAW or DAT, Event Stream, N-MNIST .bin, .bs2, CSV or text,\n"
          + "NumPy .npy or .npz, HDF5."
      ) { $0.path = $1 }
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option("--labels", value: "FILE", help: "Labels: class,startTime_usec,endTime_usec.") {
        $0.labels = $1
      },
      Option(
        "--format", value: "NAME",
        help: "What the file is when it does not say:\n" + formatNames
      ) {
        $0.format = try traceFormat($1, name, of: TraceFormat.allCases)
      },
      Option("--sensor", value: "WxH", help: "The sensor’s size when the file does not say it.") {
        $0.sensor = try sensorSize($1, name)
      },
      columnsOption(\.columns, name),
    ] + sliceOptions(\.slice) + adjustmentOptions(\.adjustment, name) + [
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true }
    ]
  }

  private static var formatNames: String {
    TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let labels = try arguments.labels.map { path in
      try GestureLabels(Files.read(path), name: path)
    }
    let recording = try Recording(
      arguments.path, format: arguments.format, sensor: arguments.sensor,
      columns: arguments.columns, slice: arguments.slice
    ) { console.progress("index \((100 * $0).fixed(0)) %") }
    var reader = recording.reader
    try reader.adjust(by: arguments.adjustment.changing())
    var survey = TraceSurvey(labels: labels?.labels ?? [])
    var batch = EventBatch()
    let clock = ContinuousClock()
    var nextReport = clock.now + .seconds(1)
    reader.handsOutTriggers = true
    while try reader.next(into: &batch) {
      survey.add(batch)
      survey.add(reader.newTriggers)
      if console.showsProgress && clock.now >= nextReport {
        let share =
          reader.bytesUsed > recording.byteCount
          ? "" : " (\(100 * reader.bytesUsed / max(1, recording.byteCount)) %)"
        console.progress("\(reader.eventCount.grouped) events\(share)")
        nextReport = clock.now + .milliseconds(200)
      }
    }
    console.endProgress()
    let report = TraceReport(
      reader, survey, byteCount: max(recording.byteCount, reader.bytesUsed),
      hasLabels: labels != nil, overlappingLabels: labels?.overlapCount ?? 0)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }
}
