import Boards
import Models

/// One thing about a network that can be made smaller, in steps from the mildest to the strongest.
///
/// Every resource shrinks with the setting, so the mildest one that passes is found by bisection.
struct Lever {
  var settings: [ShapeChange]

  /// The levers of a network, in a fixed order.
  static func all(of model: Model) -> [Lever] {
    [bins(model.main), size(model.main), firstLayer(model.main), width]
      .filter { !$0.settings.isEmpty }
  }

  /// Input channels: both polarities of a bin at a time when their number is even. Four and fewer are
  /// colours or polarities, not bins.
  private static func bins(_ graph: Graph) -> Lever {
    guard let channels = graph.imageSize?.channels, channels > 4 else { return Lever(settings: []) }
    let step = channels % 2 == 0 ? 2 : 1
    return Lever(
      settings: stride(from: channels - step, through: max(2, step), by: -step)
        .map { .inputChannels($0) })
  }

  /// Height and width at the same ratio, down to a quarter, in multiples that strides divide.
  private static func size(_ graph: Graph) -> Lever {
    guard let size = graph.imageSize, size.height >= 16, size.width >= 16 else {
      return Lever(settings: [])
    }
    let step = size.height >= 64 ? 8 : size.height >= 32 ? 4 : 2
    let largest = (size.height - 1) / step * step
    let smallest = max(step, size.height / 4)
    let heights = Swift.stride(from: largest, through: smallest, by: -step)
    return Lever(
      settings: heights.map { height in
        let width = max(
          1, (2 * height * size.width + size.height * step) / (2 * size.height * step))
        return .inputSize(
          height: height, width: size.width == size.height ? height : width * step)
      })
  }

  /// Channels of the first convolution in fours, as kernels take them.
  private static func firstLayer(_ graph: Graph) -> Lever {
    guard let channels = graph.firstLayerChannels, channels > 4 else {
      return Lever(settings: [])
    }
    return Lever(
      settings: stride(from: (channels - 1) / 4 * 4, through: 4, by: -4)
        .map { .firstLayer(channels: $0) })
  }

  private static var width: Lever {
    Lever(settings: stride(from: 98, through: 10, by: -2).map { .width(percent: $0) })
  }
}
