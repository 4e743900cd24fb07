package enum Padding: Int, Sendable { case same, valid }

/// The function that an operator applies to its result before it is stored.
package enum FusedActivation: Int, Sendable { case none, relu, reluN1To1, relu6, tanh, signBit }

package struct Stride: Equatable, Sendable {
  package var height: Int
  package var width: Int
  package init(height: Int = 1, width: Int = 1) {
    self.height = height
    self.width = width
  }
}

package struct ConvolutionOptions: Equatable, Sendable {
  package var padding: Padding
  package var stride: Stride
  package var dilation: Stride
  package var activation: FusedActivation
  /// Depthwise only: output channels per input channel. 1 otherwise.
  package var depthMultiplier: Int

  package init(
    padding: Padding = .same, stride: Stride = Stride(), dilation: Stride = Stride(),
    activation: FusedActivation = .none, depthMultiplier: Int = 1
  ) {
    self.padding = padding
    self.stride = stride
    self.dilation = dilation
    self.activation = activation
    self.depthMultiplier = depthMultiplier
  }
}

package struct PoolOptions: Equatable, Sendable {
  package var padding: Padding
  package var stride: Stride
  package var filter: Stride
  package var activation: FusedActivation

  package init(
    padding: Padding = .valid, stride: Stride = Stride(), filter: Stride,
    activation: FusedActivation = .none
  ) {
    self.padding = padding
    self.stride = stride
    self.filter = filter
    self.activation = activation
  }
}

package struct StridedSliceOptions: Equatable, Sendable {
  package var beginMask = 0
  package var endMask = 0
  package var ellipsisMask = 0
  package var newAxisMask = 0
  package var shrinkAxisMask = 0
  package var offset = false
  package init() {}
}

package struct SequenceLSTMOptions: Equatable, Sendable {
  package var activation: FusedActivation
  package var cellClip: Float
  package var projectionClip: Float
  package var timeMajor: Bool
  package var asymmetricInputs: Bool

  package init(
    activation: FusedActivation = .tanh, cellClip: Float = 0, projectionClip: Float = 0,
    timeMajor: Bool = false, asymmetricInputs: Bool = false
  ) {
    self.activation = activation
    self.cellClip = cellClip
    self.projectionClip = projectionClip
    self.timeMajor = timeMajor
    self.asymmetricInputs = asymmetricInputs
  }
}

/// An operator's parameters, one case per shape of parameter.
package enum OperatorOptions: Equatable, Sendable {
  case none
  /// CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV.
  case convolution(ConvolutionOptions)
  /// AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D.
  case pool(PoolOptions)
  case fullyConnected(activation: FusedActivation, keepDimensions: Bool, shuffled: Bool)
  case svdf(rank: Int, activation: FusedActivation)
  case softmax(beta: Float)
  /// ADD, SUB, MUL and DIV.
  case elementwise(activation: FusedActivation)
  case concatenation(axis: Int, activation: FusedActivation)
  case reshape(newShape: [Int])
  /// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
  case resize(alignCorners: Bool, halfPixelCenters: Bool)
  case stridedSlice(StridedSliceOptions)
  case pack(axis: Int, count: Int)
  case unpack(axis: Int, count: Int)
  case split(count: Int)
  /// MEAN, SUM and REDUCE_*.
  case reduce(keepDimensions: Bool)
  case leakyRelu(alpha: Float)
  case gather(axis: Int, batchDimensions: Int)
  case squeeze(dimensions: [Int])
  case sequenceLSTM(SequenceLSTMOptions)
  case batchMatMul(adjointX: Bool, adjointY: Bool)
  case cast(from: ElementType?, to: ElementType?)
  case argument(outputType: ElementType)
  case mirrorPad(reflect: Bool)
  case shape(outputType: ElementType)
  /// SPACE_TO_DEPTH and DEPTH_TO_SPACE.
  case blocks(size: Int)
  case oneHot(axis: Int)
  /// CUMSUM.
  case cumulative(exclusive: Bool, reverse: Bool)
  case gelu(approximate: Bool)
  /// Indices of the graphs that a CALL, CALL_ONCE, IF or WHILE refers to.
  case subgraphs([Int])
  case custom(ArraySlice<UInt8>)
}
