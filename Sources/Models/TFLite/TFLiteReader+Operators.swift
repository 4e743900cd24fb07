import Bytes

extension TFLiteReader {
  mutating func operation(
    _ table: Flatbuffer.Table, tensorCount: Int
  ) throws(InputError) -> Operator {
    let index = try file.uint32(0, of: table)
    guard index < codes.count else {
      throw InputError(
        at: .byte(table.position),
        "expected one of \(codes.count) operator codes, found number \(index)")
    }
    let code = codes[index]
    return Operator(
      kind: code.kind, customName: code.customName, version: code.version,
      options: try options(of: table, code.kind),
      inputs: try optionalIndices(1, of: table, tensorCount, "an operator’s input"),
      outputs: try indices(2, of: table, tensorCount, "an operator’s output"),
      intermediates: try indices(8, of: table, tensorCount, "an operator’s intermediate tensor"))
  }

  /// Tensor numbers; -1 stands for an input left out.
  private mutating func optionalIndices(
    _ field: Int, of table: Flatbuffer.Table, _ count: Int, _ what: String
  ) throws(InputError) -> [Int?] {
    var values: [Int?] = []
    for value in try file.int32s(field, of: table, "the list of \(what)s") {
      guard value >= -1, value < count else {
        throw InputError(
          at: .byte(table.position),
          "expected \(what) to be one of \(count) tensors or left out, found number \(value)")
      }
      values.append(value == -1 ? nil : value)
    }
    return values
  }

  // MARK: Options

  private mutating func options(
    of table: Flatbuffer.Table, _ kind: OperatorKind
  ) throws(InputError) -> OperatorOptions {
    if kind == .custom { return .custom(try file.slice(5, of: table, "custom options")) }
    guard let expected = Self.optionsNumber(of: kind) else { return .none }
    let found = try file.uint8(3, of: table)
    guard found == 0 || found == expected else {
      throw InputError(
        at: .byte(table.position),
        "expected options of type \(expected) for \(kind.name), found type \(found)")
    }
    guard found != 0, let options = try file.table(4, of: table, "the options of \(kind.name)")
    else { return try missingOptions(of: kind, at: table.position) }
    return try decode(options, kind)
  }

  /// Operators with nothing to choose may leave their options out; the shape of a RESHAPE may also
  /// come as an input.
  private func missingOptions(
    of kind: OperatorKind, at position: Int
  ) throws(InputError) -> OperatorOptions {
    switch kind {
    case .reshape, .pad, .maximum, .minimum: return .none
    case .add, .sub, .mul, .div: return .elementwise(activation: .none)
    case .resizeBilinear, .resizeNearestNeighbor:
      return .resize(alignCorners: false, halfPixelCenters: false)
    case .mean, .sum, .reduceProd, .reduceMax, .reduceMin, .reduceAny, .reduceAll:
      return .reduce(keepDimensions: false)
    case .squeeze: return .squeeze(dimensions: [])
    case .gather: return .gather(axis: 0, batchDimensions: 0)
    case .cast: return .cast(from: nil, to: nil)
    case .shape: return .shape(outputType: .int32)
    case .argMax, .argMin: return .argument(outputType: .int32)
    case .stridedSlice: return .stridedSlice(StridedSliceOptions())
    case .batchMatmul: return .batchMatMul(adjointX: false, adjointY: false)
    case .gelu: return .gelu(approximate: false)
    case .cumsum: return .cumulative(exclusive: false, reverse: false)
    default:
      throw InputError(
        at: .byte(position), "expected options for \(kind.name), found none")
    }
  }

  /// The member of the schema's union `BuiltinOptions` that belongs to an operator; nil for
  /// operators whose options say nothing.
  private static func optionsNumber(of kind: OperatorKind) -> Int? {
    switch kind {
    case .conv2D: 1
    case .depthwiseConv2D: 2
    case .averagePool2D, .maxPool2D, .l2Pool2D: 5
    case .svdf: 6
    case .fullyConnected: 8
    case .softmax: 9
    case .concatenation: 10
    case .add: 11
    case .resizeBilinear: 15
    case .call: 16
    case .reshape: 17
    case .spaceToDepth: 19
    case .mul: 21
    case .gather: 23
    case .mean, .sum, .reduceProd, .reduceMax, .reduceMin, .reduceAny, .reduceAll: 27
    case .sub: 28
    case .div: 29
    case .squeeze: 30
    case .stridedSlice: 32
    case .split: 35
    case .cast: 37
    case .argMax: 40
    case .transposeConv: 49
    case .shape: 55
    case .argMin: 57
    case .pack: 59
    case .oneHot: 61
    case .unpack: 64
    case .unidirectionalSequenceLSTM: 71
    case .resizeNearestNeighbor: 74
    case .leakyRelu: 75
    case .mirrorPad: 77
    case .splitV: 79
    case .if: 92
    case .while: 93
    case .depthToSpace: 94
    case .batchMatmul: 101
    case .cumsum: 102
    case .callOnce: 103
    case .gelu: 116
    default: nil
    }
  }

  /// One row per options table; numbers are its field ids.
  private mutating func decode(
    _ table: Flatbuffer.Table, _ kind: OperatorKind
  ) throws(InputError) -> OperatorOptions {
    switch kind {
    case .conv2D, .depthwiseConv2D, .transposeConv:
      return .convolution(try convolution(table, kind))
    case .averagePool2D, .maxPool2D, .l2Pool2D:
      return .pool(try pool(table))
    case .svdf:
      return .svdf(rank: try positive(0, of: table, "rank"), activation: try activation(1, table))
    case .fullyConnected:
      return .fullyConnected(
        activation: try activation(0, table), keepDimensions: try file.bool(2, of: table),
        shuffled: try file.int8(1, of: table) != 0)
    case .softmax:
      return .softmax(beta: try finite(0, of: table, "beta"))
    case .concatenation:
      return .concatenation(
        axis: try file.int32(0, of: table), activation: try activation(1, table))
    case .add, .sub, .mul, .div:
      return .elementwise(activation: try activation(0, table))
    case .resizeBilinear:
      // Fields 0 and 1 are an old way to give the size.
      return .resize(
        alignCorners: try file.bool(2, of: table), halfPixelCenters: try file.bool(3, of: table))
    case .resizeNearestNeighbor:
      return .resize(
        alignCorners: try file.bool(0, of: table), halfPixelCenters: try file.bool(1, of: table))
    case .reshape:
      return .reshape(newShape: try file.int32s(0, of: table, "the new shape"))
    case .spaceToDepth, .depthToSpace:
      return .blocks(size: try positive(0, of: table, "block size"))
    case .gather:
      return .gather(
        axis: try file.int32(0, of: table), batchDimensions: try file.int32(1, of: table))
    case .mean, .sum, .reduceProd, .reduceMax, .reduceMin, .reduceAny, .reduceAll:
      return .reduce(keepDimensions: try file.bool(0, of: table))
    case .squeeze:
      return .squeeze(dimensions: try file.int32s(0, of: table, "the squeezed dimensions"))
    case .stridedSlice:
      return .stridedSlice(try stridedSlice(table))
    case .split, .splitV:
      return .split(count: try positive(0, of: table, "number of splits"))
    case .cast:
      return .cast(from: try type(0, table), to: try type(1, table))
    case .argMax, .argMin:
      return .argument(outputType: try type(0, table))
    case .shape:
      // The schema's default, 0, means float32 elsewhere; here writers leave it out for int32.
      let type = try type(0, table)
      return .shape(outputType: type == .int64 ? .int64 : .int32)
    case .pack:
      return .pack(
        axis: try file.int32(1, of: table), count: try positive(0, of: table, "number of values"))
    case .unpack:
      return .unpack(
        axis: try file.int32(1, of: table), count: try positive(0, of: table, "number of values"))
    case .oneHot:
      return .oneHot(axis: try file.int32(0, of: table))
    case .unidirectionalSequenceLSTM:
      return .sequenceLSTM(try sequenceLSTM(table))
    case .leakyRelu:
      return .leakyRelu(alpha: try finite(0, of: table, "alpha"))
    case .mirrorPad:
      return .mirrorPad(reflect: try file.int8(0, of: table) == 0)
    case .batchMatmul:
      return .batchMatMul(
        adjointX: try file.bool(0, of: table), adjointY: try file.bool(1, of: table))
    case .cumsum:
      return .cumulative(
        exclusive: try file.bool(0, of: table), reverse: try file.bool(1, of: table))
    case .gelu:
      return .gelu(approximate: try file.bool(0, of: table))
    case .call, .callOnce:
      return .subgraphs([try subgraph(0, table)])
    case .if, .while:
      return .subgraphs([try subgraph(0, table), try subgraph(1, table)])
    default:
      return .none
    }
  }

  private func convolution(
    _ table: Flatbuffer.Table, _ kind: OperatorKind
  ) throws(InputError) -> ConvolutionOptions {
    var options = ConvolutionOptions(
      padding: try padding(table),
      stride: Stride(
        height: try positive(2, of: table, "stride"), width: try positive(1, of: table, "stride")))
    switch kind {
    case .conv2D:
      options.activation = try activation(3, table)
      options.dilation = Stride(
        height: try positive(5, of: table, or: 1, "dilation"),
        width: try positive(4, of: table, or: 1, "dilation"))
    case .depthwiseConv2D:
      options.depthMultiplier = try file.int32(3, of: table)
      options.activation = try activation(4, table)
      options.dilation = Stride(
        height: try positive(6, of: table, or: 1, "dilation"),
        width: try positive(5, of: table, or: 1, "dilation"))
    default:
      options.activation = try activation(3, table)
    }
    return options
  }

  private func pool(_ table: Flatbuffer.Table) throws(InputError) -> PoolOptions {
    PoolOptions(
      padding: try padding(table),
      stride: Stride(
        height: try positive(2, of: table, "stride"), width: try positive(1, of: table, "stride")),
      filter: Stride(
        height: try positive(4, of: table, "filter size"),
        width: try positive(3, of: table, "filter size")),
      activation: try activation(5, table))
  }

  private func stridedSlice(_ table: Flatbuffer.Table) throws(InputError) -> StridedSliceOptions {
    var options = StridedSliceOptions()
    options.beginMask = try file.int32(0, of: table)
    options.endMask = try file.int32(1, of: table)
    options.ellipsisMask = try file.int32(2, of: table)
    options.newAxisMask = try file.int32(3, of: table)
    options.shrinkAxisMask = try file.int32(4, of: table)
    options.offset = try file.bool(5, of: table)
    return options
  }

  private func sequenceLSTM(_ table: Flatbuffer.Table) throws(InputError) -> SequenceLSTMOptions {
    SequenceLSTMOptions(
      activation: try activation(0, table), cellClip: try finite(1, of: table, "cell clip"),
      projectionClip: try finite(2, of: table, "projection clip"),
      timeMajor: try file.bool(3, of: table), asymmetricInputs: try file.bool(4, of: table))
  }

  // MARK: Option fields

  private func positive(
    _ field: Int, of table: Flatbuffer.Table, or value: Int = 0, _ what: String
  ) throws(InputError) -> Int {
    let value = try file.int32(field, of: table, or: value)
    guard value >= 1 else {
      throw InputError(
        at: .byte(table.position), "expected a \(what) of at least 1, found \(value)")
    }
    return value
  }

  private func finite(
    _ field: Int, of table: Flatbuffer.Table, _ what: String
  ) throws(InputError) -> Float {
    let value = try file.float(field, of: table)
    guard value.isFinite else {
      throw InputError(at: .byte(table.position), "expected a finite \(what), found \(value)")
    }
    return value
  }

  private func padding(_ table: Flatbuffer.Table) throws(InputError) -> Padding {
    let number = try file.int8(0, of: table)
    guard let padding = Padding(rawValue: number) else {
      throw InputError(at: .byte(table.position), "expected padding 0 or 1, found \(number)")
    }
    return padding
  }

  private func activation(
    _ field: Int, _ table: Flatbuffer.Table
  ) throws(InputError) -> FusedActivation {
    let number = try file.int8(field, of: table)
    guard let activation = FusedActivation(rawValue: number) else {
      throw InputError(
        at: .byte(table.position), "expected a fused activation of 0 to 5, found \(number)")
    }
    return activation
  }

  private func type(_ field: Int, _ table: Flatbuffer.Table) throws(InputError) -> ElementType {
    let number = try file.int8(field, of: table)
    guard let type = ElementType(rawValue: number) else {
      throw InputError(
        at: .byte(table.position),
        "expected an element type of 0 to \(ElementType.allCases.count - 1), found \(number)")
    }
    return type
  }

  private func subgraph(_ field: Int, _ table: Flatbuffer.Table) throws(InputError) -> Int {
    let index = try file.int32(field, of: table)
    guard index >= 0, index < graphCount else {
      throw InputError(
        at: .byte(table.position), "expected one of \(graphCount) subgraphs, found number \(index)")
    }
    return index
  }
}
