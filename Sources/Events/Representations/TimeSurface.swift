import Glibc

/// How long ago each pixel had its last event of each polarity: shape [height, width, 2], OFF first.
///
/// With the window's end as reference, a pixel that had an event `age` µs before it is
/// exp(−age / τ) or max(0, 1 − age / τ); one that had none is 0. (Surface of active events; Lagorce
/// et al. 2017.) Events of one pixel count by time, not by order. tonic's `ToTimesurface` carries
/// its memory from slice to slice; this one does when it is asked to.
package struct TimeSurface: WindowRepresentation {
  package enum Decay: String, CaseIterable, Decodable, Sendable {
    case exponential
    case linear
  }

  package let width: Int
  package let height: Int
  package let decay: Decay
  /// τ in µs.
  package let timeConstant: Int64
  package private(set) var eventsOutside = 0
  package let carriesOver: Bool
  /// µs on the recording's clock; the least of all where there was no event.
  private var lasts: [Int64]
  private var start = Int64(0)
  private var length = Int64(1)

  /// - Parameter carriesOver: Keeps what it knows of the windows before.
  package init(
    width: Int, height: Int, decay: Decay, timeConstant: Int64, carriesOver: Bool = false
  ) {
    precondition((1...16_384).contains(width) && (1...16_384).contains(height))
    precondition(timeConstant > 0)
    self.width = width
    self.height = height
    self.decay = decay
    self.timeConstant = timeConstant
    self.carriesOver = carriesOver
    lasts = [Int64](repeating: .min, count: width * height * 2)
  }

  package var channels: Int { 2 }

  package mutating func reset(start: Int64, length: Int64) {
    self.start = start
    self.length = max(1, min(length, 1 << 40))
    eventsOutside = 0
    if !carriesOver { lasts.withUnsafeMutableBufferPointer { $0.update(repeating: .min) } }
  }

  package mutating func add(_ batch: EventBatch, _ range: Range<Int>) {
    let (width, height, start) = (self.width, self.height, self.start)
    let end = UInt64(length)
    var outside = 0
    batch.withView(range) { events in
      lasts.withUnsafeMutableBufferPointer { lasts in
        for index in 0..<events.count {
          let elapsed = events.times[index] &- start
          let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
          guard _fastPath(UInt64(bitPattern: elapsed) <= end && x < width && y < height) else {
            outside &+= 1
            continue
          }
          let cell = (y &* width &+ x) &* 2 &+ Int(events.polarities[index] & 1)
          lasts[cell] = max(lasts[cell], events.times[index])
        }
      }
    }
    eventsOutside += outside
  }

  package var values: [Float] { lasts.map(value) }

  private func value(_ last: Int64) -> Float {
    guard last != .min else { return 0 }
    let age = Double(start &+ length &- last) / Double(timeConstant)
    return switch decay {
    case .exponential: Float(exp(-age))
    case .linear: Float(max(0, 1 - age))
    }
  }

  package func quantize(_ scale: InputScale, into input: inout [UInt8]) {
    scale.quantize(values, into: &input)
  }
}
