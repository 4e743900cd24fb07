package import Bytes

/// Box labels as Prophesee publishes them: a NumPy file with one structured array.
///
/// Two layouts are in use: GEN1's (33 bytes: `ts`, one byte of class, `confidence` before the track)
/// and 1Mpx's (40 bytes: `t`, `track_id` before `class_confidence`, four bytes of padding). Both are
/// read by the names of their fields; the latter is written.
package enum PropheseeBoxes {
  private static let fields: [(name: String, descriptor: String)] = [
    ("t", "<i8"), ("x", "<f4"), ("y", "<f4"), ("w", "<f4"), ("h", "<f4"), ("class_id", "<u4"),
    ("track_id", "<u4"), ("class_confidence", "<f4"), ("", "|V4"),
  ]

  /// The boxes of a file, in its order.
  ///
  /// - Throws: `InputError` with the byte of what is missing or cannot be a box.
  package static func read(_ file: [UInt8], name: String) throws(InputError) -> [BoxLabel] {
    do throws(InputError) {
      return try boxes(in: file)
    } catch {
      throw error.inFile(name)
    }
  }

  private static func boxes(in file: [UInt8]) throws(InputError) -> [BoxLabel] {
    let header = try NumpyHeader(file)
    guard case .record(let fields, let size) = header.elements, header.shape.count == 1 else {
      throw InputError(
        at: .byte(header.elementsPlace),
        "expected a list of structures with t, x, y, w, h and class_id, "
          + "found \(header.elements.title)")
    }
    let place = InputError.Place.byte(header.elementsPlace)
    let layout = try Layout(fields, at: place)
    let count = header.shape[0]
    let present = file.count - header.dataStart
    guard count >= 0, count <= present / size else {
      throw InputError(
        at: .byte(header.dataStart),
        "expected \(count) boxes of \(size) bytes, found \(present) bytes")
    }
    var boxes: [BoxLabel] = []
    boxes.reserveCapacity(count)
    for index in 0..<count {
      boxes.append(try layout.box(file, at: header.dataStart + index * size))
    }
    return boxes
  }

  /// The 1Mpx layout, in the order of `boxes`.
  package static func npy(_ boxes: [BoxLabel]) -> [UInt8] {
    let descriptor = fields.map { "('\($0.name)', '\($0.descriptor)')" }.joined(separator: ", ")
    var out = NumpyHeader.bytes(descriptor: "[\(descriptor)]", shape: [boxes.count])
    for box in boxes {
      out.append(little: box.time)
      for value in [box.x, box.y, box.width, box.height] { out.append(little: value.bitPattern) }
      out.append(little: UInt32(truncatingIfNeeded: box.classNumber))
      out.append(little: UInt32(truncatingIfNeeded: box.track))
      out.append(little: box.confidence.bitPattern)
      out.append(little: UInt32(0))
    }
    return out
  }

  /// Where in a structure the members of a box lie.
  private struct Layout {
    private let time, x, y, width, height, classNumber: NumpyHeader.Field
    private let track, confidence: NumpyHeader.Field?

    init(_ fields: [NumpyHeader.Field], at place: InputError.Place) throws(InputError) {
      func find(_ names: [String], _ kinds: [String]) throws(InputError) -> NumpyHeader.Field? {
        guard let field = fields.first(where: { names.contains($0.name) }) else { return nil }
        guard kinds.contains(field.descriptor) else {
          throw InputError(
            at: place, "expected \(field.name) as \(kinds[0]), found \(field.descriptor)")
        }
        return field
      }
      func require(_ names: [String], _ kinds: [String]) throws(InputError) -> NumpyHeader.Field {
        guard let field = try find(names, kinds) else {
          throw InputError(at: place, "expected a field \(names[0]), found none")
        }
        return field
      }
      let real = ["<f4"]
      let whole = ["<u4", "|u1", "<u1", "|i1", "<u2", "<i4", "<u8", "<i8"]
      time = try require(["t", "ts"], ["<i8", "<u8"])
      x = try require(["x"], real)
      y = try require(["y"], real)
      width = try require(["w"], real)
      height = try require(["h"], real)
      classNumber = try require(["class_id"], whole)
      track = try find(["track_id"], whole)
      confidence = try find(["class_confidence", "confidence"], real)
    }

    func box(_ file: [UInt8], at start: Int) throws(InputError) -> BoxLabel {
      func whole(_ field: NumpyHeader.Field) -> Int64 {
        let bytes = file[start + field.offset..<start + field.offset + field.size]
        return Int64(
          truncatingIfNeeded: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      }
      func real(_ field: NumpyHeader.Field) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: whole(field)))
      }
      let box = BoxLabel(
        time: whole(time), x: real(x), y: real(y), width: real(width), height: real(height),
        classNumber: Int(whole(classNumber)), track: track.map { Int(whole($0)) } ?? 0,
        confidence: confidence.map(real) ?? 1)
      guard box.isFinite, box.width >= 0, box.height >= 0, box.time >= 0 else {
        throw InputError(
          at: .byte(start), "expected a box at a time from 0 with finite sides, found another")
      }
      return box
    }
  }
}

extension BoxLabel {
  fileprivate var isFinite: Bool {
    x.isFinite && y.isFinite && width.isFinite && height.isFinite && confidence.isFinite
  }
}

extension [UInt8] {
  fileprivate mutating func append(little value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
