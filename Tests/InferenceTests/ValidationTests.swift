import Bytes
import Inference
import Kernels
import Models
import TestSupport
import Testing

/// Outputs held against those that other runtimes saved.
@Suite("Validation against saved outputs")
struct ValidationTests {
  private func array(_ files: [String], _ tensor: Tensor) throws -> NumpyArray {
    let bytes = try files.flatMap { try SharedData.bytes($0) }
    return NumpyArray(
      shape: [files.count] + tensor.shape.dropFirst(), type: tensor.type, bytes: bytes)
  }

  /// Models of one input and one output whose outputs two runtimes saved.
  private static let models = Golden.tflite.map(\.model).filter { model in
    ["ad01_int8", "ic_resnet8", "kws_ref", "vww_96"].contains {
      model.contains($0)
    }
  }

  @Test(
    "Each arithmetic gives what its own runtime saved, and their difference is measured",
    .enabled(if: SharedData.isPresent), arguments: models)
  func goldens(name: String) throws {
    let golden = try #require(Golden.tflite.first { $0.model == name })
    let model = try golden.load()
    let input = model.main.tensors[model.main.inputs[0]]
    let output = model.main.tensors[model.main.outputs[0]]
    let cases = golden.cases.filter { $0.doubleRounding != nil && $0.fp32HalfEven != nil }
    let saved = try SavedOutputs(
      [
        ("logits_tflm", array(cases.map { $0.doubleRounding![0] }, output)),
        ("logits_xnnpack", array(cases.map { $0.fp32HalfEven![0] }, output)),
        ("inputs", array(cases.map { $0.inputs[0] }, input)),
      ], for: model)
    #expect(saved.caseCount == cases.count && cases.count >= 3)
    let isFloat = output.type == .float32
    for arithmetic in Arithmetic.allCases {
      let deviations = try OutputDeviation.measured(model, arithmetic, against: saved)
      #expect(deviations.map(\.reference) == ["tflm", "xnnpack"])
      let own = deviations[arithmetic == .doubleRounding ? 0 : 1]
      #expect(own.largest <= (isFloat ? 1e-4 : 0), "\(arithmetic)")
      #expect(own.mean <= own.largest)
      #expect(own.agreements == cases.count)
    }
  }

  // MARK: Made by hand

  private let model: Model
  private let input: Tensor
  private let output: Tensor

  init() throws {
    model = try Model(tflite: ModelFile().bytes(), name: "small")
    input = model.main.tensors[model.main.inputs[0]]
    output = model.main.tensors[model.main.outputs[0]]
  }

  /// What the model itself gives for zeros, and for other bytes, as float32.
  private func saved(
    changing element: Int? = nil, by change: Float = 0
  ) throws -> [(name: String, array: NumpyArray)] {
    var interpreter = try Interpreter(model, arithmetic: .doubleRounding)
    var inputs: [UInt8] = []
    var outputs: [Float] = []
    for number in 0..<3 {
      let bytes = (0..<input.byteCount).map { UInt8(truncatingIfNeeded: $0 &* number) }
      try interpreter.setInput(0, bytes: bytes)
      try interpreter.invoke()
      inputs += bytes
      outputs += try #require(output.readings(of: interpreter.output(0))).reals.map { Float($0) }
    }
    if let element { outputs[element] += change }
    let real = outputs.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
    let shape = { (tensor: Tensor) in [3] + tensor.shape.dropFirst() }
    return [
      ("inputs", NumpyArray(shape: shape(input), type: input.type, bytes: inputs)),
      ("logits", NumpyArray(shape: shape(output), type: .float32, bytes: real)),
    ]
  }

  @Test("A deviation is told with its case, element and size")
  func place() throws {
    let count = output.elementCount
    let same = try OutputDeviation.measured(
      model, .doubleRounding, against: SavedOutputs(saved(), for: model))
    #expect(same.map(\.largest) == [0] && same.map(\.mean) == [0])
    let changed = try OutputDeviation.measured(
      model, .doubleRounding,
      against: SavedOutputs(saved(changing: count + 1, by: 8), for: model))
    #expect(changed[0].largest == 8)
    #expect(changed[0].largestCase == 1 && changed[0].largestElement == 1)
    #expect(abs(changed[0].mean - 8 / Double(3 * count)) < 1e-12)
  }

  @Test("What is no number deviates beyond every threshold")
  func notANumber() throws {
    let deviations = try OutputDeviation.measured(
      model, .doubleRounding, against: SavedOutputs(saved(changing: 0, by: .nan), for: model))
    #expect(deviations[0].largest == .infinity)
  }

  @Test("Arrays that are missing, twice there, of another shape or name are told by name")
  func wrong() throws {
    let arrays = try saved()
    let (inputs, logits) = (arrays[0], arrays[1])
    var flat = logits.array
    flat.shape = [flat.shape.reduce(1, *)]
    var fewer = logits.array
    fewer.shape[0] -= 1
    fewer.bytes.removeLast(fewer.bytes.count / 3)
    let cases: [([(name: String, array: NumpyArray)], String)] = [
      ([inputs], "‘logits’"), ([logits], "‘inputs’"),
      ([inputs, ("logits", flat)], "logits: expected cases of"),
      ([inputs, ("logits", fewer)], "expected 3 cases as in the inputs, found 2"),
      ([inputs, logits, ("labels", logits.array)], "labels: expected inputs"),
      ([inputs, ("logits_9", logits.array)], "logits_9: expected inputs"),
      ([inputs, ("inputs_0", inputs.array), logits], "inputs_0: expected input 0 once"),
      ([inputs, ("inputs_raw", inputs.array), logits], "inputs_raw: expected inputs"),
      ([inputs, logits, ("logits_0", logits.array)], "found them twice"),
    ]
    for (arrays, message) in cases {
      let error = #expect(throws: InputError.self) { try SavedOutputs(arrays, for: model) }
      #expect(
        error?.description.contains(message) == true, "\(message): \(String(describing: error))")
    }
    let named = try SavedOutputs(
      [inputs, ("logits_pytorch_0", logits.array), ("logits_onnx_run_time", logits.array)],
      for: model)
    #expect(named.references.map(\.name) == ["onnx_run_time", "pytorch"])
  }
}
