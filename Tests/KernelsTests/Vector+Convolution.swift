import Kernels

extension Vector {
  private var inputs: [Int8] { array("input", "input_tensor").bytes }
  private var expected: [Int] { array("output_ref", "output") }

  func requantizer(channels: Int, outputOffset: Int) -> Requantizer {
    Requantizer(
      multipliers: multipliers(channels: channels), zeroPoint: Int32(outputOffset), range: range)
  }

  func wideRequantizer(channels: Int, form: WideRequantizer.Form) -> WideRequantizer {
    WideRequantizer(multipliers: multipliers(channels: channels), form: form, range: range)
  }

  func convolution() -> (found: [Int], expected: [Int]) {
    let (channels, outputChannels) = (self["in_ch"], self["out_ch"])
    let groups = channels / value("filter_ch", or: channels)
    let window = window
    let count =
      outputChannels * window.filterHeight * window.filterWidth * (channels / max(groups, 1))
    let kernel = Convolution(
      window: window, channels: channels, groups: groups, outputChannels: outputChannels,
      weights: weights(count: count), bias: bias(count: outputChannels).map(Int32.init),
      inputZeroPoint: Int16(-self["input_offset"]),
      requantizer: requantizer(channels: outputChannels, outputOffset: self["output_offset"]))
    let found = runImages(inputs, scratch: kernel.scratchBytes) {
      kernel.run($0, to: $1, scratch: $2)
    }
    return (found, expected)
  }

  /// Runs every image of a batch; the output's size follows from the input's.
  private func runImages(
    _ inputs: [Int8], scratch: Int,
    _ body: (UnsafePointer<Int8>, UnsafeMutablePointer<Int8>, UnsafeMutableRawPointer) -> Void
  ) -> [Int] {
    let size = self["input_h"] * self["input_w"] * self["in_ch"]
    let outputSize = self["output_h"] * self["output_w"] * self["out_ch"]
    let images = inputs.count / size
    var outputs = [Int8](repeating: 0, count: images * outputSize)
    withScratch(scratch) { scratch in
      inputs.withUnsafeBufferPointer { inputs in
        outputs.withUnsafeMutableBufferPointer { outputs in
          guard let source = inputs.baseAddress, let target = outputs.baseAddress else { return }
          for image in 0..<images {
            body(source + image * size, target + image * outputSize, scratch)
          }
        }
      }
    }
    return outputs.integers
  }

  func depthwise() -> (found: [Int], expected: [Int]) {
    let (channels, outputChannels) = (self["in_ch"], self["out_ch"])
    let window = window
    let count = window.filterHeight * window.filterWidth * outputChannels
    let kernel = DepthwiseConvolution(
      window: window, channels: channels, multiplier: outputChannels / channels,
      weights: weights(count: count), bias: bias(count: outputChannels).map(Int32.init),
      inputZeroPoint: Int16(-self["input_offset"]),
      requantizer: requantizer(channels: outputChannels, outputOffset: self["output_offset"]))
    let found = runImages(inputs, scratch: kernel.scratchBytes) {
      kernel.run($0, to: $1, scratch: $2)
    }
    return (found, expected)
  }

  func fullyConnected() -> (found: [Int], expected: [Int]) {
    let (depth, units) = (self["accumulation_depth"], self["out_ch"])
    let rows = inputs.count / depth
    let zeroPoint = Int16(-self["filter_offset"])
    let kernel = Convolution(
      window: Window(input: (rows, 1), filter: (1, 1), output: (rows, 1)), channels: depth,
      groups: 1, outputChannels: units,
      weights: weights(count: depth * units).map { $0 - zeroPoint },
      bias: bias(count: units).map(Int32.init), inputZeroPoint: Int16(-self["input_offset"]),
      requantizer: requantizer(channels: units, outputOffset: self["output_offset"]))
    var outputs = [Int8](repeating: 0, count: rows * units)
    withScratch(kernel.scratchBytes) { kernel.run(inputs, to: &outputs, scratch: $0) }
    return (outputs.integers, expected)
  }

  // MARK: Int16

  func wideConvolution() -> (found: [Int], expected: [Int]) {
    let (channels, outputChannels) = (self["in_ch"], self["out_ch"])
    let window = window
    let count = outputChannels * window.filterHeight * window.filterWidth * channels
    let kernel = DirectConvolution<Int64>(
      window: window, channels: channels, groups: 1, weights: weights(count: count),
      bias: bias(count: outputChannels).map(Int64.init))
    let requantizer = wideRequantizer(
      channels: outputChannels, form: name.contains("xint32") ? .sums32 : .sums64)
    return runWide(scratch: kernel.scratchBytes) { kernel.run($0, to: $1, requantizer, sums: $2) }
  }

  func wideDepthwise() -> (found: [Int], expected: [Int]) {
    let (channels, outputChannels) = (self["in_ch"], self["out_ch"])
    let window = window
    let kernel = DirectDepthwiseConvolution<Int64>(
      window: window, channels: channels, multiplier: outputChannels / channels,
      weights: weights(count: window.filterHeight * window.filterWidth * outputChannels),
      bias: bias(count: outputChannels).map(Int64.init))
    let requantizer = wideRequantizer(channels: outputChannels, form: .sums64)
    return runWide(scratch: kernel.scratchBytes) { kernel.run($0, to: $1, requantizer, sums: $2) }
  }

  func wideFullyConnected() -> (found: [Int], expected: [Int]) {
    let (depth, units) = (self["accumulation_depth"], self["out_ch"])
    let inputs = array("input").words
    let rows = inputs.count / depth
    let kernel = DirectConvolution<Int64>(
      window: Window(input: (rows, 1), filter: (1, 1), output: (rows, 1)), channels: depth,
      groups: 1, weights: weights(count: depth * units), bias: bias(count: units).map(Int64.init))
    let requantizer = wideRequantizer(channels: units, form: .sums64)
    var outputs = [Int16](repeating: 0, count: rows * units)
    withScratch(kernel.scratchBytes) {
      kernel.run(inputs, to: &outputs, requantizer, sums: $0.assumingMemoryBound(to: Int64.self))
    }
    return (outputs.integers, expected)
  }

  private func runWide(
    scratch: Int,
    _ body: (UnsafePointer<Int16>, UnsafeMutablePointer<Int16>, UnsafeMutablePointer<Int64>) -> Void
  ) -> (found: [Int], expected: [Int]) {
    let size = self["input_h"] * self["input_w"] * self["in_ch"]
    let outputSize = self["output_h"] * self["output_w"] * self["out_ch"]
    let inputs = array("input").words
    var outputs = [Int16](repeating: 0, count: inputs.count / size * outputSize)
    withScratch(scratch) { scratch in
      inputs.withUnsafeBufferPointer { inputs in
        outputs.withUnsafeMutableBufferPointer { outputs in
          guard let source = inputs.baseAddress, let target = outputs.baseAddress else { return }
          for image in 0..<inputs.count / size {
            body(
              source + image * size, target + image * outputSize,
              scratch.assumingMemoryBound(to: Int64.self))
          }
        }
      }
    }
    return (outputs.integers, expected)
  }

  // MARK: Transposed

  func transposeConvolution() -> (found: [Int], expected: [Int]) {
    let (channels, outputChannels) = (self["in_ch"], self["out_ch"])
    // From output to input this is an ordinary convolution.
    let window = Window(
      input: (self["output_h"], self["output_w"]), filter: (self["filter_y"], self["filter_x"]),
      stride: (self["stride_y"], self["stride_x"]), padding: (self["pad_y"], self["pad_x"]),
      output: (self["input_h"], self["input_w"]))
    let weights = weights(
      count: outputChannels * window.filterHeight * window.filterWidth * channels)
    let kernel = TransposeConvolution<Int32>(
      window: window, channels: channels, weights: weights,
      bias: bias(count: outputChannels).map(Int32.init),
      corrections: TransposeConvolution<Int32>.corrections(
        weights, channels: channels, inputZeroPoint: Int32(-self["input_offset"])))
    let requantizer = requantizer(
      channels: outputChannels, outputOffset: self["output_offset"])
    let found = runImages(inputs, scratch: kernel.scratchBytes) {
      kernel.run($0, to: $1, requantizer, sums: $2.assumingMemoryBound(to: Int32.self))
    }
    return (found, expected)
  }
}
