package import Boards
import Models

/// The numbers of a layer that decide whether one like it was ever measured.
package struct LayerShape: Sendable, Equatable {
  /// Channels that one output value is made of; nil where there are no weights.
  package var inputs: Int?
  package var outputs: Int?
  /// Positions of the filter.
  package var taps: Int?
  /// Output pixels; values where there are no weights.
  package var positions = 0

  init() {}

  init(filter: [Int]?, of kind: OperatorKind, output: [Int]) {
    let values = output.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    positions = values
    guard let filter, filter.count >= 2, filter.allSatisfy({ $0 > 0 }) else { return }
    let depth = max(1, output.last ?? 1)
    positions = values / depth
    outputs = depth
    switch kind {
    case .conv2D, .transposeConv, .depthwiseConv2D:
      guard filter.count == 4 else { return }
      taps = filter[1] * filter[2]
      inputs = kind == .depthwiseConv2D ? nil : filter[3]
    default:
      inputs = filter.last
    }
  }

  /// What lies outside the shapes behind `evidence`, in words.
  func outside(_ evidence: LayerEvidence) -> [String] {
    var out: [String] = []
    for (value, range, name) in [
      (inputs, evidence.inputs, "input channels"), (outputs, evidence.outputs, "output channels"),
      (taps, evidence.taps, "filter positions"), (positions, evidence.positions, "positions"),
    ] {
      guard let value, let range, !(range[0]...range[1]).contains(value) else { continue }
      let known = range[0] == range[1] ? "\(range[0])" : "\(range[0])–\(range[1])"
      out.append("\(value) \(name), measured \(known)")
    }
    return out
  }
}

extension LayerWork {
  package var layerKind: LayerKind {
    switch kind {
    case .conv2D, .transposeConv:
      if (shape.inputs ?? 0) <= 4 { return .firstLayer }
      return shape.taps == 1 ? .pointwise : .convolution
    case .depthwiseConv2D: return .depthwise
    case .fullyConnected, .svdf, .unidirectionalSequenceLSTM, .batchMatmul: return .fullyConnected
    default: break
    }
    if self[.elementwise] > 0 { return .elementwise }
    if self[.pooling] + self[.reduction] > 0 { return .pooling }
    if self[.softmax] + self[.function] + self[.conversion] > 0 { return .function }
    return .movement
  }
}
