import Bytes
import Events
import Reports

/// `preflash inspect trace FILE`
enum InspectTraceCommand: Command {
  struct Arguments {
    var path = ""
    var labels: String?
    var format: TraceFormat?
    var slice = SliceRequest()
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
        "FILE", help: "AEDAT 3.1 or 4, Prophesee EVT2, EVT3 or DAT, N-MNIST .bin, .bs2 or CSV."
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
        guard let format = TraceFormat(rawValue: $1) else {
          throw UsageError("preflash \(name): unknown format ‘\($1)’; expected \(formatNames)")
        }
        $0.format = format
      },
    ] + sliceOptions(\.slice) + [Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true }]
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
      arguments.path, format: arguments.format, slice: arguments.slice
    ) { console.progress("index \((100 * $0).fixed(0)) %") }
    var reader = recording.reader
    var survey = TraceSurvey(labels: labels?.labels ?? [])
    var batch = EventBatch()
    let clock = ContinuousClock()
    var nextReport = clock.now + .seconds(1)
    while try reader.next(into: &batch) {
      survey.add(batch)
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
