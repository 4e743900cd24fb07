import Events
package import Scenarios

/// A committed trace and what was found in it, ready to be compared with its baseline.
package struct TraceReviewReport: Sendable {
  package var recipe: TraceRecipe
  package var review: TraceReview
  /// Of the recording as it lies there.
  package var found: TraceChecksums.Recording
  package var committed: TraceChecksums.Recording

  package init(
    _ recipe: TraceRecipe, _ review: TraceReview, found: TraceChecksums.Recording,
    committed: TraceChecksums.Recording
  ) {
    self.recipe = recipe
    self.review = review
    self.found = found
    self.committed = committed
  }

  /// True when the checksums agree, every label has its frame and all that is asked for holds.
  package var passes: Bool {
    committed.difference(from: found) == nil && review.labelsWithoutFrame == 0
      && review.checks(recipe).allSatisfy(\.holds)
  }

  package var json: JSONValue {
    [
      "trace": .string(recipe.name), "verdict": .string(passes ? "PASS" : "FAIL"),
      "checks": .object(
        [.init("checksums", .bool(committed.difference(from: found) == nil))]
          + review.checks(recipe).map { .init($0.name, .bool($0.holds)) }),
      "events": events, "frames": frames, "boxes": boxes,
    ]
  }

  private var events: JSONValue {
    let sorted = review.windows.sorted()
    let inside = review.eventCount == 0 ? 0 : 100 * review.insideCount / review.eventCount
    return [
      "total": .integer(review.eventCount), "on": .integer(review.onCount),
      "lastMicrosecond": .integer(Int(review.lastTime)),
      "onOrNearObjectsPercent": .integer(inside), "sha256": .string(found.events?.sha256 ?? ""),
      "windows": [
        "lengthMicroseconds": .integer(Int(recipe.window)), "total": .integer(sorted.count),
        "fewest": .integer(sorted.first ?? 0),
        "median": .integer(sorted.isEmpty ? 0 : sorted[sorted.count / 2]),
        "most": .integer(sorted.last ?? 0),
        "nearEmpty": .integer(review.nearEmptyWindows(recipe)),
      ],
      "busiestMillisecond": .integer(review.busiestMillisecond),
      "buffer": [
        "capacity": .integer(recipe.bufferCapacity), "highWater": .integer(review.highWater),
        "lost": .integer(review.lostCount),
      ],
    ]
  }

  private var frames: JSONValue {
    func grey(_ value: Double?) -> JSONValue { value.map { .decimal($0, places: 1) } ?? .null }
    return [
      "total": .integer(review.frameTimes.count),
      "withoutBox": .integer(review.framesWithoutBox),
      "first": [
        "brightness": grey(review.brightness.first), "contrast": grey(review.contrast.first),
      ],
      "last": [
        "brightness": grey(review.brightness.last), "contrast": grey(review.contrast.last),
      ],
      "sha256": .string(found.frames?.sha256 ?? ""),
    ]
  }

  private var boxes: JSONValue {
    let objects = review.objectCounts
    return [
      "total": .integer(review.boxes.count),
      "withoutFrame": .integer(review.labelsWithoutFrame),
      "objects": .object(
        ConveyorClass.allCases.map { .init($0.name, .integer(objects[$0.rawValue] ?? 0)) }),
      "sha256": .string(found.boxes?.sha256 ?? ""),
    ]
  }
}

extension TraceChecksums {
  /// `checksums.json`.
  package var json: JSONValue {
    .object(
      TraceRecipe.Part.allCases.compactMap { part in
        recordings[part].map { .init(part.rawValue, $0.json) }
      })
  }
}

extension TraceChecksums.Recording {
  package var json: JSONValue {
    .object(
      parts.compactMap { name, checksum in
        checksum.map {
          .init(name, ["count": .integer($0.count), "sha256": .string($0.sha256)])
        }
      })
  }
}
