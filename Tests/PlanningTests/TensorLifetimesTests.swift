import Bytes
import Models
import Planning
import Testing

@Suite struct TensorLifetimesTests {
  /// Tensors of the given sizes in int8; constants by their indices.
  static func tensors(_ sizes: [Int], constants: Set<Int> = []) -> [Tensor] {
    sizes.enumerated().map { index, size in
      Tensor(
        name: "t\(index)", shape: [size], type: .int8,
        constant: constants.contains(index) ? ArraySlice(repeating: 0, count: size) : nil)
    }
  }

  static func model(
    _ tensors: [Tensor], _ operators: [Operator], inputs: [Int], outputs: [Int],
    offsets: [Int32]? = nil
  ) -> Model {
    var metadata: [String: ArraySlice<UInt8>] = [:]
    if let offsets {
      let words = [1, 0, Int32(tensors.count)] + offsets
      let bytes = words.flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      }
      metadata["OfflineMemoryAllocation"] = ArraySlice(bytes)
    }
    let graph = Graph(tensors: tensors, operators: operators, inputs: inputs, outputs: outputs)
    return Model(name: "m", graphs: [graph], fileSize: 0, metadata: metadata)
  }

  static func relu(_ input: Int, _ output: Int) -> Operator {
    Operator(kind: .relu, inputs: [input], outputs: [output])
  }

  @Test("a tensor lives from its producer to its last reader, outputs to the end")
  func chain() throws {
    let model = Self.model(
      Self.tensors([8, 8, 8, 8]), [Self.relu(0, 1), Self.relu(1, 2), Self.relu(2, 3)],
      inputs: [0], outputs: [1])
    let lifetimes = try TensorLifetimes(of: model, kernels: .reference)
    #expect(lifetimes.buffers.map(\.first) == [0, 1, 2, 3])
    #expect(lifetimes.buffers.map(\.last) == [1, 3, 3, 3])
    #expect(lifetimes.scopeCount == 4)
  }

  @Test("constants, variables and empty tensors take no part; inputs that nobody reads do")
  func omissions() throws {
    var tensors = Self.tensors([8, 8, 8, 8, 0], constants: [1])
    tensors[2].isVariable = true
    let operation = Operator(kind: .add, inputs: [1, nil], outputs: [4])
    let model = Self.model(tensors, [operation], inputs: [0, 3], outputs: [4])
    let buffers = try TensorLifetimes(of: model, kernels: .reference).buffers
    #expect(buffers.map(\.owner) == [.tensor(graph: 0, index: 0), .tensor(graph: 0, index: 3)])
    #expect(buffers.allSatisfy { $0.first == 0 && $0.last == 0 })
  }

  @Test("offsets in the file are taken, −1 leaves a tensor to the planner")
  func offline() throws {
    let model = Self.model(
      Self.tensors([8, 8]), [Self.relu(0, 1)], inputs: [0], outputs: [1], offsets: [32, -1])
    let plan = ArenaPlan(greedy: try TensorLifetimes(of: model, kernels: .reference))
    #expect(plan.placements.map(\.offset) == [32, 0])
    #expect(plan.size == 48)
  }

  @Test(
    "offsets that do not describe the model are errors",
    arguments: [[], [0], [0, -2], [0, .min]] as [[Int32]])
  func badOffline(offsets: [Int32]) {
    let model = Self.model(
      Self.tensors([8, 8]), [Self.relu(0, 1)], inputs: [0], outputs: [1], offsets: offsets)
    #expect(throws: InputError.self) { try TensorLifetimes(of: model, kernels: .reference) }
  }

  @Test("control flow is refused by name", arguments: [OperatorKind.if, .while, .callOnce])
  func controlFlow(kind: OperatorKind) {
    let operation = Operator(kind: kind, inputs: [0], outputs: [1])
    let model = Self.model(Self.tensors([8, 8]), [operation], inputs: [0], outputs: [1])
    let error = #expect(throws: InputError.self) {
      try TensorLifetimes(of: model, kernels: .reference)
    }
    #expect(error?.description.contains(kind.name) == true)
  }

  static func image(_ shape: Int..., type: ElementType = .int8) -> Tensor {
    Tensor(name: "", shape: shape, type: type)
  }

  static func scratch(
    _ kind: OperatorKind, _ options: OperatorOptions, _ inputs: [Tensor], output: Tensor,
    _ kernels: KernelSet
  ) throws -> [Int] {
    let operation = Operator(
      kind: kind, options: options, inputs: Array(inputs.indices), outputs: [inputs.count])
    let model = Self.model(
      inputs + [output], [operation], inputs: [0], outputs: [inputs.count])
    return try TensorLifetimes(of: model, kernels: kernels).buffers.compactMap { buffer in
      if case .scratch = buffer.owner { buffer.bytes } else { nil }
    }
  }

  @Test("a convolution unrolls two columns unless its filter is one pixel")
  func convolution() throws {
    let same = OperatorOptions.convolution(ConvolutionOptions())
    let wide = [Self.image(1, 8, 8, 3), Self.image(4, 3, 3, 3)]
    let output = Self.image(1, 8, 8, 4)
    #expect(try Self.scratch(.conv2D, same, wide, output: output, .cmsisNN) == [112])
    #expect(try Self.scratch(.conv2D, same, wide, output: output, .reference) == [])
    let point = [Self.image(1, 8, 8, 3), Self.image(4, 1, 1, 3)]
    #expect(try Self.scratch(.conv2D, same, point, output: output, .cmsisNN) == [])
  }

  @Test("a depthwise convolution needs scratch unless it is 3 × 3 with little padding")
  func depthwise() throws {
    let same = OperatorOptions.convolution(ConvolutionOptions())
    let output = Self.image(1, 8, 8, 6)
    let small = [Self.image(1, 8, 8, 6), Self.image(1, 3, 3, 6)]
    #expect(try Self.scratch(.depthwiseConv2D, same, small, output: output, .cmsisNN) == [])
    let large = [Self.image(1, 8, 8, 6), Self.image(1, 5, 5, 6)]
    #expect(try Self.scratch(.depthwiseConv2D, same, large, output: output, .cmsisNN) == [300])
    // More than one output channel per input channel takes another kernel.
    let single = [Self.image(1, 8, 8, 1), Self.image(1, 5, 5, 6)]
    #expect(try Self.scratch(.depthwiseConv2D, same, single, output: output, .cmsisNN) == [])
  }

  @Test("reductions ask for an accumulator, an iterator and their axes")
  func reductions() throws {
    let inputs = [Self.image(1, 7, 7, 32), Tensor(name: "", shape: [2], type: .int32)]
    for kernels in KernelSet.allCases {
      let mean = try Self.scratch(
        .mean, .reduce(keepDimensions: true), inputs, output: Self.image(1, 1, 1, 32), kernels)
      #expect(mean == [128, 16, 8])
      let most = try Self.scratch(
        .reduceMax, .reduce(keepDimensions: true), inputs, output: Self.image(1, 1, 1, 32), kernels)
      #expect(most == [16, 8])
    }
  }

  @Test("average pooling keeps a sum for each channel with Arm's kernels only")
  func pooling() throws {
    let options = OperatorOptions.pool(PoolOptions(filter: Stride(height: 2, width: 2)))
    let output = Self.image(1, 4, 4, 20)
    let inputs = [Self.image(1, 8, 8, 20)]
    #expect(try Self.scratch(.averagePool2D, options, inputs, output: output, .cmsisNN) == [80])
    #expect(try Self.scratch(.averagePool2D, options, inputs, output: output, .reference) == [])
    #expect(try Self.scratch(.maxPool2D, options, inputs, output: output, .cmsisNN) == [])
  }

  @Test("an operator with the wrong ranks never traps")
  func ranks() throws {
    let options = OperatorOptions.convolution(ConvolutionOptions())
    for kind in [OperatorKind.conv2D, .depthwiseConv2D, .transposeConv, .fullyConnected, .svdf] {
      for kernels in KernelSet.allCases {
        let flat = [Self.image(8), Self.image(), Self.image(2)]
        let bytes = try Self.scratch(kind, options, flat, output: Self.image(1), kernels)
        #expect(bytes.allSatisfy { $0 >= 0 })
      }
    }
  }

  @Test("shapes that contradict each other ask for much and never trap")
  func huge() throws {
    let stride = Stride(height: .max >> 32, width: .max >> 32)
    let options = OperatorOptions.convolution(
      ConvolutionOptions(padding: .same, stride: stride, dilation: stride))
    let most = Int(Int32.max)
    let inputs = [Self.image(1, 1, 1, most), Self.image(1, 1, most, 1), Self.image(1, 1, 1, most)]
    for kind in [OperatorKind.conv2D, .depthwiseConv2D, .transposeConv] {
      let bytes = try Self.scratch(kind, options, inputs, output: inputs[1], .cmsisNN)
      #expect(bytes.allSatisfy { $0 >= 0 && $0 <= 4 << 40 })
    }
    let memory = try Self.scratch(
      .svdf, .svdf(rank: 1, activation: .none), [Self.image(most, 1), Self.image(most, 1)],
      output: Self.image(1), .reference)
    #expect(memory == [1 << 40, 1 << 40])
  }
}
