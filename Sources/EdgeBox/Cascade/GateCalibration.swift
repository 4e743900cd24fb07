import Boards
package import Bytes
import Metrics
import Uplink
import VirtualTime

/// What gates are worth on a recording, without a network: every doubtful crop is answered, and at once.
///
/// A frame is matched once as the detector answers it and once for each choice of crops that the cloud
/// answers; a gate only says which of them counts.
package struct GateCalibration: Sendable {
  package enum Target: Sendable, Equatable {
    /// At most this share of frames is escalated.
    case rate(Double)
    /// At most this much is spent on a day's belt, in micro-units.
    case cost(Int64)
    /// mAP@0.5 is at least this.
    case accuracy(Double)
  }

  /// What a gate comes to.
  package struct Point: Sendable, Equatable {
    package var gate: CascadePlan.Gate
    /// Doubtful frames among all.
    package var rate: Double
    /// Crops in a day's belt, and what they cost at the first provider.
    package var cropsPerDay: Double
    package var costPerDay: Int64
    /// mAP@0.5 when the cloud has answered; nil without objects.
    package var accuracy: Double?
  }

  package struct Choice: Sendable, Equatable {
    package var target: Target
    /// On the blocks that the gate was chosen by.
    package var chosen: Point
    /// The same gate on the other blocks, which had no say.
    package var heldOut: Point
    /// The detector alone on those.
    package var heldOutEdgeOnly: Double?
  }

  /// Every second block is held out.
  private enum Part {
    case all, chosenBy, heldOut

    func holds(block: Int) -> Bool {
      switch self {
      case .all: true
      case .chosenBy: block % 2 == 0
      case .heldOut: block % 2 == 1
      }
    }
  }

  private struct Frame {
    /// Of its best boxes, best first: place in the record's detections.
    var boxes: [Int]
    var block: Int
    /// The image in which the i-th bit's boxes have the cloud's answers, by bits.
    var images: [Int]
  }

  private let record: DetectionRecord
  private let frames: [Frame]
  private let matches: DetectionMatches
  private let imageCount: Int
  private let framesPerDay: Double
  private let costOfCall: Int64

  /// - Parameters:
  ///   - plan: Its records, blocks, cloud and first provider count; its gates say only how many crops
  ///     a frame may send.
  ///   - record: Which of the plan's recordings.
  /// - Throws: What `CascadePlan.check` throws.
  package init(_ plan: CascadePlan, record number: Int = 0) throws(InputError) {
    try plan.check()
    let book = CascadeBook(plan)
    let cloud = try CloudAnswers(plan, book)
    record = plan.records[number]
    framesPerDay = Double(plan.shift.nanoseconds) / Double(record.framePeriod * 1_000)
    costOfCall = plan.network.providers[0].costOfCall
    let most = plan.gates.reduce(1) { max($0, $1.cropsPerFrame) }
    var images = Images(record)
    var answers: [Int: CloudAnswers.Answer] = [:]
    for (place, crop) in book.crops.enumerated()
    where book.record(ofFrame: Int(crop.frame)) == number {
      answers[Int(crop.detection)] = cloud.answers[Int(cloud.number(of: place, by: 0)) - 1]
    }
    var block = 0
    frames = (0..<record.frameCount).map { [record] frame in
      while frame >= book.blockStarts[number][block + 1] { block += 1 }
      let boxes = record.best(most, of: frame)
      return Frame(
        boxes: boxes, block: block,
        images: (0..<1 << boxes.count).map { bits in
          images.add(
            frame,
            answers: boxes.indices.filter { bits >> $0 & 1 == 1 }.map {
              (boxes[$0], answers[boxes[$0]]!)
            })
        })
    }
    imageCount = images.count
    matches = DetectionMatches(
      images.truth, images.detections, imageCount: images.count,
      categoryCount: record.classNames.count)
  }

  /// Every threshold with every margin.
  package static func grid(
    thresholds: [Double], margins: [Double], cropsPerFrame: Int = 1
  ) -> [CascadePlan.Gate] {
    margins.flatMap { margin in
      thresholds.map {
        CascadePlan.Gate(threshold: $0, margin: margin, cropsPerFrame: cropsPerFrame)
      }
    }
  }

  /// What each gate comes to on the whole recording.
  package func sweep(_ gates: [CascadePlan.Gate]) -> [Point] { gates.map { point($0, .all) } }

  /// mAP@0.5 of the detector alone.
  package var edgeOnly: Double? { accuracy(nil, .all) }

  /// The gate that does best within a target: the most accurate that escalates or costs no more, or the
  /// one that escalates least among those accurate enough. Nil when none is within it.
  package func choose(_ target: Target, among gates: [CascadePlan.Gate]) -> Choice? {
    var best: Point?
    for gate in gates {
      let point = point(gate, .chosenBy)
      let accuracy = point.accuracy ?? 0
      let isBetter: Bool
      switch target {
      case .rate(let most):
        guard point.rate <= most else { continue }
        isBetter = accuracy > best?.accuracy ?? -1
      case .cost(let most):
        guard point.costPerDay <= most else { continue }
        isBetter = accuracy > best?.accuracy ?? -1
      case .accuracy(let least):
        guard accuracy >= least else { continue }
        isBetter = point.rate < best?.rate ?? .infinity
      }
      if isBetter { best = point }
    }
    return best.map {
      Choice(
        target: target, chosen: $0, heldOut: point($0.gate, .heldOut),
        heldOutEdgeOnly: accuracy(nil, .heldOut))
    }
  }

  /// Places of the points that no other beats: none is as cheap and more accurate, or as accurate and
  /// cheaper. By rising cost.
  package static func front(_ points: [Point]) -> [Int] {
    let order = points.indices.sorted {
      (points[$0].cropsPerDay, -(points[$0].accuracy ?? -1), $0)
        < (points[$1].cropsPerDay, -(points[$1].accuracy ?? -1), $1)
    }
    var front: [Int] = []
    for index in order
    where points[index].accuracy ?? -1 > front.last.map({ points[$0].accuracy ?? -1 }) ?? -1 {
      front.append(index)
    }
    return front
  }

  private func point(_ gate: CascadePlan.Gate, _ part: Part) -> Point {
    var (shown, doubtful, crops) = (0, 0, 0)
    for frame in frames where part.holds(block: frame.block) {
      let sent = bits(frame, gate).nonzeroBitCount
      shown += 1
      crops += sent
      doubtful += sent > 0 ? 1 : 0
    }
    let perDay = Double(crops) / Double(max(1, shown)) * framesPerDay
    return Point(
      gate: gate, rate: Double(doubtful) / Double(max(1, shown)), cropsPerDay: perDay,
      costPerDay: Int64((perDay * Double(costOfCall)).rounded()), accuracy: accuracy(gate, part))
  }

  /// Bit i is set when a frame's i-th best box is sent.
  private func bits(_ frame: Frame, _ gate: CascadePlan.Gate) -> Int {
    var bits = 0
    for (rank, box) in frame.boxes.prefix(gate.cropsPerFrame).enumerated()
    where gate.doubts(record.detections[box]) {
      bits |= 1 << rank
    }
    return bits
  }

  private func accuracy(_ gate: CascadePlan.Gate?, _ part: Part) -> Double? {
    var weights = [Int](repeating: 0, count: imageCount)
    for frame in frames where part.holds(block: frame.block) {
      weights[frame.images[gate.map { bits(frame, $0) } ?? 0]] = 1
    }
    return matches.summary(weights: weights).overall[.precisionAt50]
  }
}

/// Frames with some boxes' answers replaced.
private struct Images {
  private let record: DetectionRecord
  private var truthOfFrame: [[TrueBox]]
  private(set) var count = 0
  private(set) var truth: [TrueBox] = []
  private(set) var detections: [DetectedBox] = []

  init(_ record: DetectionRecord) {
    self.record = record
    truthOfFrame = Array(repeating: [], count: record.frameCount)
    for box in record.truth { truthOfFrame[box.image].append(box) }
  }

  mutating func add(_ frame: Int, answers: [(box: Int, CloudAnswers.Answer)]) -> Int {
    for var box in truthOfFrame[frame] {
      box.image = count
      truth.append(box)
    }
    for place in record.starts[frame]..<record.starts[frame + 1] {
      let own = record.detections[place]
      let answer = answers.first { $0.box == place }?.1
      guard let category = answer.map(\.category) ?? own.category else { continue }
      detections.append(
        DetectedBox(
          image: count, category: Int(category), box: own.box,
          score: answer?.score ?? Double(own.score)))
    }
    count += 1
    return count - 1
  }
}
