/// The eleven classes of DVS128 Gesture (Amir et al., CVPR 2017), numbered as its label files do.
///
/// Right and left are the subject's own: the right hand is on the left of the image. Clockwise is
/// as the subject sees it too, and so counterclockwise in the image.
package enum Gesture: Int, CaseIterable, Sendable {
  case handClap = 1
  case rightHandWave
  case leftHandWave
  case rightArmClockwise
  case rightArmCounterclockwise
  case leftArmClockwise
  case leftArmCounterclockwise
  case armRoll
  case airDrums
  case airGuitar
  case other

  /// As typed: `right-hand-wave`.
  package var name: String {
    String(GestureLabels.classNames[rawValue - 1].map { $0 == " " ? "-" : $0 })
  }

  /// From a name such as `arm-roll` or a number from 1 to 11.
  package init?(_ text: String) {
    let found = Self.allCases.first { $0.name == text || String($0.rawValue) == text }
    guard let found else { return nil }
    self = found
  }
}
