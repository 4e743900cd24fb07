package import Bytes
package import Inference
package import Kernels
package import Models

/// A model that finds boxes, run by the interpreter, bit for bit as its runtime would.
///
/// A copy is independent of the original.
package struct Detector: Sendable {
  private var interpreter: Interpreter
  private let head: CentreGridHead
  package let keepsState: Bool

  /// - Throws: `InputError` when the model does not run, or is not the one that the card describes.
  package init(_ card: ModelCard, _ model: Model, arithmetic: Arithmetic) throws(InputError) {
    try card.check(against: model)
    head = try card.head(of: model)
    interpreter = try Interpreter(model, arithmetic: arithmetic)
    keepsState = model.graphs.contains { $0.tensors.contains(where: \.isVariable) }
  }

  package var classCount: Int { head.classCount }

  /// The boxes in the input's pixels, best first.
  ///
  /// - Parameter input: The input tensor's little-endian elements.
  package mutating func boxes(in input: [UInt8]) throws(InputError) -> [FoundBox] {
    try interpreter.setInput(0, bytes: input)
    try interpreter.invoke()
    return interpreter.withOutput(head.scoreOutput) { scores in
      interpreter.withOutput(head.boxOutput) { head.boxes(scores: scores, boxes: $0) }
    }
  }

  /// What the model answered last: the bytes of its outputs, one behind the other.
  package var outputs: [UInt8] { interpreter.output(0) + interpreter.output(1) }
}
