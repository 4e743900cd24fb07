import Bytes
import FoundationEssentials

/// COCO's annotations: images, boxes that refer to them, and categories.
///
/// Format: https://cocodataset.org/#format-data. COCO knows no times; here an image may have its time
/// in µs as `timestamp` and its clip as `video_id`, and an annotation its `track_id`, all of which
/// other software passes over.
struct COCOFile<Number: Codable & Sendable>: Codable {
  struct Image: Codable {
    var id: Int
    var width: Int?
    var height: Int?
    var fileName: String?
    var timestamp: Int64?
    var clip: Int?

    enum CodingKeys: String, CodingKey {
      case id, width, height, timestamp
      case fileName = "file_name"
      case clip = "video_id"
    }
  }

  struct Annotation: Codable {
    var id: Int?
    var imageId: Int
    var categoryId: Int
    var bbox: [Number]
    var area: Number?
    var iscrowd: COCOFlag?
    var trackId: Int?
    var score: Number?

    enum CodingKeys: String, CodingKey {
      case id, bbox, area, iscrowd, score
      case imageId = "image_id"
      case categoryId = "category_id"
      case trackId = "track_id"
    }
  }

  struct Category: Codable {
    var id: Int
    var name: String
  }

  var images: [Image]
  var annotations: [Annotation]
  var categories: [Category]

  init(_ bytes: [UInt8]) throws(InputError) {
    self = try COCODocument.decoded(bytes, "COCO annotations")
  }

  init(images: [Image], annotations: [Annotation], categories: [Category]) {
    self.images = images
    self.annotations = annotations
    self.categories = categories
  }
}

/// 0 or 1 where COCO wrote it, false or true where others did.
struct COCOFlag: Codable {
  var isSet: Bool

  init(_ isSet: Bool) { self.isSet = isSet }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      isSet = flag
    } else {
      isSet = try container.decode(Int.self) != 0
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(isSet ? 1 : 0)
  }
}

enum COCODocument {
  /// Decodes JSON; an error names the key of what is wrong.
  ///
  /// - Parameter what: What the document should have been, for that error.
  static func decoded<Document: Decodable>(
    _ bytes: [UInt8], _ what: String
  ) throws(InputError) -> Document {
    do {
      return try JSONDecoder().decode(Document.self, from: Data(bytes))
    } catch let error as DecodingError {
      let (context, problem): (DecodingError.Context, String) =
        switch error {
        case .keyNotFound(let key, let context):
          (context, "expected ‘\(key.stringValue)’, found none")
        case .typeMismatch(_, let context): (context, "expected another type of value")
        case .valueNotFound(_, let context): (context, "expected a value, found null")
        case .dataCorrupted(let context): (context, "expected \(what) in JSON")
        @unknown default: throw InputError(at: .nowhere, "expected \(what) in JSON")
        }
      let path = context.codingPath.map { key in
        key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
      }.joined()
      throw InputError(
        at: path.isEmpty ? .nowhere : .key(String(path.drop { $0 == "." })), problem)
    } catch {
      throw InputError(at: .nowhere, "expected \(what) in JSON")
    }
  }
}
