/// A small `.tflite` file to be spoiled in one respect at a time: one convolution with a bias.
package struct ModelFile {
  package struct TensorEntry {
    package var name: String
    package var shape: [Int]
    package var type: Int
    package var buffer: Int
    package var scales: [Float]
    package var zeroPoints: [Int]
    package var axis = 0
    package var isVariable = false
    package var extra: [Int: Field] = [:]
    package var quantizationExtra: [Int: Field] = [:]

    package init(
      name: String, shape: [Int], type: Int = 9, buffer: Int = 0, scales: [Float] = [0.5],
      zeroPoints: [Int] = [0]
    ) {
      self.name = name
      self.shape = shape
      self.type = type
      self.buffer = buffer
      self.scales = scales
      self.zeroPoints = zeroPoints
    }
  }

  package var version = 3
  /// Fields of the operator code.
  package var code: [Int: Field] = [0: .int8(3), 2: .int32(3), 3: .int32(3)]
  package var buffers: [[Int: Field]] = [
    [:], [0: .offset(.bytes((0..<36).map { UInt8($0) }))],
    [0: .offset(.bytes([UInt8](repeating: 1, count: 8)))],
  ]
  package var tensors: [TensorEntry] = [
    TensorEntry(name: "input", shape: [1, 6, 5, 2]),
    TensorEntry(
      name: "filter", shape: [2, 3, 3, 2], buffer: 1, scales: [0.25, 0.125], zeroPoints: [0, 0]),
    TensorEntry(
      name: "bias", shape: [2], type: 2, buffer: 2, scales: [0.125, 0.0625], zeroPoints: [0, 0]),
    TensorEntry(name: "output", shape: [1, 4, 3, 2]),
  ]
  package var codeIndex = 0
  package var operatorInputs = [0, 1, 2]
  package var operatorOutputs = [3]
  package var optionsType = 1
  /// Conv2DOptions: padding VALID, strides 1.
  package var options: [Int: Field] = [0: .int8(1), 1: .int32(1), 2: .int32(1), 3: .int8(1)]
  package var operatorExtra: [Int: Field] = [:]
  package var inputs = [0]
  package var outputs = [3]
  package var metadata: [(name: String, buffer: Int)] = []
  /// Appended behind the encoding, as writers of very large files do.
  package var appended: [UInt8] = []

  package init() {}

  package func bytes() -> [UInt8] {
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
