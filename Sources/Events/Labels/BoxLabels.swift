package import Bytes

/// The boxes of a recording, with what their classes are called.
package struct BoxLabels: Equatable, Sendable {
  /// In the order of the file.
  package var boxes: [BoxLabel]
  /// By class number; empty when the file does not tell.
  package var classNames: [Int: String]
  /// Of the frames that the boxes are in; nil when the file does not tell.
  package var frame: SensorSize?

  package init(
    boxes: [BoxLabel], classNames: [Int: String] = [:], frame: SensorSize? = nil
  ) {
    self.boxes = boxes
    self.classNames = classNames
    self.frame = frame
  }

  /// Reads a file of boxes by what it is: Prophesee's NumPy arrays, or COCO in JSON.
  ///
  /// - Parameter framePeriod: As `init(coco:name:framePeriod:)` has it.
  /// - Throws: `InputError` with the place of what is wrong.
  package init(
    _ bytes: [UInt8], name: String, framePeriod: Int64? = nil
  ) throws(InputError) {
    if bytes.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
      try self.init(coco: bytes, name: name, framePeriod: framePeriod)
    } else {
      self.init(boxes: try PropheseeBoxes.read(bytes, name: name))
    }
  }

  /// Boxes with a size that the camera cannot have seen: outside `frame` altogether.
  package func outsideCount(_ frame: SensorSize) -> Int {
    boxes.count {
      $0.x >= Float(frame.width) || $0.y >= Float(frame.height) || $0.x + $0.width <= 0
        || $0.y + $0.height <= 0
    }
  }
}

extension BoxLabel {
  func check(at place: InputError.Place) throws(InputError) {
    let sides = [x, y, width, height]
    guard sides.allSatisfy(\.isFinite), width >= 0, height >= 0, confidence.isFinite else {
      throw InputError(
        at: place, "expected a box with finite sides, found \(width) × \(height) at (\(x), \(y))")
    }
    guard classNumber >= 0, track >= 0 else {
      throw InputError(
        at: place, "expected a class and a track from 0, found \(classNumber) and \(track)")
    }
  }
}
