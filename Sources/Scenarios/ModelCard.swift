import Boards
package import Bytes
package import Models

/// What a model's file does not say: `card.json5` beside it.
///
///     {
///       name: "gesture-voxel-int8",
///       model: "gesture_int8.tflite",            // beside the card
///       summary: "one line for reports",
///       arithmetic: "double-rounding",           // or "fp32-half-even"
///       data: { origin: "synthetic", description: "what it was trained on" },
///       window: { microseconds: 50000 },
///       representation: {
///         kind: "voxel",                         // a kind's name, see Representation
///         binning: "window-floor",               // a rule's name, see BinningRule
///         bins: 5, width: 128, height: 128,
///         maximumCount: 127,                     // counts saturate here
///         span: "window",                        // or "events": from the first to the last
///       },
///       input: { scale: 0.25, zeroPoint: -128 }, // must equal the model's own input tensor; left
///                                                // out for one that takes float32
///       classes: [ { label: 1, name: "hand clapping" }, … ],  // in order of the outputs
///       detector: {                              // for a model that answers with boxes
///         layout: "centre-grid", stride: 8,      // see CentreGridHead
///         scoreThreshold: 0.1, overlap: 0.5, mostBoxes: 16,
///       },
///       results: [                               // as measured; intervals clustered by trial
///         { on: "held-out synthetic gestures", unit: "window", correct: 900, of: 1000,
///           lower: 0.85, upper: 0.94, note: "…" },
///       ],
///       recipe: { file: "train.py", seed: 1, description: "…" },
///     }
package struct ModelCard: Decodable, Equatable, Sendable {
  package enum Origin: String, CaseIterable, Decodable, Sendable {
    /// Rendered by the sensor model of `preflash synthesize`.
    case synthetic
    /// From a real camera.
    case recorded
    case mixed
  }

  package struct Data: Decodable, Equatable, Sendable {
    package var origin: Origin
    package var description: String
  }

  package struct Window: Decodable, Equatable, Sendable {
    package var microseconds: Int
  }

  package struct Input: Decodable, Equatable, Sendable {
    package var scale: Double
    package var zeroPoint: Int
  }

  /// How boxes are read off a detector's outputs.
  package struct Detector: Decodable, Equatable, Sendable {
    package enum Layout: String, CaseIterable, Decodable, Sendable {
      case centreGrid = "centre-grid"
    }

    package var layout: Layout
    /// Pixels of the input from cell to cell.
    package var stride: Int
    /// Boxes with a lower score are none.
    package var scoreThreshold: Double
    /// Two boxes that overlap more than this, as intersection over union, are one.
    package var overlap: Double
    package var mostBoxes: Int
  }

  package struct Class: Decodable, Equatable, Sendable {
    /// The class number in label files.
    package var label: Int
    package var name: String
  }

  package struct Result: Decodable, Equatable, Sendable {
    package var on: String
    package var unit: String
    package var correct: Int
    package var of: Int
    package var lower: Double?
    package var upper: Double?
    package var note: String?
  }

  package struct Recipe: Decodable, Equatable, Sendable {
    package var file: String
    package var seed: Int?
    package var description: String?
  }

  package var name: String
  package var model: String
  package var summary: String?
  package var arithmetic: String?
  package var data: Data
  package var window: Window
  package var representation: Representation
  /// Of an int8 input; nil for float32.
  package var input: Input?
  /// Nil for a classifier.
  package var detector: Detector?
  package var classes: [Class]
  package var results: [Result]?
  package var recipe: Recipe?
  package var licence: String?
}

extension ModelCard {
  /// - Throws: `InputError` with the line or key of what is missing, unknown or out of range.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    self = try ConfigurationFile.decode(ModelCard.self, bytes: bytes, file: file)
    do {
      try check()
    } catch {
      throw error.inFile(file)
    }
  }

  private func check() throws(InputError) {
    func require(_ condition: Bool, _ key: String, _ problem: String) throws(InputError) {
      if !condition { throw InputError(at: .key(key), problem) }
    }
    try require(
      (1...3_600_000_000).contains(window.microseconds), "window.microseconds",
      "expected 1 to 3600000000, found \(window.microseconds)")
    try representation.check()
    if let input {
      try require(
        Float(input.scale).isNormal && input.scale > 0, "input.scale",
        "expected a number above 0, found \(input.scale)")
      try require(
        (-128...127).contains(input.zeroPoint), "input.zeroPoint",
        "expected -128 to 127, found \(input.zeroPoint)")
    }
    try detector?.check()
    try require(
      (1...10_000).contains(classes.count), "classes",
      "expected 1 to 10000 classes, found \(classes.count)")
    try require(
      Set(classes.map(\.label)).count == classes.count, "classes",
      "expected each label once, found one twice")
    for (index, result) in (results ?? []).enumerated() {
      try require(
        result.of > 0 && (0...result.of).contains(result.correct), "results[\(index)]",
        "expected correct between 0 and of, found \(result.correct) of \(result.of)")
    }
  }

  /// The card against the model that it describes.
  ///
  /// - Throws: `InputError` when the model's input or output is not what the card says.
  package func check(against model: Model) throws(InputError) {
    func require(_ condition: Bool, _ key: String, _ problem: String) throws(InputError) {
      if !condition {
        throw InputError(at: .key(key), problem, advice: "the card belongs to another model")
      }
    }
    let graph = model.main
    try require(
      graph.inputs.count == 1 && graph.outputs.count >= 1, "model",
      "expected a model of one input, found \(graph.inputs.count)")
    let input = graph.tensors[graph.inputs[0]]
    let channels = try representation.channels
    let shape = [1, representation.height, representation.width, channels]
    let type = self.input == nil ? ElementType.float32 : .int8
    try require(
      input.shape == shape && input.type == type, "representation",
      "expected the model's input, \(input.type.name) \(input.shape), found \(type.name) \(shape)")
    if let own = self.input {
      let scale = input.quantization?.scales.first ?? 0
      let zeroPoint = input.quantization?.zeroPoints.first ?? 0
      try require(
        (Double(scale) - own.scale).magnitude <= 1e-6 * own.scale, "input.scale",
        "expected the model's input scale, \(scale), found \(own.scale)")
      try require(
        zeroPoint == own.zeroPoint, "input.zeroPoint",
        "expected the model's zero point, \(zeroPoint), found \(own.zeroPoint)")
    }
    if detector != nil {
      _ = try head(of: model)
      return
    }
    let outputs = graph.tensors[graph.outputs[0]].elementCount
    try require(
      outputs == classes.count, "classes",
      "expected \(outputs) classes as the model has outputs, found \(classes.count)")
  }
}
