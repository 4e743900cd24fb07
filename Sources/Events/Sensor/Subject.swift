import Glibc
import VirtualTime

/// One person: proportions in meters, looks as reflectance, and habits of moving.
struct Subject: Sendable {
  var shoulderWidth: Double
  var upperArm: Double
  var forearm: Double
  var hand: Double
  /// Between neighbouring fingertips, as a share of the hand's length.
  var fingerSpread: Double
  var armRadius: Double
  var torsoRadius: Double
  var headRadius: Double
  var neck: Double
  /// How far the shoulders lean back (negative) or forward.
  var stoop: Double
  /// Factors on the speed and size of every gesture.
  var tempo: Double
  var vigor: Double
  /// How much of the arms' motion the torso follows.
  var looseness: Double
  var backgroundReflectance: Double
  var skin: Double
  var shirt: Double
  var hair: Double
  var hasLongSleeves: Bool
  var textureContrast: Double
  var textureSeed: UInt64

  /// - Parameter number: The same number is the same person in every recording.
  init(number: Int) {
    var random = SeededRandom(seed: UInt64(bitPattern: Int64(number)), stream: "subject")
    let build = random.uniform(0.9...1.1)
    shoulderWidth = 0.19 * build * random.uniform(0.9...1.12)
    upperArm = 0.29 * build * random.uniform(0.92...1.08)
    forearm = 0.25 * build * random.uniform(0.92...1.08)
    hand = 0.16 * build * random.uniform(0.85...1.1)
    fingerSpread = random.uniform(0.08...0.25)
    armRadius = 0.048 * random.uniform(0.8...1.25)
    torsoRadius = 0.16 * build * random.uniform(0.85...1.25)
    headRadius = 0.105 * random.uniform(0.92...1.1)
    neck = 0.25 * build * random.uniform(0.92...1.08)
    stoop = random.uniform(-0.03...0.08)
    tempo = random.uniform(0.8...1.25)
    vigor = random.uniform(0.8...1.2)
    looseness = random.uniform(0.02...0.12)
    let wall = random.uniform(0.3...0.7)
    backgroundReflectance = wall
    // A dark sleeve before a bright wall is the commoner case, the reverse occurs.
    func reflectance(darker: Double, _ contrast: ClosedRange<Double>) -> Double {
      let sign = random.chance(darker) ? -1.0 : 1.0
      return min(wall * exp(sign * random.uniform(contrast)), 1.2)
    }
    skin = reflectance(darker: 0.7, 0.5...1.4)
    shirt = reflectance(darker: 0.7, 0.25...1.5)
    hair = reflectance(darker: 0.85, 0.4...1.6)
    hasLongSleeves = random.chance(0.45)
    textureContrast = random.uniform(0.1...0.45)
    textureSeed = random.next()
  }

  func shoulder(_ side: Side) -> Vector3 { Vector3(side.sign * shoulderWidth, 0, stoop) }

  /// The arm whose wrist comes as near to `target` as its bones allow, elbow bent toward `hint`.
  func reaching(_ target: Vector3, _ side: Side, elbowToward hint: Vector3) -> Arm {
    let shoulder = shoulder(side)
    let direction = (target - shoulder).unit
    let least = abs(upperArm - forearm) + 0.01
    let distance = min(max((target - shoulder).length, least), (upperArm + forearm) * 0.998)
    // Law of cosines: where along the line to the wrist the elbow lies, and how far off it.
    let along =
      (upperArm * upperArm - forearm * forearm + distance * distance) / (2 * distance)
    let off = sqrt(max(upperArm * upperArm - along * along, 0))
    let sideways = (hint - direction * hint.dot(direction)).unit
    let elbow = shoulder + direction * along + sideways * off
    return arm(side, elbow: elbow, wrist: shoulder + direction * distance)
  }

  /// The arm through given joints, hand in line with the forearm or bent toward `handDirection`.
  func arm(
    _ side: Side, elbow: Vector3, wrist: Vector3, handDirection: Vector3? = nil
  ) -> Arm {
    let direction = handDirection ?? (wrist - elbow).unit
    return Arm(
      shoulder: shoulder(side), elbow: elbow, wrist: wrist, tip: wrist + direction * hand)
  }

  /// The arm hanging down, a little bent.
  func hangingArm(_ side: Side) -> Arm {
    reaching(
      shoulder(side) + Vector3(side.sign * 0.05, (upperArm + forearm) * 0.97, 0.06), side,
      elbowToward: Vector3(side.sign, 0, -0.3))
  }

  /// Both arms as given, or hanging; the torso follows the hands by the subject's looseness.
  func pose(right: Arm? = nil, left: Arm? = nil) -> Pose {
    let right = right ?? hangingArm(.right)
    let left = left ?? hangingArm(.left)
    let pull =
      (right.wrist - hangingArm(.right).wrist) + (left.wrist - hangingArm(.left).wrist)
    let sway = Vector3(pull.x * looseness, pull.y * looseness * 0.3, 0)
    return Pose(
      head: Vector3(0, -neck, stoop * 1.5) + sway * 1.3, chest: Vector3(0, 0, stoop) + sway,
      right: right.moved(by: sway), left: left.moved(by: sway))
  }
}
