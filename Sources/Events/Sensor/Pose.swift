import Glibc

/// A point or direction in meters: x to the right of the image, y down, z toward the camera.
/// The origin is between the subject's shoulders.
struct Vector3: Equatable, Sendable {
  var x: Double
  var y: Double
  var z: Double

  init(_ x: Double, _ y: Double, _ z: Double) {
    self.x = x
    self.y = y
    self.z = z
  }

  static let zero = Vector3(0, 0, 0)

  static func + (a: Vector3, b: Vector3) -> Vector3 { Vector3(a.x + b.x, a.y + b.y, a.z + b.z) }
  static func - (a: Vector3, b: Vector3) -> Vector3 { Vector3(a.x - b.x, a.y - b.y, a.z - b.z) }
  static func * (a: Vector3, k: Double) -> Vector3 { Vector3(a.x * k, a.y * k, a.z * k) }

  func dot(_ other: Vector3) -> Double { x * other.x + y * other.y + z * other.z }

  func cross(_ b: Vector3) -> Vector3 {
    Vector3(y * b.z - z * b.y, z * b.x - x * b.z, x * b.y - y * b.x)
  }

  var length: Double { sqrt(dot(self)) }

  var unit: Vector3 {
    let length = length
    return length > 1e-9 ? self * (1 / length) : Vector3(0, 1, 0)
  }

  func mixed(with other: Vector3, _ share: Double) -> Vector3 { self + (other - self) * share }
}

/// The subject's own side, seen from the front: the right is on the left of the image.
enum Side: CaseIterable, Sendable {
  case right
  case left

  /// The sign of x on this side.
  var sign: Double { self == .right ? -1 : 1 }
}

/// Shoulder to fingertips.
struct Arm: Equatable, Sendable {
  var shoulder: Vector3
  var elbow: Vector3
  var wrist: Vector3
  var tip: Vector3

  func mixed(with other: Arm, _ share: Double) -> Arm {
    Arm(
      shoulder: shoulder.mixed(with: other.shoulder, share),
      elbow: elbow.mixed(with: other.elbow, share),
      wrist: wrist.mixed(with: other.wrist, share), tip: tip.mixed(with: other.tip, share))
  }

  func moved(by offset: Vector3) -> Arm {
    Arm(
      shoulder: shoulder + offset, elbow: elbow + offset, wrist: wrist + offset,
      tip: tip + offset)
  }
}

/// Where every part of the subject is at one instant.
struct Pose: Equatable, Sendable {
  var head: Vector3
  /// Between the shoulders.
  var chest: Vector3
  var right: Arm
  var left: Arm

  func mixed(with other: Pose, _ share: Double) -> Pose {
    Pose(
      head: head.mixed(with: other.head, share), chest: chest.mixed(with: other.chest, share),
      right: right.mixed(with: other.right, share), left: left.mixed(with: other.left, share))
  }
}
