/// How 32-bit sums become 8-bit outputs: the two conventions found on real boards.
///
/// | arithmetic | followed bit for bit by |
/// |---|---|
/// | `doubleRounding` | TensorFlow Lite for Microcontrollers, CMSIS-NN |
/// | `fp32HalfEven` | X-CUBE-AI, XNNPACK, ONNX Runtime's fused operators |
package enum Arithmetic: String, Sendable, CaseIterable {
  /// A Q31 multiplier with a rounded high product, then a rounded shift.
  case doubleRounding = "double-rounding"
  /// One float32 product rounded to the nearest integer, halves to even.
  case fp32HalfEven = "fp32-half-even"
}
