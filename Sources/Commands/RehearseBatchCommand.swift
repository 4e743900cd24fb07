import Boards
import Bytes
import Reports
import Uplink

/// `preflash rehearse batch FILE`
enum RehearseBatchCommand: Command {
  struct Arguments {
    var path = ""
    var gateway: String?
    var asJSON = false
  }

  static let name = "rehearse batch"
  static let summary = "Score many images through a gateway, within rate limits and a budget."
  static let examples = [
    "preflash rehearse batch rehearsals/batches/calibration.json5",
    "preflash rehearse batch rehearsals/batches/calibration.json5 --gateway bifrost",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand("FILE", help: "A batch (.json5): images, gateway, providers, limits.") {
        $0.path = $1
      }
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option("--gateway", value: "NAME", help: "Use this gateway instead of the file's.") {
        $0.gateway = $1
      },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let bytes = try Files.read(arguments.path)
    let file = try BatchFile(parsing: bytes, file: arguments.path)
    let (plan, gateway) = try prepared(file, arguments, bytes)
    var run = BatchRun(plan, gateway, seed: file.randomSeed)
    let shown = console
    run.finish { done in
      shown.progress("\((100 * Double(done) / Double(plan.images)).fixed(0)) %")
    }
    console.endProgress()
    let report = BatchReport(file, plan, run)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.keepsBudget ? .success : .verdictFailed
  }

  private static func prepared(
    _ file: BatchFile, _ arguments: Arguments, _ bytes: [UInt8]
  ) throws(InputError) -> (BatchPlan, GatewayProfile) {
    let folder = RehearsalFiles.folder(of: arguments.path)
    let profile = try GatewayLibrary.load(
      arguments.gateway ?? RehearsalFiles.local(file.gateway, folder))
    do throws(InputError) {
      return try file.plan(profile)
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes).inFile(arguments.path)
    }
  }
}
