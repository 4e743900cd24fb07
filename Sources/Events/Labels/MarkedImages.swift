package import Bytes
package import Metrics

/// Images with the objects that are on them, by which a detector is judged.
package struct MarkedImages: Sendable {
  package struct Category: Equatable, Sendable {
    /// As the file numbers it.
    package var number: Int
    package var name: String

    package init(number: Int, name: String) {
      self.number = number
      self.name = name
    }
  }

  /// What a detector said of the images.
  package struct Detections: Sendable {
    package var boxes: [DetectedBox]
    /// Detections that cannot be judged, as the truth knows no such class.
    package var ofUnknownCategory: Int

    package init(boxes: [DetectedBox], ofUnknownCategory: Int) {
      self.boxes = boxes
      self.ofUnknownCategory = ofUnknownCategory
    }
  }

  /// In order of their numbers; boxes count categories and images from 0 in this order.
  package var categories: [Category]
  package var imageCount: Int
  /// Of each image, the clip that it is from, counted from 0; nil when the file does not tell.
  package var clips: [Int]?
  package var truth: [TrueBox]
  /// An object is numbered 0, which pycocotools takes for no object.
  package private(set) var hasObjectZero = false
  /// Index of an image by its number in a COCO file; empty for images of another origin.
  private var imagesByNumber: [Int: Int] = [:]

  package init(
    categories: [Category], imageCount: Int, clips: [Int]?, truth: [TrueBox]
  ) {
    self.categories = categories
    self.imageCount = imageCount
    self.clips = clips
    self.truth = truth
  }
}

// MARK: COCO

extension MarkedImages {
  /// Reads a COCO file of objects. An annotation's `area` may be left out and is its box's then.
  ///
  /// - Throws: `InputError` with the key of what is wrong.
  package init(coco bytes: [UInt8], name: String) throws(InputError) {
    do throws(InputError) {
      try self.init(COCOFile<Double>(bytes))
    } catch {
      throw error.inFile(name)
    }
  }

  private init(_ file: COCOFile<Double>) throws(InputError) {
    let images = file.images.sorted { $0.id < $1.id }
    let categories = file.categories.sorted { $0.id < $1.id }
    try Self.checkUnique(images.map(\.id), at: "images")
    try Self.checkUnique(categories.map(\.id), at: "categories")
    try Self.checkUnique(file.annotations.compactMap(\.id).sorted(), at: "annotations")
    imagesByNumber = Dictionary(
      uniqueKeysWithValues: images.enumerated().map { ($1.id, $0) })
    self.categories = categories.map { Category(number: $0.id, name: $0.name) }
    imageCount = images.count
    clips = Self.clips(images.map(\.clip))
    hasObjectZero = file.annotations.contains { $0.id == 0 }
    truth = []
    truth.reserveCapacity(file.annotations.count)
    let categoryIndices = self.categoryIndices
    for (index, annotation) in file.annotations.enumerated() {
      let place = InputError.Place.key("annotations[\(index)]")
      guard let category = categoryIndices[annotation.categoryId] else {
        throw InputError(
          at: place, "expected a category of the file, found category_id \(annotation.categoryId)")
      }
      let area = annotation.area ?? annotation.bbox.suffix(2).reduce(1, *)
      guard area.isFinite, area >= 0 else {
        throw InputError(at: place, "expected an area from 0, found \(area)")
      }
      truth.append(
        TrueBox(
          image: try image(annotation.imageId, at: place), category: category,
          box: try Self.box(annotation.bbox, at: place), area: area,
          isCrowd: annotation.iscrowd?.isSet ?? false))
    }
  }

  /// Reads detections in the form in which COCO takes results: a list of `image_id`, `category_id`,
  /// `bbox` and `score`.
  ///
  /// - Throws: `InputError` with the key of what is wrong.
  package func detections(coco bytes: [UInt8], name: String) throws(InputError) -> Detections {
    do throws(InputError) {
      return try detections(COCODocument.decoded(bytes, "a list of detections"))
    } catch {
      throw error.inFile(name)
    }
  }

  private struct Result: Decodable {
    var imageId: Int
    var categoryId: Int
    var bbox: [Double]
    var score: Double

    enum CodingKeys: String, CodingKey {
      case bbox, score
      case imageId = "image_id"
      case categoryId = "category_id"
    }
  }

  private func detections(_ results: [Result]) throws(InputError) -> Detections {
    let categoryIndices = self.categoryIndices
    var detections = Detections(boxes: [], ofUnknownCategory: 0)
    detections.boxes.reserveCapacity(results.count)
    for (index, result) in results.enumerated() {
      let place = InputError.Place.key("[\(index)]")
      let image = try image(result.imageId, at: place)
      let box = try Self.box(result.bbox, at: place)
      guard result.score.isFinite else {
        throw InputError(at: place, "expected a score, found \(result.score)")
      }
      guard let category = categoryIndices[result.categoryId] else {
        detections.ofUnknownCategory += 1
        continue
      }
      detections.boxes.append(
        DetectedBox(image: image, category: category, box: box, score: result.score))
    }
    return detections
  }

  private var categoryIndices: [Int: Int] {
    Dictionary(uniqueKeysWithValues: categories.enumerated().map { ($1.number, $0) })
  }

  private func image(_ number: Int, at place: InputError.Place) throws(InputError) -> Int {
    guard let image = imagesByNumber[number] else {
      throw InputError(at: place, "expected an image of the truth, found image_id \(number)")
    }
    return image
  }

  private static func box(
    _ sides: [Double], at place: InputError.Place
  ) throws(InputError) -> PixelBox {
    guard sides.count == 4 else {
      throw InputError(at: place, "expected a bbox of 4 numbers, found \(sides.count)")
    }
    guard sides.allSatisfy({ abs($0) < 1e9 }), sides[2] >= 0, sides[3] >= 0 else {
      throw InputError(
        at: place,
        "expected a box with finite sides, found \(sides[2]) × \(sides[3]) at "
          + "(\(sides[0]), \(sides[1]))")
    }
    return PixelBox(x: sides[0], y: sides[1], width: sides[2], height: sides[3])
  }

  private static func checkUnique(_ sorted: [Int], at key: String) throws(InputError) {
    for (number, next) in zip(sorted, sorted.dropFirst()) where number == next {
      throw InputError(at: .key(key), "expected each id once, found \(number) twice")
    }
  }

  /// Nil unless every image names its clip.
  private static func clips(_ numbers: [Int?]) -> [Int]? {
    let known = numbers.compactMap { $0 }
    guard known.count == numbers.count, !known.isEmpty else { return nil }
    let order = Set(known).sorted()
    let indices = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    return known.map { indices[$0]! }
  }
}
