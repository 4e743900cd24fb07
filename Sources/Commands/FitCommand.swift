import Boards
import Bytes
import Fit
import Models
import Planning
import Reports

/// `preflash fit MODEL`
enum FitCommand: Command {
  struct Arguments {
    var model = ""
    var board = "stm32h743zi"
    var runtime: String?
    var budget: Budget?
    var overrides = PlacementOverrides.none
    var reserve = FirmwareReserve.none
    var effort: SearchEffort?
    /// Of an edge box.
    var precision: Precision?
    var load = BoxLoad.none
    var ambient: Double?
    var outputFolder: String?
    var listsLayers = false
    var asJSON = false
  }

  static let name = "fit"
  static let summary = "Does a model fit a board: flash, RAM and latency against a budget."
  static let examples = [
    "preflash fit models/gesture/gesture_int8.tflite",
    "preflash fit models/gesture/gesture_int8.tflite --board stm32h743zi "
      + "--budget flash=1MB,ram=512KB,latency=20ms",
    "preflash fit models/gesture/gesture_int8.tflite --budget latency=6ms",
    "preflash fit models/gesture/gesture_int8.tflite --runtime x-cube-ai-10.0 --layers",
    "preflash fit models/gesture/gesture_int8.tflite --plan best --reserve stack=8KB,buffer=64KB",
    "preflash fit models/gesture/gesture_int8.tflite --runtime all --budget ram=320KB",
    "preflash fit models/gesture/gesture_int8.tflite --board orin-nano-8gb-15w "
      + "--budget latency=12ms,ram=180MB",
    "preflash fit models/gesture/gesture_int8.tflite --board cortex-a72 --load cpu=30% --ambient 45",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("MODEL", help: "Model to deploy (.tflite).") { $0.model = $1 }]
  }

  static var options: [Option<Arguments>] {
    [
      Option(
        "--board", value: "NAME",
        help:
          "Board by name or file, or edge box and its mode, such as orin-nano-8gb-15w;\nstm32h743zi if left out."
      ) { $0.board = $1 },
      Option(
        "--runtime", value: "NAME",
        help:
          "Runtime profile by name or file; tflm-cmsis-nn if left out. ‘all’ compares all profiles,\nthe best first, and passes when one of them does. Of an edge box: tensorrt, tflite or ncnn."
      ) { $0.runtime = $1 },
      Option(
        "--budget", value: "LIST",
        help:
          "Limits such as flash=1MB,ram=512KB,latency=20ms, any of the three.\nKB and MB are decimal, KiB and MiB binary. The board's own memory if left out.\nFlash is the chip's: a model placed in external flash by --place does not count."
      ) { $0.budget = try Budget(parsing: $1) },
      Option(
        "--place", value: "LIST",
        help: "Regions to use, such as arena=DTCM,weights=QSPI_FLASH; see preflash inspect board."
      ) { $0.overrides = try PlacementOverrides(parsing: $1) },
      Option(
        "--reserve", value: "LIST",
        help:
          "What the firmware keeps beside the model, such as flash=96KB,ram=32KB,stack=8KB,buffer=64KB.\nIt is placed with the rest and counts against the budget."
      ) { $0.reserve = try FirmwareReserve(parsing: $1) },
      Option(
        "--plan", value: "HOW",
        help:
          "How hard to look for a better plan of the arena: quick, in milliseconds, or best, in about\na second. The verdict is about the runtime's own plan either way."
      ) { $0.effort = try effort($1) },
      Option(
        "--emit", value: "DIR",
        help:
          "Write \(DeploymentFiles.memoryName), \(DeploymentFiles.sectionsName) and \(DeploymentFiles.headerName) there,\nwhen everything has a region; and preflash_planned.tflite, where a better plan needs less."
      ) { $0.outputFolder = $1 },
      Option(
        "--precision", value: "TYPE",
        help:
          "Of an edge box: fp32, fp16 or int8. int8 for a quantized model if left out, else the\nsmallest float that the box has. Another type than the model's is a profile of time and size."
      ) { $0.precision = try precision($1) },
      Option(
        "--load", value: "LIST",
        help:
          "What another pipeline takes of an edge box: 30% of everything, or gpu=30%,cpu=20%,\nbandwidth=25%."
      ) { $0.load = try BoxLoad(parsing: $1) },
      Option(
        "--ambient", value: "CELSIUS", help: "Air around an edge box; that of its file if left out."
      ) { $0.ambient = try parseReal($1, "--ambient", -40...90) },
      Option(flag: "--layers", help: "List every layer with its cycles.") { $0.listsLayers = true },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  private static func effort(_ word: String) throws -> SearchEffort {
    switch word {
    case "quick": return .quick
    case "best": return .thorough
    default: throw UsageError("preflash \(name): --plan takes quick or best, found ‘\(word)’")
    }
  }

  private static func precision(_ word: String) throws -> Precision {
    if let precision = Precision(rawValue: word.lowercased()) { return precision }
    let names = Precision.allCases.map(\.rawValue).joined(separator: ", ")
    throw UsageError("preflash \(name): --precision: expected one of \(names), found ‘\(word)’")
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    if let setting = try BoxLibrary.find(arguments.board) {
      return try run(arguments, on: setting, &console)
    }
    guard arguments.precision == nil, arguments.load == .none, arguments.ambient == nil else {
      throw UsageError(
        "preflash \(name): --precision, --load and --ambient are for edge boxes, found --board "
          + arguments.board)
    }
    if arguments.runtime == "all" {
      guard arguments.outputFolder == nil else {
        throw UsageError("preflash \(name): --emit needs one --runtime, found all")
      }
      return try compare(arguments, &console)
    }
    let deployment = try deployment(
      arguments, runtime: try RuntimeLibrary.load(arguments.runtime ?? "tflm-cmsis-nn"))
    let verdict = try deployment.verdict()
    let advice =
      verdict.passes
      ? nil
      : Advice(
        for: deployment, verdict: verdict, runtimes: try RuntimeLibrary.all(),
        boards: try BoardLibrary.all())
    let comparison = try comparison(of: deployment.model, verdict, arguments.effort ?? .quick)
    let report = FitReport(
      verdict, advice: advice, listsLayers: arguments.listsLayers, comparison: comparison)
    if let folder = arguments.outputFolder {
      try emit(verdict.estimate, to: folder)
      if let plan = comparison?.offline {
        let bytes = try Files.read(arguments.model)
        do {
          let planned = try TFLiteMetadata.adding(OfflinePlan.name, plan.bytes, to: bytes)
          try Files.write(planned, to: "\(folder)/preflash_planned.tflite")
        } catch {
          throw error.inFile(arguments.model)
        }
      }
    }
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return verdict.passes ? .success : .verdictFailed
  }

  /// Nothing for a compiler, whose planner is not TFLM's.
  private static func comparison(
    of model: Model, _ verdict: Verdict, _ effort: SearchEffort
  ) throws -> PlanComparison? {
    let estimate = verdict.estimate
    guard estimate.runtime.activations == nil else { return nil }
    return try PlanComparison(
      of: model, kernels: estimate.arena.kernels, plan: estimate.arena.plan, effort: effort)
  }

  private static func emit(_ estimate: DeviceEstimate, to folder: String) throws {
    guard estimate.placement.fits else {
      throw InputError(
        at: .nowhere,
        "expected a placement that fits to --emit, found that "
          + estimate.placement.misfits.map(PlanReport.describe).joined(separator: ", "),
        advice: "see preflash fit without --emit")
    }
    try Files.makeFolder(folder)
    let files = DeploymentFiles(
      placement: estimate.placement, modelName: estimate.modelName, boardName: estimate.board.name,
      runtimeName: estimate.runtime.name)
    for file in files.files {
      try Files.write(Array(file.text.utf8), to: "\(folder)/\(file.name)")
    }
  }

  private static func deployment(
    _ arguments: Arguments, runtime: RuntimeProfile
  ) throws -> Deployment {
    let board = try BoardLibrary.load(arguments.board)
    return Deployment(
      model: try Model(tflite: Files.read(arguments.model), name: arguments.model), board: board,
      runtime: runtime, budget: arguments.budget, overrides: arguments.overrides,
      reserve: arguments.reserve)
  }

  /// Every bundled profile, one row each.
  private static func compare(
    _ arguments: Arguments, _ console: inout Console
  ) throws -> ExitStatus {
    let runtimes = try RuntimeLibrary.all()
    guard let first = runtimes.first else {
      throw InputError(at: .nowhere, "expected runtimes in boards/runtimes, found none")
    }
    let comparison = try RuntimeComparison(
      try deployment(arguments, runtime: first), runtimes: runtimes)
    let report = RuntimeComparisonReport(comparison)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return comparison.passes ? .success : .verdictFailed
  }
}
