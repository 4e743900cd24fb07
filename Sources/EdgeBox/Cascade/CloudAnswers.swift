import Boards
import Bytes
import Uplink
import VirtualTime

/// What the cloud says about each crop: recorded, or drawn once for each crop and provider, so that
/// asking twice gives one answer.
struct CloudAnswers: Sendable {
  /// A class and how sure the cloud is of it.
  struct Answer: Hashable, Sendable {
    /// Nil for “no object”.
    var category: Int32?
    var score: Double
  }

  /// The number of the detector's own answer; `answers` holds the others from 1 on.
  static let edge: UInt16 = 0
  private(set) var answers: [Answer] = []
  /// By provider, then by crop.
  private var numbers: [[UInt16]]
  private var isRecorded: [Bool]

  /// - Throws: `InputError` when there are more different answers than can be told apart.
  init(_ plan: CascadePlan, _ book: CascadeBook) throws(InputError) {
    isRecorded = Array(repeating: false, count: book.crops.count)
    numbers = plan.network.providers.map { _ in Array(repeating: Self.edge, count: book.crops.count)
    }
    var known: [Answer: UInt16] = [:]
    var recorded: [Int: CascadePlan.RecordedAnswer] = [:]
    for answer in plan.recordedAnswers {
      recorded[
        Self.key(answer.record, book.records[answer.record].starts[answer.frame] + answer.detection)
      ] =
        answer
    }
    for (provider, profile) in plan.network.providers.enumerated() {
      for (place, crop) in book.crops.enumerated() {
        let record = book.record(ofFrame: Int(crop.frame))
        let answer: Answer
        if let known = recorded[Self.key(record, Int(crop.detection))] {
          isRecorded[place] = true
          answer = Answer(category: known.category, score: known.score)
        } else {
          answer = Self.draw(plan.cloud, crop, record, profile.name)
        }
        if known[answer] == nil {
          guard answers.count < Int(UInt16.max) else {
            throw InputError(
              at: .key("recordedAnswers"), "expected at most \(UInt16.max) different answers")
          }
          answers.append(answer)
          known[answer] = UInt16(answers.count)
        }
        numbers[provider][place] = known[answer]!
      }
    }
  }

  private static func key(_ record: Int, _ detection: Int) -> Int { record << 40 | detection }

  /// Crops that look the same are still different crops: their errors are independent, as the
  /// profile's shares are.
  private static func draw(
    _ cloud: CascadePlan.CloudAccuracy, _ crop: CascadeBook.Crop, _ record: Int, _ provider: String
  ) -> Answer {
    let place = UInt64(record) << 40 | UInt64(crop.detection)
    var random = SeededRandom(
      seed: cloud.seed ^ crop.hash ^ (place &* 0x9e37_79b9_7f4a_7c15), stream: "cloud.\(provider)")
    let row = crop.label < 0 ? cloud.onNothing : cloud.confusion[Int(crop.label)]
    var point = random.uniform()
    var last = 0
    for (category, share) in row.enumerated() where share > 0 {
      last = category
      point -= share
      if point < 0 { break }
    }
    return Answer(
      category: last < cloud.confusion.count ? Int32(last) : nil, score: cloud.score)
  }

  /// The number of what a provider says about a crop.
  func number(of crop: Int, by provider: Int) -> UInt16 { numbers[provider][crop] }

  func isRecorded(_ crop: Int) -> Bool { isRecorded[crop] }
}
