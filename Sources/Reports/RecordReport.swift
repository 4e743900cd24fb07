package import EdgeBox
import Metrics

/// What a detector said of a recording's frames.
package struct RecordReport: Sendable {
  /// What became of the events beside the frames.
  package struct Events: Sendable, Equatable {
    package var file: String
    /// Microseconds of each window.
    package var window: Int64
    package var total: Int
    package var inNoWindow: Int
    package var late: Int
    package var outside: Int
    /// Of a window; nil without any.
    package var median: Int?

    package init(
      file: String, window: Int64, total: Int, inNoWindow: Int, late: Int, outside: Int,
      median: Int?
    ) {
      self.file = file
      self.window = window
      self.total = total
      self.inNoWindow = inNoWindow
      self.late = late
      self.outside = outside
      self.median = median
    }
  }

  package var frameFile: String
  package var width: Int
  package var height: Int
  package var arithmetic: String
  /// Of crops, pixels and libjpeg's scale.
  package var cropSide: Int
  package var cropQuality: Int
  package var record: DetectionRecord
  /// Of a cascade that would ask about doubtful frames.
  package var gate: CascadePlan.Gate
  /// Where the record was written, if it was.
  package var recordFile: String?
  /// Why crops were not encoded; nil when they were.
  package var estimateReason: String?
  /// Of a model that sees events.
  package var events: Events?
  /// Nil without labels.
  package var score: DetectionReport?

  package init(
    frameFile: String, width: Int, height: Int, arithmetic: String, cropSide: Int,
    cropQuality: Int, record: DetectionRecord, gate: CascadePlan.Gate, recordFile: String?,
    estimateReason: String?,
    events: Events?, score: DetectionReport?
  ) {
    self.frameFile = frameFile
    self.width = width
    self.height = height
    self.arithmetic = arithmetic
    self.cropSide = cropSide
    self.cropQuality = cropQuality
    self.record = record
    self.gate = gate
    self.recordFile = recordFile
    self.estimateReason = estimateReason
    self.events = events
    self.score = score
  }

  /// Detections of each class.
  private var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: record.classNames.count)
    for found in record.detections { counts[Int(found.category)] += 1 }
    return counts
  }

  private var framesWithDetections: Int {
    (0..<record.frameCount).count { !record[$0].isEmpty }
  }

  private var doubtful: (frames: Int, share: Double) {
    let frames = record.doubtfulFrameCount(gate)
    return (frames, Double(frames) / Double(max(1, record.frameCount)))
  }

  private var cropSizes: Quantiles<Int32>? {
    record.detections.isEmpty ? nil : Quantiles(record.detections.map(\.cropBytes))
  }

  // MARK: Text

  package func text(_ style: Style = .plain) -> String {
    var out = style(.bold, record.modelName) + " on \(frameFile)\n"
    var rows: [(title: String, text: String)] = []
    rows.append(
      (
        "frames",
        "\(record.frameCount.grouped) of \(width) × \(height), one every "
          + "\((Double(record.framePeriod) / 1_000).fixed(1)) ms; \(arithmetic)"
      ))
    if let events {
      rows.append(
        (
          "events",
          "\(events.total.grouped) of \(events.file) in windows of "
            + "\((Double(events.window) / 1_000).fixed(1)) ms that end with a frame, median "
            + "\(events.median?.grouped ?? "0"); in none \(events.inNoWindow.grouped), late "
            + "\(events.late.grouped), outside the frame \(events.outside.grouped)"
        ))
    }
    rows.append(
      (
        "detections",
        "\(record.detections.count.grouped) in \(framesWithDetections.grouped) frames: "
          + zip(record.classNames, classCounts).map { "\($1.grouped) \($0)" }
          .joined(separator: ", ")
      ))
    if let sizes = cropSizes {
      rows.append(
        (
          "crops",
          "\(cropSide) × \(cropSide) or what the frame has of them, JPEG quality \(cropQuality) "
            + (record.areCropsEncoded ? "by libjpeg-turbo" : "estimated") + ": "
            + "\(Int(sizes.minimum).grouped) to \(Int(sizes.maximum).grouped) bytes, median "
            + "\(Int(sizes.median).grouped)"
        ))
    }
    let doubtful = doubtful
    rows.append(
      (
        "doubtful",
        "\(doubtful.frames.grouped) frames, "
          + "\((100 * doubtful.share).fixed(2)) %: the best score is below "
          + "\(gate.threshold.fixed(2)), or the runner-up nearer than "
          + "\(gate.margin.fixed(2))"
      ))
    if let recordFile { rows.append(("record", recordFile)) }
    out += rows.map { row in
      let title = row.title + String(repeating: "\u{A0}", count: max(0, 12 - row.title.count))
      return (title + row.text).wrapped(to: min(style.width, 95), indent: 12) + "\n"
    }.joined()
    if let estimateReason {
      out += style(.yellow, "Sizes of crops are estimates: \(estimateReason)") + "\n"
    }
    if let score { out += "\n" + score.text(style) }
    return out
  }

  // MARK: JSON

  package var json: JSONValue {
    let doubtful = doubtful
    return [
      "model": .string(record.modelName), "frames": .string(frameFile),
      "arithmetic": .string(arithmetic),
      "frameCount": .integer(record.frameCount),
      "framePeriod": .integer(Int(record.framePeriod)),
      "detections": .integer(record.detections.count),
      "framesWithDetections": .integer(framesWithDetections),
      "doubtful": [
        "threshold": .decimal(gate.threshold, places: 6),
        "margin": .decimal(gate.margin, places: 6),
        "frames": .integer(doubtful.frames), "share": .decimal(doubtful.share, places: 6),
      ],
      "classes": .array(
        zip(record.classNames, classCounts).map {
          ["name": .string($0), "detections": .integer($1)]
        }),
      "crops": [
        "areEncoded": .bool(record.areCropsEncoded),
        "median": cropSizes.map { .integer(Int($0.median)) } ?? .null,
        "least": cropSizes.map { .integer(Int($0.minimum)) } ?? .null,
        "most": cropSizes.map { .integer(Int($0.maximum)) } ?? .null,
      ],
      "events": events.map {
        [
          "file": .string($0.file), "window": .integer(Int($0.window)),
          "total": .integer($0.total), "inNoWindow": .integer($0.inNoWindow),
          "late": .integer($0.late), "outside": .integer($0.outside),
          "median": $0.median.map { .integer($0) } ?? .null,
        ]
      } ?? .null,
      "record": recordFile.map { .string($0) } ?? .null,
      "score": score?.json ?? .null,
    ]
  }
}
