/// One way to make a network smaller, everything else about it kept.
package enum ShapeChange: Equatable, Sendable {
  /// Height and width of the image that the network takes.
  case inputSize(height: Int, width: Int)
  /// Channels of that image, such as the bins of a voxel grid.
  case inputChannels(Int)
  /// Output channels of the first convolution, and of all that are added to them.
  case firstLayer(channels: Int)
  /// Output channels of every layer, in percent; inputs and outputs of the network stay.
  case width(percent: Int)
}

extension Model {
  /// The model with other shapes: every operator's weights resized, every shape derived anew.
  ///
  /// For planning and timing. Weights keep what still fits of them, so the answers mean nothing until
  /// the network has been trained again; the file's size changes by its constants.
  ///
  /// - Throws: `GraphProblem` where an operator cannot follow, such as a slice of a fixed range of a
  ///   dimension that changes.
  package func reshaped(_ change: ShapeChange) throws(GraphProblem) -> Model {
    try reshaped([change])
  }

  /// As above, several changes one after the other.
  package func reshaped(_ changes: [ShapeChange]) throws(GraphProblem) -> Model {
    var model = self
    for change in changes {
      // Offsets that a converter planned belong to the old sizes.
      model.metadata["OfflineMemoryAllocation"] = nil
      var reshaper = Reshaper(model.main)
      try reshaper.apply(change)
      model.graphs[0] = reshaper.graph
    }
    model.fileSize = max(0, fileSize + model.main.storedBytes - main.storedBytes)
    return model
  }
}

extension Graph {
  /// Constants, and scales (4 bytes) and zero points (8 bytes) of quantized tensors, as a `.tflite`
  /// file stores them.
  fileprivate var storedBytes: Int {
    tensors.reduce(0) {
      $0 + ($1.constant?.count ?? 0) + 12 * ($1.quantization?.scales.count ?? 0)
    }
  }
}

/// The axes of a network's image input.
package struct ImageInput: Equatable, Sendable {
  /// Index of the tensor.
  package var tensor: Int
  package var heightAxis: Int
  package var widthAxis: Int
  package var channelAxis: Int
}

extension Graph {
  /// The first input of four dimensions: channels last, or first where a TRANSPOSE follows that
  /// moves them to the end. Nil for a network without such an input.
  package var imageInput: ImageInput? {
    guard let tensor = inputs.first(where: { tensors[$0].shape.count == 4 }) else { return nil }
    var current = tensor
    for operation in operators where operation.inputs.first == current {
      if operation.kind == .quantize, let output = operation.outputs.first {
        current = output
        continue
      }
      if operation.kind == .transpose, operation.inputs.count > 1, let order = operation.inputs[1],
        tensors[order].integerValues == [0, 2, 3, 1]
      {
        return ImageInput(tensor: tensor, heightAxis: 2, widthAxis: 3, channelAxis: 1)
      }
      break
    }
    return ImageInput(tensor: tensor, heightAxis: 1, widthAxis: 2, channelAxis: 3)
  }

  /// Height, width and channels of the image input.
  package var imageSize: (height: Int, width: Int, channels: Int)? {
    guard let image = imageInput else { return nil }
    let shape = tensors[image.tensor].shape
    return (shape[image.heightAxis], shape[image.widthAxis], shape[image.channelAxis])
  }
}

extension Graph {
  /// Output channels of the first convolution.
  package var firstLayerChannels: Int? {
    let first = operators.first { $0.kind == .conv2D || $0.kind == .depthwiseConv2D }
    return first?.outputs.first.flatMap { tensors[$0].shape.last }
  }
}
