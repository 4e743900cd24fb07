import Bytes
import Events
import Inference
import Kernels
import Models
import Reports

/// `preflash validate MODEL --against FILE.npz`
enum ValidateCommand: Command {
  struct Arguments {
    var model = ""
    var against: String?
    var threshold = 0.05
    var arithmetics = Arithmetic.allCases
    var asJSON = false
  }

  static let name = "validate"
  static let summary = "Hold a model's outputs against those that another runtime saved."
  static let examples = [
    "preflash validate models/gesture/gesture_int8.tflite --against logits.npz",
    "preflash validate models/gesture/gesture_int8.tflite --against logits.npz --threshold 0.2 "
      + "--json",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("MODEL", help: "Model to run (.tflite).") { $0.model = $1 }]
  }

  static var options: [Option<Arguments>] {
    [
      Option(
        "--against", value: "FILE",
        help: "Arrays saved with numpy.savez: ‘inputs’ and ‘logits’, a case each in their first\n"
          + "dimension; ‘logits_pytorch’, ‘logits_onnxruntime’ and so on for several runtimes;\n"
          + "a number at the end for the model’s further inputs and outputs: ‘inputs_1’,\n"
          + "‘logits_1’, ‘logits_pytorch_1’. Real inputs of a quantized model are quantized,\n"
          + "halves away from zero; its outputs are compared as real numbers."
      ) { $0.against = $1 },
      Option(
        "--threshold", value: "NUMBER",
        help: "Fail when any output deviates by more (default: 0.05)."
      ) { $0.threshold = try parseReal($1, "--threshold", 0...1e30) },
      Option(
        "--arithmetic", value: "NAME", help: "Only \(names); both if left out."
      ) { arguments, word in
        guard let arithmetic = Arithmetic(rawValue: word) else {
          throw UsageError("preflash validate: expected --arithmetic \(names), found ‘\(word)’")
        }
        arguments.arithmetics = [arithmetic]
      },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  private static var names: String {
    Arithmetic.allCases.map(\.rawValue).joined(separator: " or ")
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let against = arguments.against else {
      throw UsageError("preflash validate: --against FILE is missing; see preflash validate --help")
    }
    let model = try Model(tflite: Files.read(arguments.model), name: arguments.model)
    var deviations: [OutputDeviation] = []
    do throws(InputError) {
      let saved = try SavedOutputs(arrays(against), for: model)
      let shown = console
      for arithmetic in arguments.arithmetics {
        deviations += try OutputDeviation.measured(model, arithmetic, against: saved) { share in
          shown.progress("\(arithmetic.rawValue): \((100 * share).fixed(0)) %")
        }
      }
    } catch {
      throw error.inFile(against)
    }
    console.endProgress()
    let report = ValidationReport(
      model: arguments.model, file: against, threshold: arguments.threshold,
      deviations: deviations)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.passes ? .success : .verdictFailed
  }

  private static func arrays(
    _ path: String
  ) throws(InputError) -> [(name: String, array: NumpyArray)] {
    let files = try NumpyArchive.files(
      Files.read(path), name: path, libraries: SystemCompression())
    var arrays: [(name: String, array: NumpyArray)] = []
    for (name, bytes) in files {
      arrays.append((name, try NumpyArray(npy: bytes, name: "\(path): \(name)")))
    }
    return arrays
  }
}
