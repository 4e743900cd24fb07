/// What the time of a layer is made of: a count that follows from its shapes, times cycles of a
/// runtime profile.
///
/// Each term is a piece of work that the kernels visibly do, so that its constant can be judged by
/// itself: an int8 multiply-accumulate at 0.1 cycles, or a requantization at 500, is a bad fit.
package enum RuntimeCost: String, Sendable, CaseIterable {
  /// One multiply-accumulate of a convolution over a window, in pairs of pixels and filters; those
  /// left over count as more than one.
  case convolutionMAC = "convolution.mac"
  /// The same of a convolution of 1 × 1.
  case pointwiseMAC = "pointwise.mac"
  /// One output value of a convolution: bias, requantization, clamp, store.
  case convolutionOutput = "convolution.output"
  /// One filter position gathered for one output pixel (im2col), five or more input channels.
  case gatherTap = "gather.tap"
  /// The same with at most four input channels, as in a first layer.
  case gatherThinTap = "gather.thin-tap"
  /// One value gathered for one output pixel.
  case gatherValue = "gather.value"
  /// One multiply-accumulate of a 3 × 3 depthwise convolution.
  case depthwiseMAC = "depthwise.mac"
  case depthwiseOutput = "depthwise.output"
  /// One multiply-accumulate of a depthwise convolution of another size or with a multiplier.
  case generalDepthwiseMAC = "depthwise-general.mac"
  case generalDepthwiseOutput = "depthwise-general.output"
  /// One multiply-accumulate of a matrix that is read once: fully connected, SVDF, LSTM.
  case matrixMAC = "matrix.mac"
  case matrixOutput = "matrix.output"
  /// One multiply-accumulate in float32, of any layer.
  case floatMAC = "float.mac"
  /// One output of an operation on two inputs: ADD, MUL, MAXIMUM.
  case elementwise = "elementwise"
  /// One value read by a pooling window.
  case pooling = "pooling"
  /// One value read by MEAN or SUM.
  case reduction = "reduction"
  /// One value of a SOFTMAX.
  case softmax = "softmax"
  /// One value of LOGISTIC, TANH or another function of one input.
  case function = "function"
  /// One value of QUANTIZE or DEQUANTIZE.
  case conversion = "conversion"
  /// One byte moved unchanged: CONCATENATION, PAD, RESHAPE.
  case copy = "copy"
  /// One output of RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR.
  case resize = "resize"
  /// One layer, whatever its size: dispatch, parameters, loop set-up.
  case layer = "layer"
  /// The visible share of each cycle that filling cache lines of weights takes.
  case weightFill = "weight-fill"
  /// The visible share of each cycle that filling cache lines of activations takes.
  case activationFill = "activation-fill"
}
