import Glibc
import VirtualTime

/// A belt before an event camera, recorded from one labelled instant to the next: nothing is held
/// but what is in view.
///
///     var recording = ConveyorRecording(plan)
///     while recording.advance(into: &batch) { … recording.boxes, recording.samples … }
///
/// The same plan gives the same events. Every label and every frame belongs to one instant; there is
/// no motion blur in either.
package struct ConveyorRecording: Sendable {
  /// Where the machine's frame reflects: brighter than the belt, and at rest.
  private static let frameReflectance = 0.3
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

  private var belt: ConveyorBelt
  private var camera: EventCamera
  /// Log intensity of the scene without flicker, then with it.
  private var scene: [Double]
  private var levels: [Double]
  private let clarity: [Double]
  private let changing: PixelRegion
  private var frame: Int64 = 0
  private var lastTrack = 0
  private var isFinished = false

  package init(_ plan: ConveyorPlan) {
    self.plan = plan
    let pixels = plan.size.width * plan.size.height
    belt = ConveyorBelt(plan)
    scene = [Double](repeating: log(Self.frameReflectance), count: pixels)
    belt.draw(shift: 0, into: &scene)
    clarity = plan.contamination > 0 ? Self.smear(plan) : []
    levels = scene
    changing =
      plan.flicker > 0
      ? .all(of: plan.size)
      : PixelRegion(columns: 0..<plan.size.width, rows: plan.beltRows)
    Self.light(scene, clarity, plan, at: 0, .all(of: plan.size), into: &levels)
    camera = EventCamera(size: plan.size, model: plan.model, seed: plan.seed, levels: levels, at: 0)
    look()
  }

  /// Events that the refractory period silenced.
  package var silencedCount: Int { camera.silencedCount }

  /// What a frame camera sees now: 0…1, row by row.
  package var samples: [Float] { levels.map { Float(exp($0)) } }

  /// Replaces the contents of `batch` with the events up to the next labelled instant; false, with
  /// none, when the recording is over.
  package mutating func advance(into batch: inout EventBatch) -> Bool {
    batch.removeAll()
    if isFinished { return false }
    frame += 1
    let start = time
    let instant = frame * 1_000_000 / Int64(plan.frameRate)
    let end = min(instant, plan.duration)
    let steps = Int64(plan.stepsPerFrame)
    for step in 1...steps {
      let next = start + (end - start) * step / steps
      guard next > camera.time else { continue }
      belt.draw(shift: plan.shift(at: next), into: &scene)
      Self.light(scene, clarity, plan, at: next, changing, into: &levels)
      camera.expose(levels, changedIn: changing, at: next, into: &batch)
    }
    time = end
    isAtInstant = instant == end
    belt.forget(before: plan.shift(at: end))
    look()
    if end == plan.duration {
      camera.finish(into: &batch)
      isFinished = true
    }
    return true
  }

  /// Labels what is in view.
  private mutating func look() {
    let shift = plan.shift(at: time)
    let (width, height) = (Float(plan.size.width), Float(plan.size.height))
    boxes = []
    guard isAtInstant else { return }
    for object in belt.objects {
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

  /// Log intensity of the scene in the light of an instant and through the lens.
  private static func light(
    _ scene: [Double], _ clarity: [Double], _ plan: ConveyorPlan, at time: Int64,
    _ region: PixelRegion, into levels: inout [Double]
  ) {
    let phase = 2 * .pi * plan.flickerRate * Double(time) * 1e-6
    let light = plan.flicker > 0 ? log(1 + plan.flicker * sin(phase)) : 0
    let haze = log(0.3)
    scene.withUnsafeBufferPointer { scene in
      levels.withUnsafeMutableBufferPointer { levels in
        for row in region.rows {
          let line = row * plan.size.width
          for pixel in line + region.columns.lowerBound..<line + region.columns.upperBound {
            // Dust takes contrast away: what is seen through it nears the haze.
            let seen =
              clarity.isEmpty ? scene[pixel] : haze + (scene[pixel] - haze) * clarity[pixel]
            levels[pixel] = seen + light
          }
        }
      }
    }
  }

  /// 1 where the lens is clean, near 0 in the middle of a smear.
  private static func smear(_ plan: ConveyorPlan) -> [Double] {
    var random = SeededRandom(seed: plan.seed, stream: "conveyor lens")
    let size = plan.size
    var clarity = [Double](repeating: 1, count: size.width * size.height)
    var covered = 0.0
    while covered < plan.contamination * Double(clarity.count) {
      let radius = random.uniform(0.02...0.09) * Double(size.height)
      let (x, y) = (
        random.uniform(0...Double(size.width)), random.uniform(0...Double(size.height))
      )
      let strength = random.uniform(0.5...0.95)
      covered += .pi * radius * radius
      for row in 0..<size.height {
        for column in 0..<size.width {
          let (u, v) = ((Double(column) - x) / radius, (Double(row) - y) / radius)
          let distance = u * u + v * v
          guard distance < 6 else { continue }
          clarity[row * size.width + column] *= 1 - strength * exp(-distance)
        }
      }
    }
    return clarity
  }
}
