/// A tensor of one window's events: shape [height, width, channels], row by row.
///
///     representation.reset(start: window.start, length: window.length)
///     representation.add(batch, range)
///     representation.quantize(scale, into: &input)
///
/// A representation knows the events of its window only, unless it is asked to carry them over: then
/// it also knows those of the windows that it was given before. Events of windows that were dropped
/// it never sees, as little as the device does.
package protocol WindowRepresentation: Sendable {
  var width: Int { get }
  var height: Int { get }
  var channels: Int { get }
  /// Events given to `add` that lie outside the frame or the window, and so are in no cell.
  var eventsOutside: Int { get }
  /// Empties the tensor and moves the window to [start, start + length], in µs.
  mutating func reset(start: Int64, length: Int64)
  /// Adds the events at `range` of `batch`.
  mutating func add(_ batch: EventBatch, _ range: Range<Int>)
  /// Writes int8 cells; requires as many bytes as the tensor has cells.
  func quantize(_ scale: InputScale, into input: inout [UInt8])
}

extension WindowRepresentation {
  package var cellCount: Int { width * height * channels }
}

/// Scale and zero point of an int8 input: value = round(x / scale) + zeroPoint, halves away from
/// zero, clamped: what TFLite's QUANTIZE computes in float32.
package struct InputScale: Equatable, Sendable {
  package let scale: Float
  package let zeroPoint: Int

  package init(scale: Float, zeroPoint: Int) {
    precondition(scale > 0 && scale.isFinite)
    self.scale = scale
    self.zeroPoint = zeroPoint
  }

  @inline(__always)
  func int8(_ value: Float) -> UInt8 {
    let steps = (value / scale).rounded(.toNearestOrAwayFromZero)
    return UInt8(bitPattern: Int8(max(-128, min(127, steps + Float(zeroPoint)))))
  }

  package func quantized(_ values: [Float]) -> [UInt8] {
    var cells = [UInt8](repeating: 0, count: values.count)
    quantize(values, into: &cells)
    return cells
  }

  func quantize(_ values: [Float], into input: inout [UInt8]) {
    precondition(input.count == values.count)
    for index in 0..<values.count { input[index] = int8(values[index]) }
  }
}

/// Events of a batch as raw pointers, for the one hot loop of each representation.
struct EventView {
  let times: UnsafePointer<Int64>
  let xs: UnsafePointer<UInt16>
  let ys: UnsafePointer<UInt16>
  let polarities: UnsafePointer<UInt8>
  let count: Int
}

extension EventBatch {
  @inline(__always)
  func withView(_ range: Range<Int>, _ body: (EventView) -> Void) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    guard !range.isEmpty else { return }
    times.withUnsafeBufferPointer { times in
      xs.withUnsafeBufferPointer { xs in
        ys.withUnsafeBufferPointer { ys in
          polarities.withUnsafeBufferPointer { polarities in
            let first = range.lowerBound
            body(
              EventView(
                times: times.baseAddress! + first, xs: xs.baseAddress! + first,
                ys: ys.baseAddress! + first, polarities: polarities.baseAddress! + first,
                count: range.count))
          }
        }
      }
    }
  }
}
