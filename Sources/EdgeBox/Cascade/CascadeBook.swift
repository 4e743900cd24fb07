import Metrics
import Uplink
import VirtualTime

/// What every frame comes to under every gate, decided once: shifts only count how often each happens.
///
/// Frames, blocks and crops of all recordings are numbered on: a frame's number is its record's first
/// frame plus its place in the record.
final class CascadeBook: Sendable {
  /// A box that may be sent.
  struct Crop: Sendable {
    var frame: Int32
    /// Place in its record's detections.
    var detection: Int32
    /// Among its frame's boxes, the best being 0.
    var rank: Int32
    var bytes: Int32
    var hash: UInt64
    /// The class of the object that the box holds, or −1.
    var label: Int32
    /// Number of the product variant.
    var product: Int32
  }

  /// A recording through one gate.
  struct View: Sendable {
    /// Doubtful frames by their place in the record, ascending.
    var frames: [Int32] = []
    /// The crops of the i-th are `sent[starts[i]..<starts[i + 1]]`.
    var starts: [Int32] = []
    /// How many doubtful frames come before each frame, and before the end.
    var before: [Int32] = []
  }

  let records: [DetectionRecord]
  let crops: [Crop]
  /// By record, and the end of the last.
  let firstFrame: [Int]
  let firstBlock: [Int]
  /// Places in the record where its blocks begin, and its end.
  let blockStarts: [[Int]]
  /// By gate, then by record.
  let views: [[View]]
  /// Crops of all views.
  let sent: [Int32]
  /// By station: its gate, and its gate when it runs away.
  let gateOfStation: [Int]
  let runawayGate: Int
  /// Gates that differ; the last is the runaway's.
  let gates: [CascadePlan.Gate]

  /// An object and a box are one from this overlap on, as mAP@0.5 has it.
  private static let overlap = 0.5

  init(_ plan: CascadePlan) {
    records = plan.records
    let period = plan.records[0].framePeriod * 1_000
    let blockFrames = max(1, Int((plan.block.nanoseconds + period / 2) / period))
    var (firstFrame, firstBlock) = ([0], [0])
    var blockStarts: [[Int]] = []
    for record in plan.records {
      let count = max(1, record.frameCount / blockFrames)
      blockStarts.append((0...count).map { $0 * record.frameCount / count })
      firstFrame.append(firstFrame[firstFrame.count - 1] + record.frameCount)
      firstBlock.append(firstBlock[firstBlock.count - 1] + count)
    }
    (self.firstFrame, self.firstBlock, self.blockStarts) = (firstFrame, firstBlock, blockStarts)
    var gates: [CascadePlan.Gate] = []
    gateOfStation = plan.gates.map { gate in
      if let known = gates.firstIndex(of: gate) { return known }
      gates.append(gate)
      return gates.count - 1
    }
    runawayGate = gates.count
    // No score is above 1: every best box is doubtful.
    gates.append(CascadePlan.Gate(threshold: 2, margin: 0, cropsPerFrame: 1))
    self.gates = gates
    let most = gates.reduce(1) { max($0, $1.cropsPerFrame) }
    var crops: [Crop] = []
    var starts: [[Int]] = []
    for (number, record) in plan.records.enumerated() {
      let product = plan.products.isEmpty ? 0 : plan.products.firstIndex(of: plan.products[number])!
      starts.append(
        Self.addCrops(
          record, firstFrame[number], product: Int32(product), most: most, to: &crops))
    }
    self.crops = crops
    var (views, sent) = ([[View]](), [Int32]())
    for gate in gates {
      views.append(
        plan.records.indices.map {
          Self.view(plan.records[$0], gate, crops, starts[$0], &sent)
        })
    }
    (self.views, self.sent) = (views, sent)
  }

  var frameCount: Int { firstFrame[records.count] }
  var blockCount: Int { firstBlock[records.count] }

  /// The record that holds a frame.
  func record(ofFrame frame: Int) -> Int { firstFrame.lastIndex { $0 <= frame }! }

  /// The block of its record that holds a frame, which is a place in the record.
  func block(ofFrame place: Int, in record: Int) -> Int {
    let starts = blockStarts[record]
    // Blocks are equally long, give or take a frame.
    var block = min(starts.count - 2, place * (starts.count - 1) / max(1, starts[starts.count - 1]))
    while starts[block + 1] <= place { block += 1 }
    while starts[block] > place { block -= 1 }
    return block
  }

  /// Adds each frame's best boxes; returns where each frame's begin, and their end.
  private static func addCrops(
    _ record: DetectionRecord, _ firstFrame: Int, product: Int32, most: Int,
    to crops: inout [Crop]
  ) -> [Int] {
    var truth = [[TrueBox]](repeating: [], count: record.frameCount)
    for box in record.truth { truth[box.image].append(box) }
    var starts = [crops.count]
    for frame in 0..<record.frameCount {
      for (rank, place) in record.best(most, of: frame).enumerated() {
        let detection = record.detections[place]
        var label: Int32 = -1
        var best = overlap
        for box in truth[frame] {
          let shared = detection.box.overlap(box.box, isCrowd: box.isCrowd)
          if shared >= best { (best, label) = (shared, Int32(box.category)) }
        }
        crops.append(
          Crop(
            frame: Int32(firstFrame + frame), detection: Int32(place), rank: Int32(rank),
            bytes: detection.cropBytes, hash: detection.cropHash, label: label, product: product))
      }
      starts.append(crops.count)
    }
    return starts
  }

  private static func view(
    _ record: DetectionRecord, _ gate: CascadePlan.Gate, _ crops: [Crop], _ starts: [Int],
    _ sent: inout [Int32]
  ) -> View {
    var view = View()
    for frame in 0..<record.frameCount {
      view.before.append(Int32(view.frames.count))
      let first = sent.count
      for crop in (starts[frame]..<starts[frame + 1]).prefix(gate.cropsPerFrame)
      where gate.doubts(record.detections[Int(crops[crop].detection)]) {
        sent.append(Int32(crop))
      }
      guard sent.count > first else { continue }
      view.frames.append(Int32(frame))
      view.starts.append(Int32(first))
    }
    view.before.append(Int32(view.frames.count))
    view.starts.append(Int32(sent.count))
    return view
  }
}

extension CascadePlan.Gate {
  package func doubts(_ detection: Detection) -> Bool {
    let score = Double(detection.score)
    return score < threshold
      || detection.runnerUp >= 0 && score - Double(detection.runnerUpScore) < margin
  }
}

extension DetectionRecord {
  /// Frames of which a gate would send something.
  package func doubtfulFrameCount(_ gate: CascadePlan.Gate) -> Int {
    (0..<frameCount).count { frame in
      best(gate.cropsPerFrame, of: frame).contains { gate.doubts(detections[$0]) }
    }
  }

  /// Places of a frame's best boxes among all detections, at most so many; equal scores as they came.
  func best(_ most: Int, of frame: Int) -> [Int] {
    let all = starts[frame]..<starts[frame + 1]
    guard all.count > 1 else { return Array(all) }
    let order = all.sorted {
      detections[$0].score != detections[$1].score
        ? detections[$0].score > detections[$1].score : $0 < $1
    }
    return Array(order.prefix(most))
  }
}
