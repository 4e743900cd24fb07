extension Graph {
  /// “MACC” as ST's tools print it: multiply–accumulates and one addition of the bias per output
  /// channel, and a price per element for what multiplies nothing.
  ///
  /// Reproduces the figures of MLPerf Tiny's project files. Saturates instead of overflowing.
  ///
  /// - Parameter softmaxPrice: Per value of a SOFTMAX, 19 up to version 8.0 and 15 from 8.1 on.
  package func vendorMACC(softmaxPrice: Int) -> Int {
    let folded = foldsBeforehand
    return operators.indices.reduce(0) { sum, index in
      guard !folded[index] else { return sum }
      let (next, overflow) = sum.addingReportingOverflow(
        vendorMACC(of: operators[index], softmaxPrice: softmaxPrice))
      return overflow ? .max : next
    }
  }

  private func vendorMACC(of operation: Operator, softmaxPrice: Int) -> Int {
    let written = operation.outputs.first.map { tensors[$0].elementCount } ?? 0
    let read = (operation.inputs.first ?? nil).map { tensors[$0].elementCount } ?? 0
    func times(_ elements: Int, _ price: Int) -> Int {
      let (product, overflow) = elements.multipliedReportingOverflow(by: price)
      return overflow ? .max : product
    }
    switch operation.kind {
    case .conv2D, .depthwiseConv2D, .transposeConv, .fullyConnected:
      let channels = operation.outputs.first.flatMap { tensors[$0].shape.last } ?? 0
      let (sum, overflow) = macs(of: operation).addingReportingOverflow(channels)
      return overflow ? .max : sum
    case .averagePool2D, .maxPool2D, .l2Pool2D, .mean, .sum, .reduceMax, .reduceMin: return read
    case .add, .sub, .mul, .div, .maximum, .minimum, .relu, .relu6, .reluN1To1, .relu0To1:
      return written
    case .quantize, .dequantize: return times(written, 2)
    case .softmax: return times(written, softmaxPrice)
    default: return macs(of: operation)
    }
  }
}
