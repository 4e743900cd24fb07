import Bytes

/// How well the cycles of a profile predict networks of architectures that it never saw.
package struct Evidence: Sendable, Equatable, Decodable {
  /// Architecture families with measured latencies behind the constants.
  package var families: [String]
  /// Measured latencies that the errors were taken on.
  package var rows: Int
  /// Mean of |predicted / measured − 1|, each family predicted by a fit without it.
  package var meanError: Double?
  package var worstError: Double?
  /// The error of each kind of layer and the shapes that it was found on, by `LayerKind`.
  package var layers: [String: LayerEvidence]?
  package var note: String?

  package init(
    families: [String], rows: Int, meanError: Double? = nil, worstError: Double? = nil,
    layers: [String: LayerEvidence]? = nil, note: String? = nil
  ) {
    self.families = families
    self.rows = rows
    self.meanError = meanError
    self.worstError = worstError
    self.layers = layers
    self.note = note
  }

  /// With fewer families nothing is said about the next one.
  package static let fewestFamilies = 3

  package var isMeasured: Bool {
    families.count >= Self.fewestFamilies && meanError != nil && worstError != nil
  }

  package var byKind: [LayerKind: LayerEvidence] {
    var out: [LayerKind: LayerEvidence] = [:]
    for kind in LayerKind.allCases { out[kind] = layers?[kind.rawValue] }
    return out
  }

  func check() throws(InputError) {
    for error in [meanError, worstError] {
      guard error.map({ $0 >= 0 && $0 <= 100 }) ?? true else {
        throw InputError(at: .key("evidence"), "expected errors as fractions of at least 0")
      }
    }
    for (name, layer) in (layers ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard LayerKind(rawValue: name) != nil else {
        throw InputError(
          at: .key("evidence.layers"), "expected a kind of layer, found ‘\(name)’",
          advice: "kinds are \(LayerKind.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      try layer.check("evidence.layers.\(name)")
    }
  }
}

/// Layers whose time is made of the same work, and whose predictions err together.
package enum LayerKind: String, Sendable, CaseIterable {
  /// A convolution on at most four channels.
  case firstLayer = "first-layer"
  /// A convolution over a window.
  case convolution
  /// A convolution of 1 × 1.
  case pointwise
  case depthwise
  /// Fully connected, SVDF, LSTM, products of matrices.
  case fullyConnected = "fully-connected"
  /// Operations on two inputs, value by value.
  case elementwise
  /// Pooling and reduction.
  case pooling
  /// SOFTMAX, functions of one input, conversions.
  case function
  /// What moves data: CONCATENATION, PAD, RESIZE_BILINEAR.
  case movement
}

/// How well layers of one kind are known, and on which shapes.
package struct LayerEvidence: Sendable, Equatable, Decodable {
  /// Root mean square of the relative error on architectures that the fit did not see.
  package var error: Double
  /// Schema names of the operators that were measured.
  package var operators: [String]
  /// Smallest and largest number of input channels that was measured.
  package var inputs: [Int]?
  package var outputs: [Int]?
  /// Positions of a filter.
  package var taps: [Int]?
  /// Output pixels, or values where channels mean nothing.
  package var positions: [Int]?

  package init(
    error: Double, operators: [String], inputs: [Int]? = nil, outputs: [Int]? = nil,
    taps: [Int]? = nil,
    positions: [Int]? = nil
  ) {
    self.error = error
    self.operators = operators
    self.inputs = inputs
    self.outputs = outputs
    self.taps = taps
    self.positions = positions
  }

  fileprivate func check(_ path: String) throws(InputError) {
    guard error >= 0 && error <= 100 else {
      throw InputError(at: .key("\(path).error"), "expected a fraction from 0 to 100")
    }
    for (name, range) in [
      ("inputs", inputs), ("outputs", outputs), ("taps", taps), ("positions", positions),
    ] {
      guard let range else { continue }
      guard range.count == 2, range[0] >= 0, range[0] <= range[1] else {
        throw InputError(
          at: .key("\(path).\(name)"), "expected the smallest and the largest value, in order")
      }
    }
  }
}
