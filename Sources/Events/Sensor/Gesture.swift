/// The eleven classes of DVS128 Gesture (Amir et al., CVPR 2017), numbered as its label files do.
///
/// Right and left are the subject's own: the right hand is on the left of the image. Clockwise is
/// as the subject sees it too, and so counter-clockwise in the image.
package enum Gesture: Int, CaseIterable, Sendable {
  case handClap = 1
  case rightHandWave
  case leftHandWave
  case rightArmClockwise
  case rightArmCounterClockwise
  case leftArmClockwise
  case leftArmCounterClockwise
  case armRoll
  case airDrums
  case airGuitar
  case other

  package var name: String {
    switch self {
    case .handClap: "hand-clap"
    case .rightHandWave: "right-hand-wave"
    case .leftHandWave: "left-hand-wave"
    case .rightArmClockwise: "right-arm-clockwise"
    case .rightArmCounterClockwise: "right-arm-counter-clockwise"
    case .leftArmClockwise: "left-arm-clockwise"
    case .leftArmCounterClockwise: "left-arm-counter-clockwise"
    case .armRoll: "arm-roll"
    case .airDrums: "air-drums"
    case .airGuitar: "air-guitar"
    case .other: "other"
    }
  }

  /// From a name such as `arm-roll` or a number from 1 to 11.
  package init?(_ text: String) {
    let found = Self.allCases.first { $0.name == text || String($0.rawValue) == text }
    guard let found else { return nil }
    self = found
  }
}
