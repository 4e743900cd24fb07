import Glibc
import VirtualTime

/// A gesture as one subject performs it once; every choice was drawn when it was made.
protocol Motion: Sendable {
  /// - Parameter time: Seconds since the gesture began.
  func pose(_ subject: Subject, at time: Double) -> Pose
}

extension Gesture {
  func motion(by subject: Subject, _ random: inout SeededRandom) -> any Motion {
    switch self {
    case .handClap: Clap(subject, &random)
    case .rightHandWave: Wave(subject, .right, &random)
    case .leftHandWave: Wave(subject, .left, &random)
    case .rightArmClockwise: ArmCircle(subject, .right, turns: -1, &random)
    case .rightArmCounterclockwise: ArmCircle(subject, .right, turns: 1, &random)
    case .leftArmClockwise: ArmCircle(subject, .left, turns: -1, &random)
    case .leftArmCounterclockwise: ArmCircle(subject, .left, turns: 1, &random)
    case .armRoll: ArmRoll(subject, &random)
    case .airDrums: AirDrums(subject, &random)
    case .airGuitar: AirGuitar(subject, &random)
    case .other: otherMotion(by: subject, &random)
    }
  }
}

/// Palms meeting before the chest; often one hand does most of the work.
struct Clap: Motion {
  private let rhythm: Rhythm
  private let height: Double
  private let reach: Double
  private let width: Double
  private let share: Double
  private let tilt: Double
  private let drift: Wander

  init(_ subject: Subject, _ random: inout SeededRandom) {
    rhythm = Rhythm(random.uniform(1.5...3.2) * subject.tempo, &random)
    height = random.uniform(0.12...0.42)
    reach = random.uniform(0.2...0.4)
    width = random.uniform(0.16...0.4) * subject.vigor
    share = random.uniform(0.15...0.85)
    tilt = random.uniform(-0.9...0.9)
    drift = Wander(0.03, &random)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    // Hands stay apart longer than they touch.
    let apart = pow(0.5 + 0.5 * cos(rhythm.phase(time)), 0.8) * width
    let centre = Vector3(drift(time), height + drift(time * 0.7), reach)
    let axis = Vector3(cos(tilt), sin(tilt), 0)
    func arm(_ side: Side, _ part: Double) -> Arm {
      let palm = centre + axis * (side.sign * (apart * part + 0.03))
      let elbow = Vector3(side.sign * 0.5, 1, -0.2)
      let wrist = palm + Vector3(side.sign * 0.02, 0.09, -0.09)
      var arm = subject.reaching(wrist, side, elbowToward: elbow)
      arm.tip = arm.wrist + (palm - arm.wrist + Vector3(0, -0.06, 0.02)).unit * subject.hand
      return arm
    }
    return subject.pose(right: arm(.right, share * 1.4), left: arm(.left, (1 - share) * 1.4))
  }
}

/// The forearm swinging about a still elbow, hand beside the head.
struct Wave: Motion {
  private let side: Side
  private let rhythm: Rhythm
  private let swing: Double
  private let lean: Double
  private let elbowOffset: Vector3
  private let flap: Double
  private let drift: Wander

  init(_ subject: Subject, _ side: Side, _ random: inout SeededRandom) {
    self.side = side
    rhythm = Rhythm(random.uniform(1.2...2.8) * subject.tempo, &random)
    swing = random.uniform(0.25...0.7) * subject.vigor
    lean = random.uniform(-0.15...0.4)
    // From the elbow at the ribs to the upper arm held level.
    let raised = random.uniform(-0.1...1.35)
    let outward = random.uniform(0.15...1.0)
    elbowOffset = Vector3(sin(raised) * outward, cos(raised), random.uniform(0.1...0.6)).unit
    flap = random.uniform(0...0.5)
    drift = Wander(0.15, &random)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    let shoulder = subject.shoulder(side)
    let angle = lean + swing * sin(rhythm.phase(time)) + drift(time)
    let outward = Vector3(side.sign * elbowOffset.x, elbowOffset.y, elbowOffset.z)
    let elbow = shoulder + outward * subject.upperArm
    func direction(_ angle: Double) -> Vector3 {
      Vector3(side.sign * sin(angle), -cos(angle), 0.35).unit
    }
    let wrist = elbow + direction(angle) * subject.forearm
    let bend = flap * sin(rhythm.phase(time) - 0.6)
    let arm = subject.arm(
      side, elbow: elbow, wrist: wrist, handDirection: direction(angle + bend))
    return side == .right ? subject.pose(right: arm) : subject.pose(left: arm)
  }
}

/// A nearly straight arm turning about the shoulder, on a cone before the subject.
struct ArmCircle: Motion {
  private let side: Side
  private let turns: Double
  private let rhythm: Rhythm
  private let opening: Double
  private let axis: Vector3
  private let stretch: Double
  private let drift: Wander

  /// - Parameter turns: +1 is clockwise in the image, −1 counterclockwise.
  init(_ subject: Subject, _ side: Side, turns: Double, _ random: inout SeededRandom) {
    self.side = side
    self.turns = turns
    rhythm = Rhythm(random.uniform(0.65...1.4) * subject.tempo, &random)
    opening = min(random.uniform(0.8...1.35) * (0.5 + 0.5 * subject.vigor), 1.45)
    axis =
      Vector3(
        side.sign * random.uniform(0.0...0.55), random.uniform(-0.2...0.3),
        random.uniform(0.75...1.0)
      ).unit
    stretch = random.uniform(0.86...0.995)
    drift = Wander(0.1, &random)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    let angle = turns * rhythm.phase(time)
    let across = Vector3(0, 1, 0).cross(axis).unit
    let upward = axis.cross(across)
    let radial = across * cos(angle) + upward * sin(angle)
    let open = opening + drift(time)
    let direction = axis * cos(open) + radial * sin(open)
    let reach = (subject.upperArm + subject.forearm) * stretch
    let arm = subject.reaching(
      subject.shoulder(side) + direction * reach, side,
      elbowToward: Vector3(side.sign * 0.6, 1, -0.4))
    return side == .right ? subject.pose(right: arm) : subject.pose(left: arm)
  }
}

/// Forearms level before the chest, turning about each other.
struct ArmRoll: Motion {
  private let rhythm: Rhythm
  private let turns: Double
  private let radius: Double
  private let height: Double
  private let reach: Double
  private let overlap: Double
  private let drift: Wander

  init(_ subject: Subject, _ random: inout SeededRandom) {
    rhythm = Rhythm(random.uniform(1.2...2.6) * subject.tempo, &random)
    turns = random.chance(0.7) ? 1 : -1
    radius = random.uniform(0.07...0.14) * subject.vigor
    height = random.uniform(0.12...0.42)
    reach = random.uniform(0.2...0.36)
    overlap = random.uniform(-0.02...0.12)
    drift = Wander(0.03, &random)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    let angle = turns * rhythm.phase(time)
    func arm(_ side: Side, _ phase: Double) -> Arm {
      let wrist = Vector3(
        -side.sign * overlap + drift(time), height + radius * sin(phase) + drift(time * 0.8),
        reach + radius * cos(phase))
      var arm = subject.reaching(wrist, side, elbowToward: Vector3(side.sign, 0.55, -0.1))
      arm.tip = arm.wrist + Vector3(-side.sign * 0.9, 0.1, 0.1).unit * subject.hand
      return arm
    }
    return subject.pose(right: arm(.right, angle), left: arm(.left, angle + .pi))
  }
}

/// Forearms beating down before the belly, mostly in turn.
struct AirDrums: Motion {
  private let rhythm: Rhythm
  private let lag: Double
  private let beat: Double
  private let height: Double
  private let spread: Double
  private let reach: Double
  private let balance: Wander
  private let drift: Wander

  init(_ subject: Subject, _ random: inout SeededRandom) {
    rhythm = Rhythm(random.uniform(1.4...2.8) * subject.tempo, &random)
    lag = random.chance(0.8) ? .pi + random.uniform(-0.5...0.5) : random.uniform(-0.4...0.4)
    beat = random.uniform(0.12...0.24) * subject.vigor
    height = random.uniform(0.14...0.42)
    spread = random.uniform(0.08...0.22)
    reach = random.uniform(0.24...0.38)
    balance = Wander(0.35, &random)
    drift = Wander(0.05, &random)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    func arm(_ side: Side, _ phase: Double, _ strength: Double) -> Arm {
      let stroke = sin(phase) + 0.25 * sin(2 * phase)
      let wrist = Vector3(
        side.sign * (spread + drift(time)), height + beat * strength * stroke,
        reach - 0.1 * stroke)
      var arm = subject.reaching(wrist, side, elbowToward: Vector3(side.sign * 0.5, 1, -0.3))
      let forward = (arm.wrist - arm.elbow).unit + Vector3(0, 0.5 * stroke, 0)
      arm.tip = arm.wrist + forward.unit * (subject.hand * 1.1)
      return arm
    }
    let phase = rhythm.phase(time)
    return subject.pose(
      right: arm(.right, phase, 1 + balance(time)),
      left: arm(.left, phase + lag, 1 - balance(time)))
  }
}

/// One hand strumming at the belly, the other on a neck that is not there.
struct AirGuitar: Motion {
  private let strummer: Side
  private let rhythm: Rhythm
  private let fretting: Rhythm
  private let stroke: Double
  private let strumAt: Vector3
  private let neckAt: Vector3
  private let slide: Double
  private let drift: Wander

  init(_ subject: Subject, _ random: inout SeededRandom) {
    strummer = random.chance(0.88) ? .right : .left
    rhythm = Rhythm(random.uniform(1.6...3.6) * subject.tempo, &random)
    fretting = Rhythm(random.uniform(0.4...1.2), &random)
    stroke = random.uniform(0.07...0.17) * subject.vigor
    strumAt = Vector3(
      random.uniform(0.0...0.26), random.uniform(0.3...0.56), random.uniform(0.1...0.3))
    neckAt = Vector3(
      random.uniform(0.3...0.54), random.uniform(0.0...0.32), random.uniform(0.12...0.3))
    slide = random.uniform(0.0...0.07)
    drift = Wander(0.02, &random)
  }

  func pose(_ subject: Subject, at time: Double) -> Pose {
    let sign = strummer.sign
    let phase = rhythm.phase(time)
    let strum = Vector3(
      sign * (strumAt.x + 0.35 * stroke * cos(phase)) + drift(time),
      strumAt.y + stroke * sin(phase), strumAt.z)
    let slid = slide * sin(fretting.phase(time))
    let neck = Vector3(
      -sign * (neckAt.x + slid) + drift(time * 0.9), neckAt.y - 0.4 * slid, neckAt.z)
    let fretter: Side = strummer == .right ? .left : .right
    var strumming = subject.reaching(
      strum, strummer, elbowToward: Vector3(sign, 0.4, -0.5))
    strumming.tip =
      strumming.wrist
      + (Vector3(-sign * 0.7, 0.7 + 0.4 * cos(phase), 0.1)).unit * subject.hand
    var holding = subject.reaching(neck, fretter, elbowToward: Vector3(-sign * 0.4, 1, -0.1))
    holding.tip = holding.wrist + Vector3(-sign * 0.4, -0.8, 0.3).unit * (subject.hand * 0.8)
    return strummer == .right
      ? subject.pose(right: strumming, left: holding)
      : subject.pose(right: holding, left: strumming)
  }
}
