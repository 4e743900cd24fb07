import Bytes
import Inference
import Models
import Testing
import VirtualTime

@Suite("A detector's outputs")
struct CentreGridHeadTests {
  private static let (rows, columns, classes) = (3, 4, 5)

  private static func model(
    _ scores: Quantization? = nil, _ boxes: Quantization? = nil, boxesFirst: Bool = false,
    classes: Int = classes
  ) -> Model {
    let tensors = [
      Tensor(
        name: "scores", shape: [1, rows, columns, classes],
        type: scores == nil ? .float32 : .int8, quantization: scores),
      Tensor(
        name: "boxes", shape: [1, rows, columns, 4], type: boxes == nil ? .float32 : .int8,
        quantization: boxes),
    ]
    let graph = Graph(
      tensors: tensors, operators: [], inputs: [], outputs: boxesFirst ? [1, 0] : [0, 1])
    return Model(name: "detector", graphs: [graph], fileSize: 0)
  }

  private static func head(
    _ model: Model, threshold: Float = 0.1, overlap: Float = 0.5, most: Int = 16
  ) throws -> CentreGridHead {
    try CentreGridHead(
      model, classCount: classes, stride: 8, scoreThreshold: threshold,
      suppression: BoxSuppression(overlap: overlap, mostBoxes: most))
  }

  private static func found<Element>(
    _ head: CentreGridHead, _ scores: [Element], _ boxes: [Element]
  ) -> [FoundBox] {
    scores.withUnsafeBytes { scores in
      boxes.withUnsafeBytes { head.boxes(scores: scores, boxes: $0) }
    }
  }

  private static var nothing: (scores: [Float], boxes: [Float]) {
    (
      [Float](repeating: -10, count: rows * columns * classes),
      [Float](repeating: 1, count: rows * columns * 4)
    )
  }

  @Test("A cell's distances are taken from its centre, its best two classes by their sigmoids")
  func oneBox() throws {
    var (scores, boxes) = Self.nothing
    let cell = 1 * Self.columns + 2
    scores[cell * 5 + 3] = 2
    scores[cell * 5 + 1] = 1
    boxes.replaceSubrange(4 * cell..<4 * cell + 4, with: [0.5, 0.25, 1, 1.25])
    let found = Self.found(try Self.head(Self.model()), scores, boxes)
    // Centre at (20, 12); the sigmoids of 2 and 1 from tables.
    #expect(found.count == 1)
    #expect((found[0].left, found[0].top, found[0].right, found[0].bottom) == (16, 10, 28, 22))
    #expect((found[0].category, found[0].runnerUp) == (3, 1))
    #expect(abs(found[0].score - 0.880_797_1) < 1e-6)
    #expect(abs(found[0].runnerUpScore - 0.731_058_6) < 1e-6)
  }

  @Test("Boxes end at the picture's edges; negative distances and those that are none count as 0")
  func edges() throws {
    var (scores, boxes) = Self.nothing
    scores[0] = 5
    boxes.replaceSubrange(0..<4, with: [100, -3, .infinity, .nan])
    let found = Self.found(try Self.head(Self.model()), scores, boxes)
    #expect((found[0].left, found[0].top, found[0].right, found[0].bottom) == (0, 4, 32, 4))
  }

  @Test("A score at the threshold counts, one below does not; no number is no score")
  func threshold() throws {
    var (scores, boxes) = Self.nothing
    scores[0] = 0
    #expect(Self.found(try Self.head(Self.model(), threshold: 0.5), scores, boxes).count == 1)
    scores[0] = -0.001
    #expect(Self.found(try Self.head(Self.model(), threshold: 0.5), scores, boxes).isEmpty)
    for category in 0..<5 { scores[category] = .nan }
    boxes[0] = 1
    #expect(Self.found(try Self.head(Self.model(), threshold: 0.01), scores, boxes).isEmpty)
  }

  @Test("Of equal scores the first class is the box's and the next its runner-up")
  func ties() throws {
    var (scores, boxes) = Self.nothing
    for category in [1, 3, 4] { scores[category] = 2 }
    boxes[0] = 1
    let found = Self.found(try Self.head(Self.model()), scores, boxes)
    #expect((found[0].category, found[0].runnerUp) == (1, 3))
    #expect(found[0].score == found[0].runnerUpScore)
  }

  @Test("int8 outputs mean what their own scales say, in either order", arguments: [false, true])
  func quantized(boxesFirst: Bool) throws {
    let scale = Quantization(scales: [0.0625], zeroPoints: [27])
    let distance = Quantization(scales: [0.03125], zeroPoints: [-128])
    var random = SeededRandom(seed: 3, stream: "outputs")
    let count = Self.rows * Self.columns
    let scores = (0..<5 * count).map { _ in Int8.random(in: .min ... .max, using: &random) }
    let boxes = (0..<4 * count).map { _ in Int8.random(in: .min ... .max, using: &random) }
    let exact = Self.found(
      try Self.head(Self.model()), scores.map { scale.real(Int($0)) },
      boxes.map { distance.real(Int($0)) })
    let head = try Self.head(Self.model(scale, distance, boxesFirst: boxesFirst))
    #expect(head.boxOutput == (boxesFirst ? 0 : 1))
    #expect(Self.found(head, scores, boxes) == exact)
    #expect(exact.count > 3)
  }

  @Test("Outputs of other shapes or types are refused")
  func refused() {
    #expect(throws: InputError.self) { try Self.head(Self.model(classes: 6)) }
    let perChannel = Quantization(scales: [1, 2, 3, 4, 5], zeroPoints: [0, 0, 0, 0, 0], axis: 3)
    #expect(throws: InputError.self) { try Self.head(Self.model(perChannel)) }
    var model = Self.model()
    model.graphs[0].outputs = [0]
    #expect(throws: InputError.self) { try Self.head(model) }
    model.graphs[0].outputs = [0, 0]
    #expect(throws: InputError.self) { try Self.head(model) }
  }
}
