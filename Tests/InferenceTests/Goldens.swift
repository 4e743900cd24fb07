import Bytes
import Foundation
import Inference
import Kernels
import Models
import TestSupport
import Testing

/// Inputs and outputs of real models, recorded from the runtimes that own each arithmetic.
struct Golden: Decodable, CustomTestStringConvertible {
  struct Case: Decodable {
    var inputs: [String]
    var doubleRounding: [String]?
    var fp32HalfEven: [String]?

    func outputs(_ arithmetic: Arithmetic) -> [String]? {
      arithmetic == .doubleRounding ? doubleRounding : fp32HalfEven
    }
  }

  struct Port: Decodable {
    var dtype: String

    /// Bytes of an element; 0 for floats, which are compared as such.
    var integerSize: Int { ["int8": 1, "int16": 2, "int32": 4][dtype] ?? 0 }
  }

  var model: String
  var cases: [Case]
  var outputs: [Port]

  var testDescription: String { model }

  static let all: [Golden] = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard SharedData.isPresent else { return [] }
    do {
      let bytes = try SharedData.bytes("goldens/manifest.json")
      return try decoder.decode([Golden].self, from: Data(bytes))
    } catch { fatalError("goldens/manifest.json: \(error)") }
  }()

  static let tflite = all.filter { $0.model.hasSuffix(".tflite") }

  func load() throws -> Model { try Model(tflite: SharedData.bytes(model), name: model) }
}

/// How two runs of one output differ.
struct Difference: CustomStringConvertible {
  var count = 0
  var differing = 0
  var largest = 0

  /// Of elements of `size` bytes, little-endian signed.
  init(_ found: [UInt8], _ expected: [UInt8], size: Int) {
    func element(_ bytes: [UInt8], _ index: Int) -> Int {
      var value = 0
      for offset in (0..<size).reversed() {
        value = value << 8 | Int(bytes[index * size + offset])
      }
      let bits = Int.bitWidth - 8 * size
      return (value << bits) >> bits
    }
    count = expected.count / size
    guard found.count == expected.count else {
      differing = count
      return
    }
    for index in 0..<count {
      let distance = abs(element(found, index) - element(expected, index))
      if distance > 0 { differing += 1 }
      largest = max(largest, distance)
    }
  }

  var description: String { "\(differing) of \(count) differ, by at most \(largest)" }
}

func floats(_ bytes: [UInt8]) -> [Float] {
  bytes.withUnsafeBytes { raw in
    (0..<bytes.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
  }
}
