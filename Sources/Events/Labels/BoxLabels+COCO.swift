package import Bytes
import FoundationEssentials

extension BoxLabels {
  /// Reads a COCO file of boxes.
  ///
  /// - Parameter framePeriod: µs from image to image, in the order of their numbers, for files whose
  ///   images have no `timestamp`.
  /// - Throws: `InputError` with the key of what is wrong.
  package init(
    coco bytes: [UInt8], name: String, framePeriod: Int64? = nil
  ) throws(InputError) {
    do throws(InputError) {
      try self.init(COCOFile(bytes), framePeriod: framePeriod)
    } catch {
      throw error.inFile(name)
    }
  }

  private init(_ file: COCOFile<Float>, framePeriod: Int64?) throws(InputError) {
    var times: [Int: Int64] = [:]
    for (order, image) in file.images.sorted(by: { $0.id < $1.id }).enumerated() {
      let (time, isTooLate) = (framePeriod ?? 0).multipliedReportingOverflow(by: Int64(order))
      guard let time = image.timestamp ?? (framePeriod == nil || isTooLate ? nil : time) else {
        throw InputError(
          at: .key("images"), "expected a timestamp of image \(image.id) in µs, found none",
          advice: "give the time from image to image")
      }
      guard times.updateValue(time, forKey: image.id) == nil else {
        throw InputError(at: .key("images"), "expected each id once, found \(image.id) twice")
      }
    }
    boxes = []
    for (index, annotation) in file.annotations.enumerated() {
      let place = InputError.Place.key("annotations[\(index)]")
      guard let time = times[annotation.imageId] else {
        throw InputError(
          at: place, "expected an image of the file, found image_id \(annotation.imageId)")
      }
      guard annotation.bbox.count == 4 else {
        throw InputError(
          at: place, "expected a bbox of 4 numbers, found \(annotation.bbox.count)")
      }
      let box = BoxLabel(
        time: time, x: annotation.bbox[0], y: annotation.bbox[1], width: annotation.bbox[2],
        height: annotation.bbox[3], classNumber: annotation.categoryId,
        track: annotation.trackId ?? 0, confidence: annotation.score ?? 1)
      try box.check(at: place)
      boxes.append(box)
    }
    classNames = Dictionary(
      file.categories.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    let sizes = file.images.compactMap { image in
      image.width.flatMap { width in
        image.height.map { SensorSize(width: width, height: $0) }
      }
    }
    // One recording has one sensor; images of many sizes are no recording’s.
    frame = sizes.first.flatMap { first in sizes.allSatisfy { $0 == first } ? first : nil }
  }

  /// The boxes as a COCO file: an image for each time, in order of time; the same boxes give the same
  /// bytes.
  package func coco() -> [UInt8] {
    let times = Set(boxes.map(\.time)).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: zip(times, 1...))
    let known = Set(boxes.map(\.classNumber)).union(classNames.keys).sorted()
    let file = COCOFile<Float>(
      images: times.enumerated().map {
        COCOFile<Float>.Image(
          id: $0 + 1, width: frame?.width, height: frame?.height, fileName: "\($1).png",
          timestamp: $1)
      },
      annotations: boxes.enumerated().map { index, box in
        COCOFile<Float>.Annotation(
          id: index + 1, imageId: numbers[box.time]!, categoryId: box.classNumber,
          bbox: [box.x, box.y, box.width, box.height], area: box.width * box.height,
          iscrowd: COCOFlag(false),
          trackId: box.track, score: box.confidence == 1 ? nil : box.confidence)
      },
      categories: known.map {
        COCOFile<Float>.Category(id: $0, name: classNames[$0] ?? "class \($0)")
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Boxes hold only finite numbers once they were read; others could not be written either.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return (try? encoder.encode(file)).map { Array($0) + [0x0A] } ?? []
  }
}
