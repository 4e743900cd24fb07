package import Events

/// What there is to say of a recording without any model: how its events come in windows, what a
/// device's ring would lose, how bright its frames are, and whether its labels belong to both.
package struct TraceReview: Equatable, Sendable {
  package private(set) var eventCount = 0
  package private(set) var onCount = 0
  /// Microseconds.
  package private(set) var lastTime: Int64 = 0
  /// Events of each whole window, from time 0 on.
  package private(set) var windows: [Int] = []
  /// Events that came when the ring was full.
  package private(set) var lostCount = 0
  package private(set) var highWater = 0
  /// Events of the busiest millisecond.
  package private(set) var busiestMillisecond = 0
  /// Events on a labelled object or within `margin` pixels around it.
  package private(set) var insideCount = 0
  /// Mean grey, 0…255, and its standard deviation, of each frame.
  package private(set) var brightness: [Double] = []
  package private(set) var contrast: [Double] = []
  package private(set) var frameTimes: [Int64] = []
  package let boxes: [BoxLabel]

  /// An edge smears, and objects move on between two labelled instants: 14 pixels at 1.8 m/s, 200
  /// pixels a metre and 40 ms, half of them to each side of the nearest instant.
  private static let margin: Float = 9

  private let window: Int64
  private let capacity: Int
  private var inWindow = 0
  private var inMillisecond = 0
  private var millisecond: Int64 = 0
  /// Boxes by their time.
  private let boxesAt: [Int64: [BoxLabel]]
  private let instants: [Int64]

  /// - Parameter boxes: Labels of the recording, in order of time.
  package init(_ recipe: TraceRecipe, boxes: [BoxLabel]) {
    window = recipe.window
    capacity = recipe.bufferCapacity
    self.boxes = boxes
    boxesAt = Dictionary(grouping: boxes, by: \.time)
    instants = boxesAt.keys.sorted()
  }

  /// Events in order of time.
  package mutating func add(_ batch: EventBatch) {
    for index in 0..<batch.count {
      let event = batch[index]
      closeWindows(until: event.time)
      eventCount += 1
      onCount += event.isOn ? 1 : 0
      inWindow += 1
      if inWindow > capacity { lostCount += 1 }
      highWater = max(highWater, min(inWindow, capacity))
      if event.time / 1000 != millisecond {
        millisecond = event.time / 1000
        inMillisecond = 0
      }
      inMillisecond += 1
      busiestMillisecond = max(busiestMillisecond, inMillisecond)
      lastTime = max(lastTime, event.time)
      if isInside(event) { insideCount += 1 }
    }
  }

  package mutating func add(_ frame: GreyFrame) {
    let count = Double(frame.bytes.count)
    var (sum, squares) = (0, 0)
    for byte in frame.bytes {
      sum += Int(byte)
      squares += Int(byte) * Int(byte)
    }
    let mean = Double(sum) / count
    brightness.append(mean)
    contrast.append(max(Double(squares) / count - mean * mean, 0).squareRoot())
    frameTimes.append(frame.time)
  }

  /// Closes the windows up to the end of the recording.
  package mutating func finish() {
    if let last = frameTimes.last { closeWindows(until: last) }
  }

  private mutating func closeWindows(until time: Int64) {
    while time >= Int64(windows.count + 1) * window {
      windows.append(inWindow)
      inWindow = 0
    }
  }

  private func isInside(_ event: Event) -> Bool {
    guard let time = nearestInstant(event.time) else { return false }
    let (x, y) = (Float(event.x), Float(event.y))
    return boxesAt[time]!.contains { box in
      x >= box.x - Self.margin && x <= box.x + box.width + Self.margin && y >= box.y - 2
        && y <= box.y + box.height + 2
    }
  }

  private func nearestInstant(_ time: Int64) -> Int64? {
    var (low, high) = (0, instants.count)
    while low < high {
      let middle = (low + high) / 2
      if instants[middle] < time { low = middle + 1 } else { high = middle }
    }
    let after = low < instants.count ? instants[low] : nil
    let before = low > 0 ? instants[low - 1] : nil
    guard let after, let before else { return after ?? before }
    return after - time < time - before ? after : before
  }

  // MARK: Labels

  /// Distinct objects of each class.
  package var objectCounts: [Int: Int] {
    Dictionary(
      grouping: Set(boxes.map { Track(number: $0.track, classNumber: $0.classNumber) }),
      by: \.classNumber
    ).mapValues(\.count)
  }

  private struct Track: Hashable {
    var number: Int
    var classNumber: Int
  }

  /// Labels at times at which there is no frame.
  package var labelsWithoutFrame: Int {
    let times = Set(frameTimes)
    return boxes.count { !times.contains($0.time) }
  }

  package var framesWithoutBox: Int { frameTimes.count { boxesAt[$0] == nil } }

  package func nearEmptyWindows(_ recipe: TraceRecipe) -> Int {
    windows.count { $0 < recipe.nearEmpty }
  }

  /// What the recipe asks for, held against what was found.
  package func checks(_ recipe: TraceRecipe) -> [Check] {
    let expect = recipe.expectations
    let lost = lostCount
    let empty = nearEmptyWindows(recipe)
    let all: [(String, Int?, (Int) -> Bool)] = [
      ("lostEventsAtMost", expect.lostEventsAtMost, { lost <= $0 }),
      ("lostEventsAtLeast", expect.lostEventsAtLeast, { lost >= $0 }),
      ("nearEmptyWindowsAtMost", expect.nearEmptyWindowsAtMost, { empty <= $0 }),
      ("nearEmptyWindowsAtLeast", expect.nearEmptyWindowsAtLeast, { empty >= $0 }),
      ("peakRateAtLeast", expect.peakRateAtLeast, { busiestMillisecond * 1000 >= $0 }),
    ]
    return all.compactMap { name, bound, holds in
      bound.map { Check(name: name, holds: holds($0)) }
    }
  }

  package struct Check: Equatable, Sendable {
    package var name: String
    package var holds: Bool
  }
}
