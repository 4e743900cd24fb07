import Fit
import Models
import Planning
import Reports

/// `preflash fit MODEL`
enum FitCommand: Command {
  struct Arguments {
    var model = ""
    var board = "stm32h743zi"
    var runtime = "tflm-cmsis-nn"
    var budget: Budget?
    var overrides = PlacementOverrides.none
    var listsLayers = false
    var asJSON = false
  }

  static let name = "fit"
  static let summary = "Does a model fit a board: flash, RAM and latency against a budget."
  static let examples = [
    "preflash fit models/gesture/gesture_int8.tflite",
    "preflash fit models/gesture/gesture_int8.tflite --board stm32h743zi "
      + "--budget flash=1MB,ram=512KB,latency=20ms",
    "preflash fit models/gesture/gesture_int8.tflite --runtime x-cube-ai-10.0 --layers",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("MODEL", help: "Model to deploy (.tflite).") { $0.model = $1 }]
  }

  static var options: [Option<Arguments>] {
    [
      Option("--board", value: "NAME", help: "Board by name or file; stm32h743zi if left out.") {
        $0.board = $1
      },
      Option(
        "--runtime", value: "NAME",
        help: "Runtime profile by name or file; tflm-cmsis-nn if left out."
      ) { $0.runtime = $1 },
      Option(
        "--budget", value: "LIST",
        help:
          "Limits such as flash=1MB,ram=512KB,latency=20ms, any of the three.\nKB and MB are decimal, KiB and MiB binary. The board's own memory if left out."
      ) { $0.budget = try Budget(parsing: $1) },
      Option(
        "--place", value: "LIST",
        help: "Regions to use, such as arena=DTCM,weights=QSPI_FLASH; see preflash inspect board."
      ) { $0.overrides = try PlacementOverrides(parsing: $1) },
      Option(flag: "--layers", help: "List every layer with its cycles.") { $0.listsLayers = true },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let board = try BoardLibrary.load(arguments.board)
    let runtime = try RuntimeLibrary.load(arguments.runtime)
    let model = try Model(tflite: Files.read(arguments.model), name: arguments.model)
    let verdict = try Verdict(
      of: model, on: board, runtime: runtime, budget: arguments.budget,
      overrides: arguments.overrides)
    let report = FitReport(verdict, listsLayers: arguments.listsLayers)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return verdict.passes ? .success : .verdictFailed
  }
}
