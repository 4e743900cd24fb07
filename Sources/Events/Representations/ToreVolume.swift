import Glibc

/// The ages of each pixel's K latest events of each polarity, on a logarithmic scale: shape
/// [height, width, 2K], OFF first, the latest event first within a polarity.
///
/// With `age` in µs before the window's end, a cell is max(0, ln(min(age, 5·10⁶) + 1) − ln 151), and
/// an event that never was counts as 5·10⁶ old: 0 is just now, 10.41 is never. (Baldwin et al. 2022,
/// “Time-ordered recent event volumes”, whose queues go on through a recording; here they do when
/// they are asked to.) evutils' `tore` is exp(−age / τ), which is not this.
package struct ToreVolume: WindowRepresentation {
  package let width: Int
  package let height: Int
  /// Events remembered for each pixel and polarity.
  package let depth: Int
  package private(set) var eventsOutside = 0
  package let carriesOver: Bool
  /// µs on the recording's clock, latest first; the least of all where there was no event.
  private var lasts: [Int64]
  /// Events before this time came with an earlier window that overlaps this one.
  private var addedUntil = Int64.min
  private var hasWindow = false
  private var start = Int64(0)
  private var length = Int64(1)

  private static let oldest = 5_000_000.0
  private static let youngest = 150.0

  /// - Parameters:
  ///   - depth: 1…16.
  ///   - carriesOver: Keeps what it knows of the windows before.
  package init(width: Int, height: Int, depth: Int, carriesOver: Bool = false) {
    precondition((1...16_384).contains(width) && (1...16_384).contains(height))
    precondition((1...16).contains(depth))
    self.width = width
    self.height = height
    self.depth = depth
    self.carriesOver = carriesOver
    lasts = [Int64](repeating: .min, count: width * height * 2 * depth)
  }

  package var channels: Int { 2 * depth }

  package mutating func reset(start: Int64, length: Int64) {
    if carriesOver {
      if hasWindow { addedUntil = max(addedUntil, self.start &+ self.length) }
      hasWindow = true
    } else {
      lasts.withUnsafeMutableBufferPointer { $0.update(repeating: .min) }
    }
    self.start = start
    self.length = max(1, min(length, 1 << 40))
    eventsOutside = 0
  }

  package mutating func add(_ batch: EventBatch, _ range: Range<Int>) {
    let (width, height, depth, start) = (self.width, self.height, self.depth, self.start)
    let end = UInt64(length)
    let addedUntil = self.addedUntil
    var outside = 0
    batch.withView(range) { events in
      lasts.withUnsafeMutableBufferPointer { lasts in
        for index in 0..<events.count {
          var time = events.times[index]
          let elapsed = time &- start
          let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
          guard _fastPath(UInt64(bitPattern: elapsed) <= end && x < width && y < height) else {
            outside &+= 1
            continue
          }
          let first = ((y &* width &+ x) &* 2 &+ Int(events.polarities[index] & 1)) &* depth
          // Inserted in order of time, so that a step back in a recording changes nothing.
          if time < addedUntil { continue }
          for cell in first..<first &+ depth where time > lasts[cell] {
            swap(&time, &lasts[cell])
          }
        }
      }
    }
    eventsOutside += outside
  }

  package var values: [Float] { lasts.map(value) }

  private func value(_ last: Int64) -> Float {
    let age =
      last == .min ? Self.oldest : min(Double(start &+ length &- last), Self.oldest)
    return Float(max(0, log(age + 1) - log(Self.youngest + 1)))
  }

  package func quantize(_ scale: InputScale, into input: inout [UInt8]) {
    scale.quantize(values, into: &input)
  }
}
