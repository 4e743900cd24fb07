/// An object marked in a recording: where it was at one instant.
///
/// Holds all that Prophesee's box arrays and COCO annotations say of a box.
package struct BoxLabel: Equatable, Sendable {
  /// Microseconds on the recording's own clock.
  package var time: Int64
  /// Left and upper edge in pixels; boxes may leave the frame.
  package var x: Float
  package var y: Float
  /// Pixels.
  package var width: Float
  package var height: Float
  /// As the label file numbers its classes.
  package var classNumber: Int
  /// The same object at different times; 0 where nobody tracked it.
  package var track: Int
  /// 0…1; 1 for ground truth.
  package var confidence: Float

  package init(
    time: Int64, x: Float, y: Float, width: Float, height: Float, classNumber: Int,
    track: Int = 0, confidence: Float = 1
  ) {
    self.time = time
    self.x = x
    self.y = y
    self.width = width
    self.height = height
    self.classNumber = classNumber
    self.track = track
    self.confidence = confidence
  }
}
