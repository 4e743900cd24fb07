import Glibc
import VirtualTime

extension Gesture {
  /// The eleventh class: whatever a subject makes up that is none of the ten.
  func otherMotion(by subject: Subject, _ random: inout SeededRandom) -> any Motion {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: JumpingJack(subject, &random)
    case 1: Boxing(subject, &random)
    case 2: BothArms(Wave(subject, .right, &random), Wave(subject, .left, &random))
    case 3:
      BothArms(
        ArmCircle(subject, .right, turns: random.chance(0.5) ? 1 : -1, &random),
        ArmCircle(subject, .left, turns: random.chance(0.5) ? 1 : -1, &random))
    default: Doodle(subject, &random)
    }
  }
}

/// Each arm follows its own motion.
struct BothArms<Right: Motion, Left: Motion>: Motion {
  private let right: Right
  private let left: Left

  init(_ right: Right, _ left: Left) {
    self.right = right
    self.left = left
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    var pose = right.pose(subject, at: time)
    let other = left.pose(subject, at: time)
    pose.left = other.left.moved(by: pose.chest - other.chest)
    return pose
  }
}

/// Straight arms up and down at the sides.
struct JumpingJack: Motion {
  private let rhythm: Rhythm
  private let middle: Double
  private let swing: Double
  private let bounce: Double

  init(_ subject: Subject, _ random: inout SeededRandom) {
    rhythm = Rhythm(random.uniform(0.7...1.4) * subject.tempo, &random)
    middle = random.uniform(0.1...0.5)
    swing = random.uniform(0.6...1.0) * subject.vigor
    bounce = random.uniform(0.0...0.05)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    let phase = rhythm.phase(time)
    let angle = middle + swing * sin(phase)
    func arm(_ side: Side) -> Arm {
      let direction = Vector3(side.sign * cos(angle), -sin(angle), 0.15).unit
      return subject.reaching(
        subject.shoulder(side) + direction * ((subject.upperArm + subject.forearm) * 0.97), side,
        elbowToward: Vector3(side.sign * 0.3, 1, 0))
    }
    var pose = subject.pose(right: arm(.right), left: arm(.left))
    let jump = Vector3(0, -bounce * abs(sin(phase)), 0)
    pose.head = pose.head + jump
    pose.chest = pose.chest + jump
    pose.right = pose.right.moved(by: jump)
    pose.left = pose.left.moved(by: jump)
    return pose
  }
}

/// Fists thrust toward the camera in turn.
struct Boxing: Motion {
  private let rhythm: Rhythm
  private let height: Double
  private let thrust: Double

  init(_ subject: Subject, _ random: inout SeededRandom) {
    rhythm = Rhythm(random.uniform(0.9...1.8) * subject.tempo, &random)
    height = random.uniform(-0.05...0.12)
    thrust = random.uniform(0.12...0.2)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    func arm(_ side: Side, _ phase: Double) -> Arm {
      let out = 0.5 + 0.5 * sin(phase)
      let wrist = Vector3(
        side.sign * (0.17 - 0.15 * out), height + 0.1 * (1 - out), 0.2 + 2 * thrust * out)
      var arm = subject.reaching(wrist, side, elbowToward: Vector3(side.sign * 0.7, 1, 0))
      arm.tip = arm.wrist + Vector3(-side.sign * 0.2, -0.3, 0.8).unit * (subject.hand * 0.6)
      return arm
    }
    let phase = rhythm.phase(time)
    return subject.pose(right: arm(.right, phase), left: arm(.left, phase + .pi))
  }
}

/// One or both hands drawing figures of unrelated frequencies in the air.
struct Doodle: Motion {
  private let horizontal: [Rhythm]
  private let vertical: [Rhythm]
  private let sizes: [(Double, Double)]
  private let centres: [Vector3]
  private let movesLeft: Bool

  init(_ subject: Subject, _ random: inout SeededRandom) {
    var horizontal: [Rhythm] = []
    var vertical: [Rhythm] = []
    var sizes: [(Double, Double)] = []
    var centres: [Vector3] = []
    for side in Side.allCases {
      horizontal.append(Rhythm(random.uniform(0.4...1.8) * subject.tempo, &random))
      vertical.append(Rhythm(random.uniform(0.4...1.8) * subject.tempo, &random))
      sizes.append((random.uniform(0.08...0.3), random.uniform(0.08...0.35)))
      centres.append(
        Vector3(side.sign * random.uniform(0.05...0.35), random.uniform(-0.15...0.3), 0.28))
    }
    self.horizontal = horizontal
    self.vertical = vertical
    self.sizes = sizes
    self.centres = centres
    movesLeft = random.chance(0.7)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    func arm(_ index: Int, _ side: Side) -> Arm {
      let wrist =
        centres[index]
        + Vector3(
          sizes[index].0 * sin(horizontal[index].phase(time)),
          sizes[index].1 * sin(vertical[index].phase(time)), 0)
      return subject.reaching(wrist, side, elbowToward: Vector3(side.sign * 0.6, 1, -0.2))
    }
    return subject.pose(right: arm(0, .right), left: movesLeft ? arm(1, .left) : nil)
  }
}
