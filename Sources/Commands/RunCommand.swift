import Bytes
import Glibc
import Inference
import Kernels
import Models
import Reports

/// `preflash run MODEL --input FILE`
enum RunCommand: Command {
  struct Arguments {
    var model = ""
    var inputs: [String] = []
    var outputs: [String] = []
    var arithmetic = Arithmetic.doubleRounding
    var layers: String?
    var top = 10
    var asJSON = false
  }

  static let name = "run"
  static let summary = "Run one inference and print or save what the model answers."
  static let examples = [
    "preflash run models/gesture/gesture_int8.tflite --input zeros",
    "preflash run models/gesture/gesture_int8.tflite --input window.npy --layers layers/ --json",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("MODEL", help: "Model to run (.tflite).") { $0.model = $1 }]
  }

  static var options: [Option<Arguments>] {
    [
      Option(
        "--input", value: "FILE",
        help: "An input: .npy, the raw little-endian elements, or the word zeros.\n"
          + "Once per input, in order.\n"
          + "Real numbers for a quantized input are quantized, halves away from zero."
      ) { $0.inputs.append($1) },
      Option(
        "--output", value: "FILE", help: "Save an output as .npy. Once per output, in order."
      ) { $0.outputs.append($1) },
      Option(
        "--arithmetic", value: "NAME",
        help: "\(names) (default: \(Arithmetic.doubleRounding.rawValue))."
      ) { arguments, word in
        guard let arithmetic = Arithmetic(rawValue: word) else {
          throw UsageError("preflash run: expected --arithmetic \(names), found ‘\(word)’")
        }
        arguments.arithmetic = arithmetic
      },
      Option("--layers", value: "FOLDER", help: "Save every tensor as .npy in a folder.") {
        $0.layers = $1
      },
      Option("--top", value: "COUNT", help: "Values to print of each output (default: 10).") {
        arguments, word in
        guard let count = Int(word), count > 0 else {
          throw UsageError("preflash run: expected --top with a positive number, found ‘\(word)’")
        }
        arguments.top = count
      },
      Option(flag: "--json", help: "Print JSON with every value.") { $0.asJSON = true },
    ]
  }

  private static var names: String {
    Arithmetic.allCases.map(\.rawValue).joined(separator: " or ")
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let model = try Model(tflite: Files.read(arguments.model), name: arguments.model)
    var interpreter = try Interpreter(model, arithmetic: arguments.arithmetic)
    try check("input", given: arguments.inputs.count, of: interpreter.inputCount, model)
    if !arguments.outputs.isEmpty {
      try check("output", given: arguments.outputs.count, of: interpreter.outputCount, model)
    }
    var notes: [String] = []
    for (index, path) in arguments.inputs.enumerated() {
      let tensor = interpreter.inputTensor(index)
      let (bytes, wasQuantized) = try input(path, for: tensor)
      try interpreter.setInput(index, bytes: bytes)
      if wasQuantized {
        notes.append("\(path): quantized with \(tensor.quantizationText), halves away from zero")
      }
    }
    try interpreter.invoke()
    let outputs = try (0..<interpreter.outputCount).map { index in
      try output(interpreter.outputTensor(index), interpreter.output(index), model)
    }
    for (index, path) in arguments.outputs.enumerated() {
      try save(interpreter.outputTensor(index), interpreter.output(index), to: path)
      notes.append("wrote output \(index) to \(path)")
    }
    if let folder = arguments.layers {
      let count = try saveLayers(of: interpreter, to: folder)
      notes.append("wrote \(count) tensors to \(folder)")
    }
    let report = InferenceReport(
      model: arguments.model, arithmetic: arguments.arithmetic.rawValue, notes: notes,
      outputs: outputs)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style, top: arguments.top), terminator: "")
    }
    return .success
  }

  private static func check(
    _ what: String, given: Int, of count: Int, _ model: Model
  ) throws(UsageError) {
    guard given == count else {
      throw UsageError(
        "preflash run: \(model.name) has \(count) \(what)\(count == 1 ? "" : "s"); "
          + "found --\(what) \(given) times")
    }
  }

  // MARK: Inputs

  private static func input(
    _ path: String, for tensor: Tensor
  ) throws(InputError) -> (bytes: [UInt8], wasQuantized: Bool) {
    if path == "zeros" { return (tensor.zeros, false) }
    let file = try Files.read(path)
    do throws(InputError) {
      if path.hasSuffix(".npy") {
        return try tensor.bytes(from: NumpyArray(npy: file, name: path))
      }
      guard file.count == tensor.byteCount else {
        throw InputError(
          at: .byte(min(file.count, tensor.byteCount)),
          "expected \(tensor.byteCount) bytes for input ‘\(tensor.name)’ "
            + "(\(tensor.shapeText) of \(tensor.type.name)), found \(file.count)")
      }
      return (file, false)
    } catch {
      throw error.inFile(path)
    }
  }

  // MARK: Outputs

  private static func output(
    _ tensor: Tensor, _ bytes: [UInt8], _ model: Model
  ) throws(InputError) -> InferenceReport.Output {
    guard let readings = tensor.readings(of: bytes) else {
      throw InputError(
        file: model.name, at: .nowhere,
        "expected an output of numbers, found ‘\(tensor.name)’ of \(tensor.type.name)")
    }
    return .init(tensor: tensor, reals: readings.reals, integers: readings.integers)
  }

  private static func save(
    _ tensor: Tensor, _ bytes: [UInt8], to path: String
  ) throws(InputError) {
    let array = NumpyArray(shape: tensor.shape, type: tensor.type, bytes: bytes)
    try Files.write(array.npy(), to: path)
  }

  /// Every tensor whose type NumPy has, as `012-name.npy`; how many that were.
  private static func saveLayers(
    of interpreter: Interpreter, to folder: String
  ) throws(InputError) -> Int {
    try Files.makeFolder(folder)
    var count = 0
    for (index, tensor) in interpreter.model.main.tensors.enumerated()
    where NumpyArray.holds(tensor.type) {
      let digits = String(index)
      let number = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
      let path = "\(folder)/\(number)-\(fileName(tensor.name)).npy"
      try save(tensor, interpreter.tensorBytes(index), to: path)
      count += 1
    }
    return count
  }

  /// Letters, digits, dots and dashes of a tensor's name; file systems stop at 255 bytes.
  private static func fileName(_ name: String) -> String {
    let safe = name.utf8.map { byte -> Character in
      let scalar = Character(UnicodeScalar(byte))
      return byte < 128 && (scalar.isLetter || scalar.isNumber || scalar == ".") ? scalar : "-"
    }
    return safe.isEmpty ? "tensor" : String(safe.prefix(100))
  }
}
