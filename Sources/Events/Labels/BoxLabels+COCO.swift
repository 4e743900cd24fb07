package import Bytes
import FoundationEssentials

/// COCO's annotations: images, boxes that refer to them, and categories.
///
/// Format: https://cocodataset.org/#format-data. COCO knows no times; each image here has its time in
/// µs as `timestamp`, which other software passes over, and each annotation its `track_id`.
extension BoxLabels {
  private struct File: Codable {
    struct Image: Codable {
      var id: Int
      var width: Int?
      var height: Int?
      var fileName: String?
      var timestamp: Int64?
    }

    struct Annotation: Codable {
      var id: Int?
      var imageId: Int
      var categoryId: Int
      var bbox: [Float]
      var area: Float?
      var iscrowd: Int?
      var trackId: Int?
      var score: Float?
    }

    struct Category: Codable {
      var id: Int
      var name: String
    }

    var images: [Image]
    var annotations: [Annotation]
    var categories: [Category]
  }

  /// Reads a COCO file of boxes.
  ///
  /// - Parameter framePeriod: µs from image to image, in the order of their numbers, for files whose
  ///   images have no `timestamp`.
  /// - Throws: `InputError` with the key of what is wrong.
  package init(
    coco bytes: [UInt8], name: String, framePeriod: Int64? = nil
  ) throws(InputError) {
    do throws(InputError) {
      try self.init(Self.decoded(bytes), framePeriod: framePeriod)
    } catch {
      throw error.inFile(name)
    }
  }

  private static func decoded(_ bytes: [UInt8]) throws(InputError) -> File {
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(File.self, from: Data(bytes))
    } catch let error as DecodingError {
      let (context, what): (DecodingError.Context, String) =
        switch error {
        case .keyNotFound(let key, let context):
          (context, "expected ‘\(key.stringValue)’, found none")
        case .typeMismatch(_, let context): (context, "expected another type of value")
        case .valueNotFound(_, let context): (context, "expected a value, found null")
        case .dataCorrupted(let context): (context, "expected COCO annotations in JSON")
        @unknown default: throw InputError(at: .nowhere, "expected COCO annotations in JSON")
        }
      let path = context.codingPath.map { key in
        key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
      }.joined()
      throw InputError(at: path.isEmpty ? .nowhere : .key(String(path.drop { $0 == "." })), what)
    } catch {
      throw InputError(at: .nowhere, "expected COCO annotations in JSON")
    }
  }

  private init(_ file: File, framePeriod: Int64?) throws(InputError) {
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
    let file = File(
      images: times.enumerated().map {
        File.Image(
          id: $0 + 1, width: frame?.width, height: frame?.height, fileName: "\($1).png",
          timestamp: $1)
      },
      annotations: boxes.enumerated().map { index, box in
        File.Annotation(
          id: index + 1, imageId: numbers[box.time]!, categoryId: box.classNumber,
          bbox: [box.x, box.y, box.width, box.height], area: box.width * box.height, iscrowd: 0,
          trackId: box.track, score: box.confidence == 1 ? nil : box.confidence)
      },
      categories: known.map { File.Category(id: $0, name: classNames[$0] ?? "class \($0)") })
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Boxes hold only finite numbers once they were read; others could not be written either.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return (try? encoder.encode(file)).map { Array($0) + [0x0A] } ?? []
  }
}
