import Inference
import Models
import Reports

/// `preflash inspect model FILE`
enum InspectModelCommand: Command {
  struct Arguments {
    var path = ""
    var listsTensors = false
    var asJSON = false
  }

  static let name = "inspect model"
  static let summary = "List a model's operators, tensors, parameters and work."
  static let examples = [
    "preflash inspect model models/gesture/gesture_int8.tflite",
    "preflash inspect model models/gesture/gesture_int8.tflite --tensors",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("FILE", help: "Model to read (.tflite).") { $0.path = $1 }]
  }

  static var options: [Option<Arguments>] {
    [
      Option(flag: "--tensors", help: "List every tensor instead of a summary.") {
        $0.listsTensors = true
      },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let model = try Model(tflite: Files.read(arguments.path), name: arguments.path)
    let report = ModelReport(model, listsTensors: arguments.listsTensors) {
      Interpreter.runs($0)
    }
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }
}
