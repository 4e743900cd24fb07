/// A belt before an event camera and a frame camera, recorded from one labelled instant to the next:
/// nothing is held but what is in view.
///
///     var recording = ConveyorRecording(plan)
///     while recording.advance(into: &batch) { … recording.boxes, recording.frame() … }
///
/// The same plan gives the same events, frames and labels, whether or not the others are made.
package struct ConveyorRecording: Sendable {
  /// Less of an object than this share of its upright rectangle is not labelled.
  private static let leastVisible: Float = 0.25

  package let plan: ConveyorPlan
  /// Microseconds recorded so far.
  package private(set) var time: Int64 = 0
  /// False at the end of a recording that ends between two labelled instants.
  package private(set) var isAtInstant = true
  /// What is in view at this instant, cut at the edges of the frame, in the order of arrival.
  package private(set) var boxes: [BoxLabel] = []
  /// Objects of each class that were ever labelled, by class.
  package private(set) var objectCounts = [Int](
    repeating: 0, count: ConveyorClass.allCases.count)

  private var scene: ConveyorScene
  /// Nil when only frames are wanted.
  private var camera: EventCamera?
  private var levels: [Double]
  private var isLensAnother = false
  private var instants: Int64 = 0
  private var lastTrack = 0
  private var isFinished = false

  /// - Parameter hasEvents: False for frames and labels alone, which take far less time.
  package init(_ plan: ConveyorPlan, hasEvents: Bool = true) {
    self.plan = plan
    scene = ConveyorScene(plan)
    levels = []
    if hasEvents {
      levels = [Double](repeating: 0, count: plan.size.width * plan.size.height)
      _ = scene.expose(at: 0, isAnew: true, into: &levels)
      camera = EventCamera(
        size: plan.size, model: plan.model, seed: plan.seed, levels: levels, at: 0)
    }
    look()
  }

  /// Events that the refractory period silenced.
  package var silencedCount: Int { camera?.silencedCount ?? 0 }

  /// The frame of this instant: 0…255, row by row.
  package mutating func frame() -> [UInt8] { scene.frame(instants, at: time) }

  /// Replaces the contents of `batch` with the events up to the next labelled instant; false, with
  /// none, when the recording is over.
  package mutating func advance(into batch: inout EventBatch) -> Bool {
    batch.removeAll()
    if isFinished { return false }
    instants += 1
    let start = time
    let instant = instants * 1_000_000 / Int64(plan.frameRate)
    let end = min(instant, plan.duration)
    if camera != nil { fire(from: start, to: end, into: &batch) }
    time = end
    isAtInstant = instant == end
    if scene.settle(at: end) { isLensAnother = true }
    look()
    if end == plan.duration {
      camera?.finish(into: &batch)
      isFinished = true
    }
    return true
  }

  private mutating func fire(from start: Int64, to end: Int64, into batch: inout EventBatch) {
    let steps = plan.steps(from: start, to: end)
    for step in 1...steps {
      let next = start + (end - start) * step / steps
      guard next > camera!.time else { continue }
      let region = scene.expose(at: next, isAnew: isLensAnother, into: &levels)
      isLensAnother = false
      camera!.expose(levels, changedIn: region, at: next, into: &batch)
    }
  }

  /// Labels what is in view.
  private mutating func look() {
    let shift = plan.shift(at: time)
    let (width, height) = (Float(plan.size.width), Float(plan.size.height))
    boxes = []
    guard isAtInstant else { return }
    for object in scene.belt.objects {
      let reach = object.reach
      let whole = (x: Float(object.centre.x - reach.x - shift), y: Float(object.centre.y - reach.y))
      let (fullWidth, fullHeight) = (Float(2 * reach.x), Float(2 * reach.y))
      let (left, right) = (max(whole.x, 0), min(whole.x + fullWidth, width))
      let (top, bottom) = (max(whole.y, 0), min(whole.y + fullHeight, height))
      guard right > left, bottom > top else { continue }
      let share = (right - left) * (bottom - top) / (fullWidth * fullHeight)
      guard share >= Self.leastVisible else { continue }
      boxes.append(
        BoxLabel(
          time: time, x: left, y: top, width: right - left, height: bottom - top,
          classNumber: object.kind.rawValue, track: object.track))
      if object.track > lastTrack {
        lastTrack = object.track
        objectCounts[object.kind.rawValue] += 1
      }
    }
  }
}
