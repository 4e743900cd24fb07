package import Models

// How the parts of a model read in a table.

extension Tensor {
  /// `1×49×10×1`; `scalar` without dimensions.
  package var shapeText: String {
    shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "×")
  }

  package var quantizationText: String {
    guard let quantization else { return "" }
    guard let scale = quantization.scales.first, !quantization.isPerChannel else {
      return "\(quantization.scales.count) scales along dimension \(quantization.axis)"
    }
    return "scale \(scale), zero point \(quantization.zeroPoints.first ?? 0)"
  }

  var quantizationKind: String {
    guard let quantization else { return "none" }
    return quantization.isPerChannel ? "per channel" : "per tensor"
  }
}

extension Operator {
  /// `CONV_2D`, or a custom operator's own name.
  package var displayName: String { customName.map { "custom ‘\($0)’" } ?? kind.name }
}

extension Graph {
  /// What a tensor is for: `input`, `output`, `constant`, `variable`, `intermediate`,
  /// `activation` or `unused`.
  package func role(ofTensor index: Int) -> String {
    if inputs.contains(index) { return "input" }
    if outputs.contains(index) { return "output" }
    if tensors[index].constant != nil { return "constant" }
    if tensors[index].isVariable { return "variable" }
    if operators.contains(where: { $0.intermediates.contains(index) }) { return "intermediate" }
    return operators.contains { $0.outputs.contains(index) } ? "activation" : "unused"
  }

  /// Inputs that flow in at run time: no constants, no state.
  func computedInputs(of operation: Operator) -> [Int] {
    operation.inputs.compactMap { $0 }.filter {
      tensors[$0].constant == nil && !tensors[$0].isVariable
    }
  }

  /// `int8`, or `float32 → int8` where an operator changes the type.
  func typeText(of operation: Operator) -> String {
    let output = operation.outputs.first.map { tensors[$0].type.name } ?? ""
    guard let input = computedInputs(of: operation).first.map({ tensors[$0].type.name }),
      input != output
    else { return output }
    return "\(input) → \(output)"
  }

  /// `3×3 filter, stride 2, same, relu6`: what was chosen, leaving out what is usual.
  func optionsText(of operation: Operator) -> String {
    var parts: [String] = []
    switch operation.options {
    case .convolution(let options):
      if operation.inputs.count > 1, let filter = operation.inputs[1].map({ tensors[$0].shape }),
        filter.count == 4
      {
        parts.append("\(filter[1])×\(filter[2])")
      }
      parts += options.stride.parts("stride") + options.dilation.parts("dilation")
      parts.append(options.padding == .same ? "same" : "valid")
      parts += options.activation.parts
    case .pool(let options):
      parts.append("\(options.filter.height)×\(options.filter.width)")
      parts += options.stride.parts("stride")
      parts.append(options.padding == .same ? "same" : "valid")
      parts += options.activation.parts
    case .fullyConnected(let activation, let keepDimensions, let shuffled):
      if keepDimensions { parts.append("keeps dimensions") }
      if shuffled { parts.append("shuffled weights") }
      parts += activation.parts
    case .svdf(let rank, let activation): parts = ["rank \(rank)"] + activation.parts
    case .softmax(let beta): if beta != 1 { parts.append("beta \(beta)") }
    case .elementwise(let activation): parts = activation.parts
    case .concatenation(let axis, let activation): parts = ["axis \(axis)"] + activation.parts
    case .resize(let alignCorners, let halfPixelCenters):
      if alignCorners { parts.append("align corners") }
      if halfPixelCenters { parts.append("half-pixel centres") }
    case .pack(let axis, _), .unpack(let axis, _), .oneHot(let axis), .gather(let axis, _):
      parts.append("axis \(axis)")
    case .split(let count): parts.append("\(count) parts")
    case .reduce(let keepDimensions): if keepDimensions { parts.append("keeps dimensions") }
    case .leakyRelu(let alpha): parts.append("alpha \(alpha)")
    case .sequenceLSTM(let options): if options.timeMajor { parts.append("time first") }
    case .mirrorPad(let reflect): parts.append(reflect ? "reflect" : "symmetric")
    case .blocks(let size): parts.append("blocks of \(size)")
    case .subgraphs(let indices):
      parts.append("graphs \(indices.map(String.init).joined(separator: ", "))")
    case .none, .reshape, .stridedSlice, .squeeze, .batchMatMul, .cast, .argument, .shape, .custom,
      .cumulative, .gelu:
      break
    }
    return parts.joined(separator: ", ")
  }
}

extension Stride {
  /// Nothing for 1 × 1, one number for a square.
  fileprivate func parts(_ label: String) -> [String] {
    if height == 1 && width == 1 { return [] }
    return ["\(label) " + (height == width ? "\(height)" : "\(height)×\(width)")]
  }
}

extension FusedActivation {
  fileprivate var parts: [String] {
    switch self {
    case .none: []
    case .relu: ["relu"]
    case .reluN1To1: ["relu −1…1"]
    case .relu6: ["relu6"]
    case .tanh: ["tanh"]
    case .signBit: ["sign bit"]
    }
  }
}
