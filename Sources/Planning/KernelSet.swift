/// Which operator kernels the TFLM interpreter is linked with: they ask for different memory.
package enum KernelSet: String, CaseIterable, Sendable {
  /// The portable kernels of TFLM itself.
  case reference
  /// Arm's kernels, built for the DSP instructions of a Cortex-M4, M7 or M33.
  case cmsisNN = "cmsis-nn"
}
