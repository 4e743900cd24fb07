import Glibc
import VirtualTime

/// What to synthesize: who does what, for how long, seen by which sensor.
package struct GesturePlan: Sendable {
  package var size = SensorSize(width: 128, height: 128)
  package var gestures: [Gesture]
  package var subject: Int
  package var seed: UInt64
  /// Microseconds of each gesture.
  package var gestureDuration: Int64 = 2_000_000
  /// Microseconds before, between and after gestures, arms coming down and up again; 0 records
  /// one gesture from its midst.
  package var pause: Int64 = 0
  /// Rendered frames a second.
  package var frameRate: Int64 = 500

  package init(gestures: [Gesture], subject: Int, seed: UInt64) {
    self.gestures = gestures
    self.subject = subject
    self.seed = seed
  }
}

/// A synthetic recording with its ground truth.
package struct GestureRecording: Sendable {
  package var events = EventBatch()
  package var labels: [TraceLabel] = []
  /// Microseconds from the first to the last rendered frame.
  package var duration: Int64 = 0

  /// Renders the plan's scene frame by frame before an event camera.
  ///
  /// The same plan gives the same events. The performance, the scene, and the sensor's thresholds
  /// and noise draw from streams of their own.
  package init(_ plan: GesturePlan) {
    let subject = Subject(number: plan.subject)
    var random = SeededRandom(seed: plan.seed, stream: "scene")
    let staging = Staging(size: plan.size, &random)
    var model = PixelModel()
    // Shot noise grows as the light fades.
    model.noiseRate = random.uniform(0.08...0.25) / sqrt(staging.illumination)
    model.onThreshold = random.uniform(0.15...0.28)
    model.offThreshold = model.onThreshold * random.uniform(0.85...1.15)
    model.rowCrosstalk = random.uniform(0.0...0.12)
    model.hotPixels = Int.random(in: 0...3, using: &random)
    var renderer = SceneRenderer(size: plan.size, subject: subject, staging: staging, &random)
    let score = Score(plan, subject)
    labels = score.labels
    duration = score.duration
    _ = renderer.draw(score.pose(subject, at: 0))
    var camera = EventCamera(
      size: plan.size, model: model, seed: plan.seed, levels: renderer.levels, at: 0)
    var frame: Int64 = 0
    while camera.time < duration {
      frame += 1
      // From the frame's number, so that no rounding adds up.
      let time = min(frame * 1_000_000 / plan.frameRate, duration)
      guard time > camera.time else { continue }
      let region = renderer.draw(score.pose(subject, at: time))
      camera.expose(renderer.levels, changedIn: region, at: time, into: &events)
    }
  }

  /// `class,startTime_usec,endTime_usec`, as DVS128 Gesture labels its recordings.
  package var labelsText: String {
    labels.reduce("class,startTime_usec,endTime_usec\n") {
      $0 + "\($1.classNumber),\($1.start),\($1.end)\n"
    }
  }
}

/// Which gesture is when, and the poses between.
private struct Score {
  private struct Act {
    var motion: any Motion
    var start: Int64
    var end: Int64
  }

  private var acts: [Act] = []
  private let pause: Int64
  private let swayX: Wander
  private let swayY: Wander
  let labels: [TraceLabel]
  let duration: Int64

  init(_ plan: GesturePlan, _ subject: Subject) {
    var random = SeededRandom(seed: plan.seed, stream: "performance")
    swayX = Wander(random.uniform(0.003...0.02), &random)
    swayY = Wander(random.uniform(0.001...0.007), &random)
    pause = plan.pause
    var start = plan.pause
    var labels: [TraceLabel] = []
    for gesture in plan.gestures {
      let end = start + plan.gestureDuration
      acts.append(
        Act(motion: gesture.motion(by: subject, &random), start: start, end: end))
      labels.append(TraceLabel(classNumber: gesture.rawValue, start: start, end: end))
      start = end + plan.pause
    }
    self.labels = labels
    duration = start
  }

  /// The gesture under way; in a pause the arms move down and rise to the next.
  func pose(_ subject: Subject, at time: Int64) -> Pose {
    let rest = subject.pose()
    var pose = rest
    for act in acts {
      let ramp = Double(max(pause, 1)) * 0.5
      let before = Double(act.start - time) / ramp
      let after = Double(time - act.end) / ramp
      let away = max(before, after)
      guard away < 1 else { continue }
      let moved = act.motion.pose(subject, at: Double(time - act.start) * 1e-6)
      let part = 1 - max(away, 0)
      pose = rest.mixed(with: moved, part * part * (3 - 2 * part))
    }
    let seconds = Double(time) * 1e-6
    let sway = Vector3(swayX(seconds), swayY(seconds), 0)
    pose.head = pose.head + sway * 1.2
    pose.chest = pose.chest + sway
    pose.right = pose.right.moved(by: sway)
    pose.left = pose.left.moved(by: sway)
    return pose
  }
}
