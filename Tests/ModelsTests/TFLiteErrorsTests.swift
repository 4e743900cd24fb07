import Bytes
import Models
import TestSupport
import Testing

/// One way to spoil the file, and what the message must say.
struct Spoiled: Sendable, CustomTestStringConvertible {
  var message: String
  var spoil: @Sendable (inout ModelFile) -> Void
  var testDescription: String { message }

  init(_ message: String, _ spoil: @escaping @Sendable (inout ModelFile) -> Void) {
    self.message = message
    self.spoil = spoil
  }
}

private let header: [Spoiled] = [
  Spoiled("schema version 3, found 2") { $0.version = 2 },
  Spoiled("operator code of 0 to 209, found 250") { $0.code[3] = .int32(250) },
  Spoiled("one of 1 operator codes, found number 4") { $0.codeIndex = 4 },
  Spoiled("one of 3 buffers for metadata ‘notes’") { $0.metadata = [("notes", 3)] },
]

private let tensors: [Spoiled] = [
  Spoiled("element type of 0 to 22 for tensor ‘input’, found 99") { $0.tensors[0].type = 99 },
  Spoiled("dimensions of 0 or more for tensor ‘input’") { $0.tensors[0].shape[1] = -1 },
  Spoiled("smaller than 2 GiB") { $0.tensors[0].shape = [1, 65536, 65536, 2] },
  Spoiled("smaller than 2 GiB") { $0.tensors[0].shape = [0, 2_000_000_000, 2_000_000_000, 9] },
  Spoiled("at most 8 dimensions") { $0.tensors[0].shape = [1, 1, 1, 1, 1, 1, 1, 1, 1] },
  Spoiled("one of 3 buffers for tensor ‘filter’") { $0.tensors[1].buffer = 3 },
  Spoiled("expected 36 bytes for tensor ‘filter’") {
    $0.buffers[1] = [0: .offset(.bytes([1, 2, 3]))]
  },
  Spoiled("variable tensor ‘filter’ to start empty") { $0.tensors[1].isVariable = true },
  Spoiled("dense tensor ‘filter’, found a sparse one") {
    $0.tensors[1].extra = [6: .offset(.table([:]))]
  },
  Spoiled("data of tensor ‘filter’ in this file") { $0.tensors[1].extra = [10: .int32(1)] },
  Spoiled("a buffer of 36 bytes inside the file") {
    $0.buffers[1] = [1: .uint64(100_000), 2: .uint64(36)]
  },
  Spoiled("a buffer of 18446744073709551615 bytes inside") {
    $0.buffers[1] = [1: .uint64(8), 2: .uint64(.max)]
  },
]

private let quantization: [Spoiled] = [
  Spoiled("positive scales for ‘input’, found nan") { $0.tensors[0].scales = [.nan] },
  Spoiled("positive scales for ‘input’, found 0.0") { $0.tensors[0].scales = [0] },
  Spoiled("positive scales for ‘input’, found -1.0") { $0.tensors[0].scales = [-1] },
  Spoiled("positive scales for ‘input’, found inf") { $0.tensors[0].scales = [.infinity] },
  Spoiled("zero points of ‘input’ within int8, found 128") { $0.tensors[0].zeroPoints = [128] },
  Spoiled("as many zero points as scales for ‘filter’, found 1 and 2") {
    $0.tensors[1].zeroPoints = [0]
  },
  Spoiled("one scale per slice along dimension 1 of ‘filter’") { $0.tensors[1].axis = 1 },
  Spoiled("one scale per slice along dimension 4 of ‘filter’") { $0.tensors[1].axis = 4 },
  Spoiled("one scale per slice along dimension -1 of ‘filter’") { $0.tensors[1].axis = -1 },
  Spoiled("found blockwise or custom quantization") {
    $0.tensors[0].quantizationExtra = [4: .int8(2)]
  },
]

private let operators: [Spoiled] = [
  Spoiled("an operator’s input to be one of 4 tensors or left out, found number 9") {
    $0.operatorInputs[0] = 9
  },
  Spoiled("an operator’s input to be one of 4 tensors or left out, found number -2") {
    $0.operatorInputs[0] = -2
  },
  Spoiled("an operator’s output to be one of 4 tensors, found number -1") {
    $0.operatorOutputs[0] = -1
  },
  Spoiled("a subgraph output to be one of 4 tensors, found number 4") { $0.outputs = [4] },
  Spoiled("options of type 1 for CONV_2D, found type 5") { $0.optionsType = 5 },
  Spoiled("expected options for CONV_2D, found none") { $0.optionsType = 0 },
  Spoiled("a stride of at least 1, found 0") { $0.options[1] = .int32(0) },
  Spoiled("a stride of at least 1, found -7") { $0.options[2] = .int32(-7) },
  Spoiled("padding 0 or 1, found 2") { $0.options[0] = .int8(2) },
  Spoiled("a fused activation of 0 to 5, found 6") { $0.options[3] = .int8(6) },
  Spoiled("an operator’s intermediate tensor to be one of 4 tensors") {
    $0.operatorExtra = [8: .offset(.int32s([70]))]
  },
]

private let graphs: [Spoiled] = [
  Spoiled("expected input ‘filter’ to be fed, found a constant") { $0.inputs = [0, 1] },
  Spoiled("the input ‘input’ of CONV_2D to be written by an earlier operator") { $0.inputs = [] },
  Spoiled("the output ‘filter’ of CONV_2D to be written only here") { $0.operatorOutputs = [1] },
  Spoiled("the output ‘input’ of CONV_2D to be written only here") { $0.operatorOutputs = [0] },
  Spoiled("CONV_2D: expected an output of shape [1, 4, 3, 2], found [1, 3, 3, 2]") {
    $0.tensors[3].shape[1] = 3
  },
  Spoiled("CONV_2D: expected at least 11 rows and columns under the filter, found 6") {
    $0.options[5] = .int32(5)
  },
  Spoiled("CONV_2D: expected a filter for 3 channels") { $0.tensors[0].shape[3] = 3 },
  Spoiled("CONV_2D: expected a bias of 2 elements") {
    $0.tensors[2].shape = [1, 1]
    $0.tensors[2].scales = [1]
    $0.tensors[2].zeroPoints = [0]
    $0.buffers[2] = [0: .offset(.bytes([0, 0, 0, 0]))]
  },
]

@Suite("A damaged .tflite file")
struct TFLiteErrorsTests {
  @Test("is told apart from a sound one")
  func sound() throws {
    let model = try Model(tflite: ModelFile().bytes(), name: "small.tflite")
    #expect(model.summary == "made by hand")
    #expect(model.main.operators[0].kind == .conv2D)
    #expect(model.main.operators[0].version == 3)
    #expect(model.main.tensors[1].quantization?.scales == [0.25, 0.125])
    #expect(model.main.tensors[1].int8Values == (0..<36).map { Int8($0) })
    #expect(model.main.tensors[2].int32Values == [0x0101_0101, 0x0101_0101])
    #expect(model.main.macs == 4 * 3 * 2 * 3 * 3 * 2)
    #expect(model.main.parameterCount == 38)
  }

  @Test(
    "is an error that names the file, the byte and the fault",
    arguments: header + tensors + quantization + operators + graphs)
  func fault(_ spoiled: Spoiled) {
    var file = ModelFile()
    spoiled.spoil(&file)
    let error = #expect(throws: InputError.self) {
      try Model(tflite: file.bytes(), name: "small.tflite")
    }
    #expect(error?.file == "small.tflite")
    #expect(error?.problem.contains(spoiled.message) == true, "\(String(describing: error))")
    guard case .byte(let offset) = error?.place else {
      Issue.record("expected a byte offset, found \(String(describing: error?.place))")
      return
    }
    #expect((0...file.bytes().count).contains(offset))
  }

  @Test("of another kind is recognized by its first bytes")
  func foreign() {
    let error = #expect(throws: InputError.self) {
      try Model(tflite: Array("PK\u{3}\u{4}PNG\nrest".utf8), name: "photo.png")
    }
    #expect(
      error?.description
        == "photo.png: byte 0x4: expected “TFL3”, found “PNG.”; is this a .tflite file?")
  }

  @Test("cut off anywhere is an error")
  func truncation() {
    let bytes = ModelFile().bytes()
    for length in 0..<bytes.count {
      #expect(throws: InputError.self, "cut to \(length) bytes") {
        try Model(tflite: Array(bytes[..<length]), name: "short.tflite")
      }
    }
  }

  @Test("that lists the same bytes over and over is refused, not unrolled")
  func amplification() {
    // 30,000 operators that share one list of 30,000 inputs would decode to 900 million numbers.
    let bytes = sharedListFile(operators: 30_000, inputs: 30_000)
    let error = #expect(throws: InputError.self) { try Model(tflite: bytes, name: "bomb.tflite") }
    #expect(error?.problem.contains("over and over") == true)
  }

  @Test("cannot steer a terminal with its names")
  func controlCharacters() throws {
    var file = ModelFile()
    file.tensors[0].name = "in\u{1B}[2J\nput"
    let model = try Model(tflite: file.bytes(), name: "rude.tflite")
    #expect(model.main.tensors[0].name == "in\u{FFFD}[2J\u{FFFD}put")
  }

  @Test("keeps constants that lie behind the encoding")
  func appended() throws {
    var file = ModelFile()
    file.buffers[1] = [1: .uint64(0), 2: .uint64(0)]
    let end = file.bytes().count
    file.appended = (0..<36).map { UInt8(100 + $0) }
    file.buffers[1] = [1: .uint64(UInt64(end)), 2: .uint64(36)]
    let model = try Model(tflite: file.bytes(), name: "large.tflite")
    #expect(model.main.tensors[1].constant?.first == 100)
  }

  @Test("with several unknown and custom operators names all of them at once")
  func unsupported() throws {
    var file = ModelFile()
    file.code = [0: .int8(32), 1: .offset(.string("MyOwn")), 3: .int32(32)]
    file.optionsType = 0
    let model = try Model(tflite: file.bytes(), name: "custom.tflite")
    #expect(model.unsupportedOperators == ["custom ‘MyOwn’"])
    #expect(model.main.operators[0].customName == "MyOwn")
  }

  /// One operator table with one list of inputs, entered many times into the list of operators.
  private func sharedListFile(operators: Int, inputs: Int) -> [UInt8] {
    var file = ModelFile()
    file.operatorInputs = [Int](repeating: 0, count: inputs)
    var bytes = file.bytes()
    // Behind the file: a list of operators whose entries all point at the one that is there. Offsets
    // only lead forward, so a copy of the whole file follows the list and is entered instead.
    let original = bytes
    let list = bytes.count + (4 - bytes.count % 4) % 4
    bytes += [UInt8](repeating: 0, count: list - bytes.count)
    func put(_ value: Int) {
      for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
    let copy = list + 4 + 4 * operators
    let place = { (start: Int) -> (vector: Int, table: Int) in
      func word(_ at: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(original[at + $1]) << (8 * $1) }
      }
      func field(_ table: Int, _ id: Int) -> Int {
        let vtable = table - word(table)
        let entry = vtable + 4 + 2 * id
        return table + Int(original[entry]) + Int(original[entry + 1]) << 8
      }
      let root = word(0)
      let graphs = field(root, 2) + word(field(root, 2))
      let graph = graphs + 4 + word(graphs + 4)
      let vector = field(graph, 3)
      let operators = vector + word(vector)
      return (vector, operators + 4 + word(operators + 4))
    }(0)
    put(operators)
    for index in 0..<operators { put(copy + place.table - (list + 4 + 4 * index)) }
    bytes += original
    let offset = list - place.vector
    for index in 0..<4 {
      bytes[place.vector + index] = UInt8(truncatingIfNeeded: offset >> (8 * index))
    }
    return bytes
  }
}
