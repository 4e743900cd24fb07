import Boards
import Bytes
import Reports
import Uplink
import VirtualTime

/// `preflash inspect link NAME|FILE`
enum InspectLinkCommand: Command {
  struct Arguments {
    var link = ""
    var seed: UInt64 = 1
    var span = Duration.seconds(6 * 3_600)
    var asJSON = false
  }

  static let name = "inspect link"
  static let summary = "Draw a link's capacity, its gaps, and how long small uploads take."
  static let examples = [
    "preflash inspect link driving-lte",
    "preflash inspect link warehouse-edge --for 24h --seed 7 --json",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand(
        "LINK",
        help: "Name of a link (\(names)), or a file:\n"
          + "a link (.json5), recorded capacity (Mahimahi, Ghent’s JSON, CSV of seconds and Mbit/s),\n"
          + "a netem line, or Toxiproxy’s JSON."
      ) { $0.link = $1 }
    ]
  }

  private static var names: String {
    (try? LinkLibrary.names().joined(separator: ", ")) ?? "in boards/links"
  }

  static var options: [Option<Arguments>] {
    [
      Option("--seed", value: "N", help: "Of what is drawn at random (1).") {
        $0.seed = try parseNumber($1, "--seed")
      },
      Option(
        "--for", value: "TIME",
        help: "How much of generated capacity to look at, such as 90min or 24h (6h)."
      ) { $0.span = try span($1) },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  private static func span(_ text: String) throws -> Duration {
    do {
      let span = Duration.nanoseconds(Int64(try Quantity.nanoseconds(text)))
      if span >= Duration.seconds(10) && span <= Duration.seconds(60 * 86_400) { return span }
    } catch {
      throw UsageError("preflash \(name): --for: \(error)")
    }
    throw UsageError("preflash \(name): --for: expected 10s to 1440h, found ‘\(text)’")
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let entry = try LinkLibrary.load(arguments.link)
    let report = try LinkReport(
      LinkSurvey(
        entry.profile, traces: entry.traces, seed: arguments.seed, span: arguments.span))
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }
}
