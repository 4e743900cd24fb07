/// A convolution kernel that a compiler links when a layer calls it.
package enum CompiledKernel: String, Sendable, CaseIterable, Decodable {
  case depthwise
  /// A 1 × 1 convolution.
  case pointwise
  /// A convolution of an image of three channels.
  case colourConvolution = "colour-convolution"
  case convolution
}

/// What the size of compiled code and of its tables in RAM depends on.
package struct CompiledCounts: Sendable, Equatable {
  /// Calls of a kernel in one inference, padding among them.
  package var steps = 0
  /// Outputs, weights, biases and scratch: each has a table of its own.
  package var tensors = 0
  /// Output channels of all convolutions: each has a scale.
  package var channels = 0
  package var kernels: Set<CompiledKernel> = []

  package init() {}
}
