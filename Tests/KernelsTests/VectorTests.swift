import Kernels
import TestSupport
import Testing

@Suite("Kernels answer as the published CMSIS-NN cases", .enabled(if: SharedData.isPresent))
struct VectorTests {
  /// Cases of an operator that has no kernel of its own; tests of inference run them.
  static let elsewhere = ["pad_int8_1", "pad_int8_2"]

  static let names: [String] = SharedData.names(in: "cmsis_nn_vectors", suffix: ".json").map {
    String($0.dropLast(5))
  }

  @Test("All 208 cases of kernels equal")
  func allEqual() throws {
    var equal = 0
    var differing: [String: String] = [:]
    for name in Self.names where !Self.elsewhere.contains(name) {
      let vector = try Vector(name)
      guard let (found, expected) = vector.outcome(), !expected.isEmpty else {
        differing[name] = "no kernel \(vector.kernel), or nothing to reach"
        continue
      }
      if found == expected {
        equal += 1
      } else {
        let wrong = zip(found, expected).filter { $0 != $1 }.count
        differing[name] = "\(found.count) for \(expected.count), \(wrong) differ"
      }
    }
    #expect(Self.names.count == 210)
    #expect(differing == [:])
    #expect(equal == 208)
  }
}

extension Vector {
  /// What the kernel gives and what is expected; nil for a kernel that is not known here.
  func outcome() -> (found: [Int], expected: [Int])? {
    switch kernel {
    case "convolve_s8", "convolve_s4", "convolve_1_x_n_s8", "convolve_1x1_s8_fast",
      "convolve_1x1_s4_fast", "grouped_convolve_s8":
      return convolution()
    case "depthwise_conv_s8", "depthwise_conv_s8_opt", "depthwise_conv_s4",
      "depthwise_conv_s4_opt", "depthwise_conv_3x3_s8":
      return depthwise()
    case "fully_connected_s8", "fully_connected_s4": return fullyConnected()
    case "convolve_s16": return wideConvolution()
    case "depthwise_conv_s16", "depthwise_conv_fast_s16": return wideDepthwise()
    case "fully_connected_s16": return wideFullyConnected()
    case "transpose_conv_s8", "reverse_transpose_conv_s8": return transposeConvolution()
    case "avgpool_s8", "max_pool_s8": return pooling()
    case "avgpool_s16", "max_pool_s16": return widePooling()
    case "elementwise_add_s8", "elementwise_mul_s8": return elementwise()
    case "elementwise_add_s16", "elementwise_mul_s16": return wideElementwise()
    case "maximum_minimum_s8": return extremum()
    case "batch_matmul_s8", "batch_matmul_s16": return matrixProduct()
    case "softmax_s8", "softmax_s8_s16", "softmax_s16": return softmax()
    case "svdf_s8", "svdf_state_s16_s8": return svdf()
    case "lstm_unidirectional_s8", "lstm_unidirectional_s16": return sequenceLSTM()
    case "transpose_s8": return transpose()
    case "ds_cnn_s_s8", "ds_cnn_l_s8": return network()
    default: return nil
    }
  }
}
