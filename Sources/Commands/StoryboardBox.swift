import Boards
import Bytes
import EdgeBox
import Glibc
import Scenarios
import VirtualTime

/// A storyboard's box and the detector on it, and how long a frame takes there.
struct StoryboardBox {
  let title: String
  let card: ModelCard
  let timing: CascadePlan.FrameTiming
  /// What the time is worth.
  let basis: String

  /// 99 % of a normal distribution lie below so many standard deviations.
  private static let normal99 = 2.3263

  /// - Throws: `InputError` with the key of a box, a model or a setting that is not there.
  init(_ file: StoryboardFile.Box, _ folder: String) throws(InputError) {
    let cardPath = try StoryboardFiles.existing(file.model, "box.model", folder)
    card = try ModelCard(parsing: Files.read(cardPath), file: cardPath)
    title = file.board
    guard 0...100_000 ~= file.queue ?? 1 else {
      throw InputError(
        at: .key("box.queue"), "expected 0 to 100000, found \(file.queue ?? 1)")
    }
    guard let stated = file.latency else {
      throw InputError(at: .key("box.latency"), "expected a latency, found none")
    }
    let (median, p99) = (stated.median.nanoseconds, stated.p99.nanoseconds)
    guard median > 0, p99 >= median, p99 <= 86_400_000_000_000 else {
      throw InputError(
        at: .key("box.latency"), "expected a median above 0 and a p99 of at least that")
    }
    basis = "a frame’s time as the storyboard states it"
    timing = CascadePlan.FrameTiming(
      median: .nanoseconds(Int64(median)),
      jitter: log(Double(p99) / Double(median)) / Self.normal99,
      queueDepth: file.queue ?? 1)
  }

  /// Detections must be of the card's model.
  func check(_ record: DetectionRecord) throws(InputError) {
    guard record.modelName.isEmpty || record.modelName == card.name else {
      throw InputError(
        at: .key("box.model"),
        "expected the detector of the recordings, ‘\(record.modelName)’, found ‘\(card.name)’")
    }
  }
}
