/// A small `.tflite` file to be spoiled in one respect at a time: one convolution with a bias.
struct ModelFile {
  struct TensorEntry {
    var name: String
    var shape: [Int]
    var type = 9
    var buffer = 0
    var scales: [Float] = [0.5]
    var zeroPoints: [Int] = [0]
    var axis = 0
    var isVariable = false
    var extra: [Int: Field] = [:]
    var quantizationExtra: [Int: Field] = [:]
  }

  var version = 3
  /// Fields of the operator code.
  var code: [Int: Field] = [0: .int8(3), 2: .int32(3), 3: .int32(3)]
  var buffers: [[Int: Field]] = [
    [:], [0: .offset(.bytes((0..<36).map { UInt8($0) }))],
    [0: .offset(.bytes([UInt8](repeating: 1, count: 8)))],
  ]
  var tensors: [TensorEntry] = [
    TensorEntry(name: "input", shape: [1, 6, 5, 2]),
    TensorEntry(
      name: "filter", shape: [2, 3, 3, 2], buffer: 1, scales: [0.25, 0.125], zeroPoints: [0, 0]),
    TensorEntry(
      name: "bias", shape: [2], type: 2, buffer: 2, scales: [0.125, 0.0625], zeroPoints: [0, 0]),
    TensorEntry(name: "output", shape: [1, 4, 3, 2]),
  ]
  var codeIndex = 0
  var operatorInputs = [0, 1, 2]
  var operatorOutputs = [3]
  var optionsType = 1
  /// Conv2DOptions: padding VALID, strides 1.
  var options: [Int: Field] = [0: .int8(1), 1: .int32(1), 2: .int32(1), 3: .int8(1)]
  var operatorExtra: [Int: Field] = [:]
  var inputs = [0]
  var outputs = [3]
  var metadata: [(name: String, buffer: Int)] = []
  /// Appended behind the encoding, as writers of very large files do.
  var appended: [UInt8] = []

  func bytes() -> [UInt8] {
    var operation: [Int: Field] = [
      0: .int32(codeIndex), 1: .offset(.int32s(operatorInputs)),
      2: .offset(.int32s(operatorOutputs)), 3: .int8(optionsType), 4: .offset(.table(options)),
    ]
    operation.merge(operatorExtra) { $1 }
    let graph: [Int: Field] = [
      0: .offset(.tables(tensors.map { .table(fields(of: $0)) })),
      1: .offset(.int32s(inputs)), 2: .offset(.int32s(outputs)),
      3: .offset(.tables([.table(operation)])), 4: .offset(.string("main")),
    ]
    let root: [Int: Field] = [
      0: .int32(version), 1: .offset(.tables([.table(code)])),
      2: .offset(.tables([.table(graph)])), 3: .offset(.string("made by hand")),
      4: .offset(.tables(buffers.map { .table($0) })),
      6: .offset(
        .tables(
          metadata.map { .table([0: .offset(.string($0.name)), 1: .int32($0.buffer)]) })),
    ]
    return FlatbufferWriter(root: .table(root), identifier: "TFL3").bytes + appended
  }

  private func fields(of tensor: TensorEntry) -> [Int: Field] {
    var quantization: [Int: Field] = [
      2: .offset(.floats(tensor.scales)), 3: .offset(.int64s(tensor.zeroPoints)),
      6: .int32(tensor.axis),
    ]
    quantization.merge(tensor.quantizationExtra) { $1 }
    var fields: [Int: Field] = [
      0: .offset(.int32s(tensor.shape)), 1: .int8(tensor.type), 2: .int32(tensor.buffer),
      3: .offset(.string(tensor.name)), 4: .offset(.table(quantization)),
      5: .int8(tensor.isVariable ? 1 : 0),
    ]
    fields.merge(tensor.extra) { $1 }
    return fields
  }
}
