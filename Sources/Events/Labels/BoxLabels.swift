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

  /// Boxes with a size that the camera cannot have seen: outside `frame` altogether.
  package func outsideCount(_ frame: SensorSize) -> Int {
    boxes.count {
      $0.x >= Float(frame.width) || $0.y >= Float(frame.height) || $0.x + $0.width <= 0
        || $0.y + $0.height <= 0
    }
  }
}

// MARK: Prophesee

extension BoxLabels {
  /// Reads Prophesee's `*_bbox.npy`, in the layout of GEN1 or of 1 Megapixel.
  ///
  /// Times are whole µs; a class or a track below 0 is refused. Throws `InputError` with the byte.
  package init(npy file: [UInt8], name: String) throws(InputError) {
    do throws(InputError) {
      try self.init(parsing: file)
    } catch {
      throw error.inFile(name)
    }
  }

  /// GEN1 has `ts` and `confidence` where 1 Megapixel has `t` and `class_confidence`.
  private static let fieldNames: [[String]] = [
    ["t", "ts"], ["x"], ["y"], ["w"], ["h"], ["class_id"], ["track_id"],
    ["class_confidence", "confidence"],
  ]

  private init(parsing file: [UInt8]) throws(InputError) {
    let header = try NumpyHeader(file)
    guard case .record(let fields, let rowSize) = header.elements, header.shape.count == 1 else {
      throw InputError(
        at: .byte(header.elementsPlace),
        "expected a list of boxes, found \(header.elements.title) in shape \(header.shape)")
    }
    let columns = Self.fieldNames.compactMap { names in
      fields.first { names.contains($0.name) }.flatMap { field in
        NumberType(numpy: field.descriptor).map { (offset: field.offset, type: $0) }
      }
    }
    guard columns.count == Self.fieldNames.count else {
      throw InputError(
        at: .byte(header.elementsPlace),
        "expected the fields t, x, y, w, h, class_id, track_id and class_confidence, found "
          + header.elements.title)
    }
    let count = header.shape[0]
    guard count == (file.count - header.dataStart) / rowSize,
      (file.count - header.dataStart) % rowSize == 0
    else {
      throw InputError(
        at: .byte(header.dataStart),
        "expected \(count) boxes of \(rowSize) bytes, found \(file.count - header.dataStart) bytes",
        advice: "is the file truncated?")
    }
    boxes = []
    boxes.reserveCapacity(count)
    classNames = [:]
    frame = nil
    for index in 0..<count {
      let start = header.dataStart + index * rowSize
      boxes.append(try Self.box(file, start, columns))
    }
  }

  private static func box(
    _ file: [UInt8], _ start: Int, _ columns: [(offset: Int, type: NumberType)]
  ) throws(InputError) -> BoxLabel {
    func place<Value>(_ column: Int, _ read: (NumberType, UnsafeRawPointer) -> Value) -> Value {
      file.withUnsafeBytes {
        read(columns[column].type, $0.baseAddress! + start + columns[column].offset)
      }
    }
    func real(_ column: Int) -> Float { Float(place(column) { $0.real(at: $1) }) }
    func whole(_ column: Int) -> Int64 { place(column) { $0.integer(at: $1) } }
    let box = BoxLabel(
      time: whole(0), x: real(1), y: real(2), width: real(3), height: real(4),
      classNumber: Int(whole(5)), track: Int(whole(6)), confidence: real(7))
    try box.check(at: .byte(start))
    return box
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
