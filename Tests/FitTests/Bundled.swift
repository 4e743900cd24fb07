import Boards
import Models
import TestSupport

/// Boards, profiles and published models by name.
enum Bundled {
  static func board(_ name: String) throws -> Board {
    try Board(parsing: SharedData.own("boards/\(name).json5"), file: name)
  }

  static func runtime(_ name: String) throws -> RuntimeProfile {
    try RuntimeProfile(parsing: SharedData.own("boards/runtimes/\(name).json5"), file: name)
  }

  static func published(_ path: String) throws -> Model {
    try Model(tflite: SharedData.bytes(path), name: path)
  }

  /// One convolution of 3 × 3, 8 → `filters` channels, on an image of `side` × `side`.
  static func convolution(side: Int = 16, filters: Int = 16) -> Model {
    let filter = [UInt8](repeating: 0, count: filters * 72)
    let bias = [UInt8](repeating: 0, count: filters * 4)
    let graph = Graph(
      tensors: [
        Tensor(name: "in", shape: [1, side, side, 8], type: .int8),
        Tensor(name: "filter", shape: [filters, 3, 3, 8], type: .int8, constant: filter[...]),
        Tensor(name: "bias", shape: [filters], type: .int32, constant: bias[...]),
        Tensor(name: "out", shape: [1, side, side, filters], type: .int8),
      ],
      operators: [
        Operator(
          kind: .conv2D, options: .convolution(ConvolutionOptions()), inputs: [0, 1, 2],
          outputs: [3])
      ],
      inputs: [0], outputs: [3])
    return Model(name: "convolution.tflite", graphs: [graph], fileSize: filter.count + 1000)
  }
}
