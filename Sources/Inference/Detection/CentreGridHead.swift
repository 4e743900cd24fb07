package import Bytes
import Glibc
package import Models

/// Reads the boxes off the outputs of a detector that answers at each cell of a grid.
///
/// Scores, [1, rows, columns, classes], are logits: the sigmoid of one is that class's score. Boxes,
/// [1, rows, columns, 4], are the distances from the cell's centre, ((column + 0.5) · stride,
/// (row + 0.5) · stride) pixels of the input, to the left, upper, right and lower edge, in units of
/// the stride. The form is FCOS's without its centre-ness (Z. Tian et al., 2019). Outputs are float32
/// or int8, and may come in either order: boxes are those with a last dimension of 4.
package struct CentreGridHead: Sendable {
  package let rows: Int
  package let columns: Int
  package let classCount: Int
  package let stride: Int
  package let scoreThreshold: Float
  package let suppression: BoxSuppression
  /// Places among the model's outputs.
  package let scoreOutput: Int
  package let boxOutput: Int

  private let scores: OutputReader
  private let distances: OutputReader
  /// The score of each int8 logit.
  private let sigmoids: [Float]

  /// - Throws: `InputError` when the model's outputs are not such scores and boxes.
  package init(
    _ model: Model, classCount: Int, stride: Int, scoreThreshold: Float,
    suppression: BoxSuppression
  ) throws(InputError) {
    precondition(stride > 0 && classCount > 0)
    let graph = model.main
    let shapes = graph.outputs.map { graph.tensors[$0].shape }
    guard shapes.count == 2, shapes.allSatisfy({ $0.count == 4 && $0[0] == 1 }),
      shapes[0][1...2] == shapes[1][1...2],
      let boxes = shapes[1][3] == 4 ? 1 : shapes[0][3] == 4 ? 0 : nil,
      shapes[1 - boxes][3] == classCount
    else {
      throw InputError(
        file: model.name, at: .key("outputs"),
        "expected scores [1, rows, columns, \(classCount)] and boxes [1, rows, columns, 4], found "
          + shapes.map { "\($0)" }.joined(separator: " and "))
    }
    (boxOutput, scoreOutput) = (boxes, 1 - boxes)
    (rows, columns) = (shapes[0][1], shapes[0][2])
    self.classCount = classCount
    self.stride = stride
    self.scoreThreshold = scoreThreshold
    self.suppression = suppression
    scores = try OutputReader(graph.tensors[graph.outputs[scoreOutput]], of: model)
    distances = try OutputReader(graph.tensors[graph.outputs[boxOutput]], of: model)
    sigmoids = scores.table.map(Self.sigmoid)
  }

  /// What the input shows, best first.
  ///
  /// - Parameters: The outputs' little-endian bytes, as long as their tensors.
  package func boxes(
    scores scoreBytes: UnsafeRawBufferPointer, boxes boxBytes: UnsafeRawBufferPointer
  ) -> [FoundBox] {
    precondition(
      scoreBytes.count == rows * columns * classCount * scores.size
        && boxBytes.count == rows * columns * 4 * distances.size)
    var found: [FoundBox] = []
    for cell in 0..<rows * columns {
      guard let best = best(of: cell, scoreBytes), best.score >= scoreThreshold else { continue }
      func edge(_ side: Int) -> Float {
        let distance = distances.value(4 * cell + side, of: boxBytes)
        return distance > 0 ? distance * Float(stride) : 0
      }
      let x = (Float(cell % columns) + 0.5) * Float(stride)
      let y = (Float(cell / columns) + 0.5) * Float(stride)
      found.append(
        FoundBox(
          left: max(x - edge(0), 0), top: max(y - edge(1), 0),
          right: min(x + edge(2), Float(columns * stride)),
          bottom: min(y + edge(3), Float(rows * stride)),
          category: best.category, score: best.score, runnerUp: best.runnerUp,
          runnerUpScore: best.runnerUpScore))
    }
    return suppression.kept(found)
  }

  private typealias Best = (
    category: Int32, score: Float, runnerUp: Int32, runnerUpScore: Float
  )

  /// The two best classes of a cell, the first of several that are equal; nil when no score is a
  /// number.
  private func best(of cell: Int, _ bytes: UnsafeRawBufferPointer) -> Best? {
    var (first, second) = (-1, -1)
    var (best, next) = (-Float.infinity, -Float.infinity)
    for category in 0..<classCount {
      let logit = scores.value(cell * classCount + category, of: bytes)
      if logit > best {
        (second, next) = (first, best)
        (first, best) = (category, logit)
      } else if logit > next {
        (second, next) = (category, logit)
      }
    }
    guard first >= 0 else { return nil }
    guard second >= 0 else { return (Int32(first), score(cell, first, best, bytes), -1, 0) }
    return (
      Int32(first), score(cell, first, best, bytes), Int32(second), score(cell, second, next, bytes)
    )
  }

  private func score(
    _ cell: Int, _ category: Int, _ logit: Float, _ bytes: UnsafeRawBufferPointer
  ) -> Float {
    sigmoids.isEmpty
      ? Self.sigmoid(logit) : sigmoids[Int(bytes[cell * classCount + category])]
  }

  private static func sigmoid(_ logit: Float) -> Float { Float(1 / (1 + exp(-Double(logit)))) }
}

/// The real numbers of an output.
private struct OutputReader: Sendable {
  /// Of an int8 output, by its byte; empty for float32.
  let table: [Float]

  init(_ tensor: Tensor, of model: Model) throws(InputError) {
    switch (tensor.type, tensor.quantization) {
    case (.float32, _):
      table = []
    case (.int8, let quantization?) where !quantization.isPerChannel:
      table = (0..<256).map { quantization.real(Int(Int8(bitPattern: UInt8($0)))) }
    default:
      throw InputError(
        file: model.name, at: .key("outputs"),
        "expected float32 or int8 with one scale, found \(tensor.type.name) in ‘\(tensor.name)’")
    }
  }

  /// Bytes of an element.
  var size: Int { table.isEmpty ? 4 : 1 }

  @inline(__always)
  func value(_ index: Int, of bytes: UnsafeRawBufferPointer) -> Float {
    table.isEmpty
      ? bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self) : table[Int(bytes[index])]
  }
}
