import Bytes
import Events
import Scenarios
import Testing

/// Recipes and checksums as text, and what a review counts.
@Suite("Recipes of traces")
struct TraceRecipeTests {
  private static let text = """
    { name: "n", options: ["--size 32x16"],
      short: { options: ["--seed 1"] }, long: { options: ["--seed 2", "--fps 5"] },
      review: { window: "40ms", buffer: { size: "80B", eventSize: 8 }, nearEmpty: 3,
        expect: { lostEventsAtMost: 2, nearEmptyWindowsAtLeast: 1, peakRateAtLeast: 5000 } } }
    """

  private static func recipe(
    _ replacing: (String, String) = ("", "")
  ) throws(InputError) -> TraceRecipe {
    var text = text
    if let place = text.firstRange(of: replacing.0), !replacing.0.isEmpty {
      text.replaceSubrange(place, with: replacing.1)
    }
    return try TraceRecipe(parsing: Array(text.utf8), file: "recipe.json5")
  }

  @Test("join the options of both recordings with those of each")
  func parse() throws {
    let recipe = try Self.recipe()
    #expect(recipe.options[.short] == ["--size 32x16", "--seed 1"])
    #expect(recipe.options[.long] == ["--size 32x16", "--seed 2", "--fps 5"])
    #expect(recipe.window == 40_000 && recipe.bufferCapacity == 10)
  }

  @Test(
    "say in one line what is wrong with them",
    arguments: [
      ("\"40ms\"", "40", "review.window"), ("80B", "7B", "review.buffer.size"),
      ("eventSize: 8", "eventSize: 0", "review.buffer.eventSize"),
      ("nearEmpty: 3", "nearEmpty: -1", "review.nearEmpty"),
      ("lostEventsAtMost", "lostEventsAtmost", "lostEventsAtMost"),
      ("short:", "shrot:", "short"), ("name: \"n\"", "name: ", "line 1"),
    ])
  func mistakes(_ old: String, _ new: String, _ expected: String) {
    let error = #expect(throws: InputError.self) { try Self.recipe((old, new)) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix("recipe.json5: ") == true)
  }

  @Test("count windows, losses, silence and what lies on objects")
  func review() throws {
    let recipe = try Self.recipe()
    let boxes = [0, 40_000].map {
      BoxLabel(time: $0, x: 4, y: 4, width: 8, height: 4, classNumber: 2, track: 7)
    }
    var review = TraceReview(recipe, boxes: boxes)
    var batch = EventBatch()
    // 12 events in the first window, all on the object and 6 of them in one millisecond; one far
    // from it in the second; none in the third.
    for index in 0..<12 {
      batch.append(Event(time: Int64(index) * 190, x: 5, y: 5, isOn: index % 3 == 0))
    }
    batch.append(Event(time: 50_000, x: 31, y: 15, isOn: false))
    review.add(batch)
    for time in [0, 40_000, 80_000, 120_000] as [Int64] {
      review.add(
        GreyFrame(
          time: time, exposure: 0, size: SensorSize(width: 2, height: 1), bytes: [10, 30]))
    }
    review.finish()
    #expect(review.windows == [12, 1, 0])
    #expect(review.lostCount == 2 && review.highWater == 10)
    #expect(review.eventCount == 13 && review.onCount == 4 && review.insideCount == 12)
    #expect(review.busiestMillisecond == 6 && review.lastTime == 50_000)
    #expect(review.brightness[0] == 20 && review.contrast[0] == 10)
    #expect(review.objectCounts == [2: 1] && review.labelsWithoutFrame == 0)
    #expect(review.framesWithoutBox == 2 && review.nearEmptyWindows(recipe) == 2)
    #expect(review.checks(recipe).map(\.holds) == [true, true, true])
    let strict = try Self.recipe(("lostEventsAtMost: 2", "lostEventsAtMost: 1"))
    #expect(review.checks(strict).map(\.holds) == [false, true, true])
  }

  @Test("have checksums that are compared part by part")
  func checksums() throws {
    let digits = String(repeating: "a", count: 64)
    let text = """
      {"short": {"events": {"count": 3, "sha256": "\(digits)"}}, "long": {}}
      """
    let sums = try TraceChecksums(parsing: Array(text.utf8), file: "checksums.json")
    let short = try #require(sums.recordings[.short])
    #expect(short.events == ContentChecksum(count: 3, sha256: digits))
    #expect(short.frames == nil && sums.recordings[.long]?.events == nil)
    #expect(short.difference(from: short) == nil)
    var other = short
    other.frames = short.events
    #expect(short.difference(from: other) == nil, "frames are not committed")
    other.events?.sha256 = String(repeating: "b", count: 64)
    #expect(short.difference(from: other)?.contains("expected 3 events") == true)
    #expect(throws: InputError.self) {
      try TraceChecksums(
        parsing: Array(text.replacing(digits, with: "aa").utf8), file: "checksums.json")
    }
  }
}
