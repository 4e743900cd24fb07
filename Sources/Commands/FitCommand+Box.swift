import Boards
import Bytes
import Fit
import Models
import Planning
import Reports

extension FitCommand {
  /// The verdict on an edge box.
  static func run(
    _ arguments: Arguments, on setting: BoxSetting, _ console: inout Console
  ) throws -> ExitStatus {
    try refuseMicrocontrollerOptions(arguments)
    var setting = setting
    setting.load = arguments.load
    setting.ambient = arguments.ambient
    let deployment = BoxDeployment(
      model: try Model(tflite: Files.read(arguments.model), name: arguments.model),
      setting: setting, runtime: arguments.runtime, precision: arguments.precision,
      budget: arguments.budget, reserve: arguments.reserve.ram)
    let verdict = try deployment.verdict()
    let report = BoxFitReport(
      verdict, alternatives: verdict.passes ? nil : try BoxAlternatives(to: deployment))
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return verdict.passes ? .success : .verdictFailed
  }

  private static func refuseMicrocontrollerOptions(_ arguments: Arguments) throws {
    var found: [String] = []
    if arguments.overrides != .none { found.append("--place") }
    if arguments.effort != nil { found.append("--plan") }
    if arguments.outputFolder != nil { found.append("--emit") }
    if arguments.listsLayers { found.append("--layers") }
    if arguments.runtime == "all" { found.append("--runtime all") }
    guard found.isEmpty else {
      throw UsageError(
        "preflash \(name): \(found.joined(separator: ", ")): for microcontrollers, found --board "
          + arguments.board)
    }
    var memory = FirmwareReserve.none
    memory.ram = arguments.reserve.ram
    guard arguments.reserve == memory else {
      throw InputError(
        at: .key("reserve"), "expected ram alone for an edge box",
        advice: "as in ram=2GB, what other processes take")
    }
  }
}
