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
///         kind: "voxel",                         // or "counts"
///         binning: "window-floor",               // a rule's name, see Events
///         bins: 5, width: 128, height: 128,
///         maximumCount: 127,                     // counts saturate here
///       },
///       input: { scale: 0.25, zeroPoint: -128 }, // must equal the model's own input tensor
///       classes: [ { label: 1, name: "hand clapping" }, … ],  // in order of the outputs
///       results: [                               // as measured; intervals clustered by trial
///         { on: "held-out synthetic gestures", unit: "window", correct: 900, of: 1000,
///           lower: 0.85, upper: 0.94, note: "…" },
///       ],
///       recipe: { file: "train.py", seed: 1, description: "…" },
///     }
package struct ModelCard: Decodable, Equatable, Sendable {
  package enum Origin: String, Decodable, Sendable {
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

  package struct Representation: Decodable, Equatable, Sendable {
    package enum Kind: String, Decodable, Sendable {
      case voxel
      case counts
    }
    package var kind: Kind
    /// The binning rule's name; absent for counts.
    package var binning: String?
    /// Time bins per polarity; absent for counts, which have one.
    package var bins: Int?
    package var width: Int
    package var height: Int
    package var maximumCount: Int?
  }

  package struct Input: Decodable, Equatable, Sendable {
    package var scale: Double
    package var zeroPoint: Int
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
  package var input: Input
  package var classes: [Class]
  package var results: [Result]?
  package var recipe: Recipe?
  package var license: String?
}
