package import Bytes
import Inference
package import Kernels
package import Models

/// Something that answers an input tensor with one of several classes.
///
/// A copy is independent: replay gives one to every thread.
package protocol Classifier: Sendable {
  var classCount: Int { get }
  /// True when an answer depends on the inputs before it; such a model runs on one thread.
  var keepsState: Bool { get }
  /// The little-endian bytes of the first output.
  mutating func outputs(for input: [UInt8]) throws(InputError) -> [UInt8]
  /// The class that those outputs mean; the first of several that are equal.
  func bestClass(of outputs: [UInt8]) -> Int
}

/// What a model said about one window.
package struct Answer: Equatable, Sendable {
  package var classIndex: Int
  /// FNV-1a of the output bytes: two runs that differ in one logit differ here.
  package var digest: UInt64

  package init(classIndex: Int, digest: UInt64) {
    self.classIndex = classIndex
    self.digest = digest
  }
}

extension Classifier {
  mutating func answer(to input: [UInt8]) throws(InputError) -> Answer {
    let outputs = try outputs(for: input)
    var digest = Digest()
    digest.add(outputs)
    return Answer(classIndex: bestClass(of: outputs), digest: digest.value)
  }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
package struct Digest {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func add(_ bytes: [UInt8]) {
    for byte in bytes { add(byte) }
  }

  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

  mutating func add(_ word: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: word >> shift)) }
  }
}

/// A model run by the interpreter, bit for bit as its runtime would.
package struct ModelClassifier: Classifier {
  private var interpreter: Interpreter
  private let type: ElementType
  package let classCount: Int
  package let keepsState: Bool

  /// Throws when the model does not run, or when its first output is no vector of scores.
  package init(_ model: Model, arithmetic: Arithmetic) throws(InputError) {
    interpreter = try Interpreter(model, arithmetic: arithmetic)
    let output = interpreter.outputTensor(0)
    type = output.type
    classCount = output.elementCount
    keepsState = model.graphs.contains { $0.tensors.contains(where: \.isVariable) }
    guard [.int8, .uint8, .int16, .float32].contains(type) else {
      throw InputError(
        file: model.name, at: .key("output 0"),
        "expected scores as int8, uint8, int16 or float32, found \(type.name)")
    }
  }

  package mutating func outputs(for input: [UInt8]) throws(InputError) -> [UInt8] {
    try interpreter.setInput(0, bytes: input)
    try interpreter.invoke()
    return interpreter.output(0)
  }

  package func bestClass(of outputs: [UInt8]) -> Int {
    var best = 0
    var bestScore = -Float.infinity
    for index in 0..<classCount {
      let score = score(index, of: outputs)
      if score > bestScore {
        best = index
        bestScore = score
      }
    }
    return best
  }

  private func score(_ index: Int, of bytes: [UInt8]) -> Float {
    switch type {
    case .int8: Float(Int8(bitPattern: bytes[index]))
    case .uint8: Float(bytes[index])
    case .int16:
      Float(Int16(bitPattern: UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8))
    default:
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << (8 * $1) })
    }
  }
}
