import Bytes
import Reports

/// What both `rehearse link` and `rehearse gateway` take, and how they end.
struct RehearsalArguments {
  var path = ""
  var jobs = ReplayCommand.availableProcessors
  var comparesWithout = false
  var metrics: String?
  var requests: String?
  var asJSON = false

  static var options: [Option<Self>] {
    [
      Option(
        "--metrics", value: "FILE", help: "Write what was counted as a Prometheus text snapshot."
      ) { $0.metrics = $1 },
      Option(
        "--requests", value: "FILE",
        help: "Write the requests as a table (.csv), which a rehearsal can name as its ‘trace’."
      ) { $0.requests = $1 },
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  /// Writes what was asked for, prints the report, and tells the verdict.
  func show(
    _ report: RehearsalReport, of files: NetworkRehearsalFiles, _ console: inout Console
  ) throws(InputError) -> ExitStatus {
    console.endProgress()
    if let metrics { try Files.write(Array(report.prometheus.utf8), to: metrics) }
    if let requests { try files.writeRequests(to: requests) }
    if asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.passes ? .success : .verdictFailed
  }
}
