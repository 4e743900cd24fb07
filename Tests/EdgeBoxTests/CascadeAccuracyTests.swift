import Boards
import Bytes
import Commands
import EdgeBox
import Metrics
import TestSupport
import Testing
import Uplink
import VirtualTime

@Suite struct CascadeAccuracyTests {
  /// Frames of a shift one by one, as a record of their own.
  @Test func `accuracy by weights is that of every frame of the shift`() throws {
    // One block as long as the recording: each showing is the whole of it, so that the shift is known.
    let record = MadeUp.record(frames: 500, doubtful: 0.2)
    var plan = try MadeUp.plan(
      record, network: MadeUp.network(stations: 1, transport: "connections: 60"), minutes: 1)
    plan.block = .seconds(20)
    plan.gates = [CascadePlan.Gate(threshold: 0.6, margin: 0.1, cropsPerFrame: 2)]
    plan.recordedAnswers = try answers(record, plan.gates[0])
    let outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [] && outcome.blocksShown == 3 && outcome.framesShown == 500)
    #expect(outcome.assumedAnswers == 0 && outcome.recordedAnswers > 200)
    #expect(
      outcome.total.escalations[.answeredInTime] == outcome.total.escalations.total)
    var (truth, edge, final) = ([TrueBox](), [DetectedBox](), [DetectedBox]())
    for frame in 0..<500 {
      // Equal scores count in the order of their images: showings of a frame lie side by side.
      for showing in 0..<3 {
        let image = frame * 3 + showing
        for var box in record.truth where box.image == frame {
          box.image = image
          truth.append(box)
        }
        for place in record.starts[frame]..<record.starts[frame + 1] {
          let own = record.detections[place]
          var box = DetectedBox(
            image: image, category: Int(own.category), box: own.box, score: Double(own.score))
          edge.append(box)
          let answer = plan.recordedAnswers.first {
            $0.frame == frame && $0.detection == place - record.starts[frame]
          }
          if let answer {
            guard let category = answer.category else { continue }
            (box.category, box.score) = (Int(category), answer.score)
          }
          final.append(box)
        }
      }
    }
    func summary(_ detections: [DetectedBox]) -> DetectionSummary {
      DetectionMatches(truth, detections, imageCount: 1_500, categoryCount: 3).summary()
    }
    let accuracy = try #require(outcome.accuracy)
    for (by, brute) in [(accuracy.edge, summary(edge)), (accuracy.final, summary(final))] {
      for figure in DetectionFigure.allCases {
        let (a, b) = (by.overall[figure], brute.overall[figure])
        #expect(a == nil && b == nil || abs(a! - b!) < 1e-12, "\(figure)")
      }
    }
    #expect(accuracy.edge != accuracy.final)
  }

  /// An answer for every box that the gate sends: the truth by looking, with scores of their own.
  private func answers(
    _ record: DetectionRecord, _ gate: CascadePlan.Gate
  ) throws -> [CascadePlan.RecordedAnswer] {
    var answers: [CascadePlan.RecordedAnswer] = []
    for frame in 0..<record.frameCount {
      let order = record[frame].indices.sorted {
        record.detections[$0].score > record.detections[$1].score
      }
      for place in order.prefix(gate.cropsPerFrame) where gate.doubts(record.detections[place]) {
        let box = record.detections[place].box
        let truth = record.truth.first { $0.image == frame && $0.box.overlap(box) >= 0.5 }
        answers.append(
          .init(
            record: 0, frame: frame, detection: place - record.starts[frame],
            category: truth.map { Int32($0.category) }, score: 0.5 + Double(frame % 50) / 100))
      }
    }
    return answers
  }

  @Test func `intervals are of blocks, and the gain has one of its own`() throws {
    var plan = try MadeUp.plan(network: MadeUp.network(stations: 1))
    plan.resamples = 60
    let accuracy = try #require(MadeUp.run(plan).accuracy)
    #expect(accuracy.clusters == 15)
    let gain = try #require(accuracy.gain.overall[.precisionAt50])
    let interval = try #require(accuracy.gainIntervals?.overall[.precisionAt50])
    #expect(interval.contains(gain) && interval.lower > 0)
    let edge = try #require(accuracy.edgeIntervals?.overall[.precisionAt50])
    // What is hard for both cancels out.
    #expect(interval.upper - interval.lower < 2 * (edge.upper - edge.lower))
  }

  @Test func `an answer about nothing may take the box away, and adds none`() throws {
    var plan = try MadeUp.plan(network: MadeUp.network(stations: 1))
    let with = try #require(MadeUp.run(plan).accuracy?.gain.overall[.precisionAt50])
    plan.cloud.onNothing = [0, 1, 0]
    let without = try #require(MadeUp.run(plan).accuracy?.gain.overall[.precisionAt50])
    #expect(with > without)
  }

  static let caching = """
    { preset: "preflash", name: "caching", requiresVirtualKey: false,
      cache: { distance: 3, ttl: "24h", promptVersion: false, variant: VARIANT },
      providers: [{ name: "cloud", latency: { median: "500ms", p99: "1100ms" },
                    price: { request: 0.001 } }] }
    """

  @Test func `a false hit gives another's answer, and hurts`() throws {
    // Doubtful boxes of the second product look like those of the first, and show something else.
    var first = DetectionRecord(classNames: MadeUp.classNames, framePeriod: 40_000)
    var second = first
    for frame in 0..<500 {
      let box = PixelBox(x: 100, y: 60, width: 60, height: 50)
      let isDoubtful = frame % 10 == 0
      for (truth, hash) in [(0, UInt64(frame)), (1, UInt64(frame) ^ 1)] {
        let found = Detection(
          box: box, category: Int32(truth), score: isDoubtful ? 0.4 : 0.9, runnerUp: 2,
          runnerUpScore: 0.1, cropBytes: 10_000, cropHash: hash << 8)
        if truth == 0 {
          first.truth.append(TrueBox(image: frame, category: 0, box: box))
          first.append(time: Int64(frame) * 40_000, [found])
        } else {
          second.truth.append(TrueBox(image: frame, category: 1, box: box))
          second.append(time: Int64(frame) * 40_000, [found])
        }
      }
    }
    func outcome(_ variant: Bool) throws -> CascadeOutcome {
      let text = Self.caching.replacing("VARIANT", with: "\(variant)")
      let gateway = try GatewayProfile(
        parsing: Array(text.utf8), file: "caching.json5",
        preset: { name throws(InputError) in
          try Files.read("\(SharedData.repository)/boards/gateways/\(name).json5")
        })
      var plan = try MadeUp.plan(first, network: MadeUp.network(stations: 1), minutes: 4)
      plan.records.append(second)
      plan.products = ["first", "second"]
      plan.cloud.confusion = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
      plan.changes = [
        .init(
          start: .zero + .seconds(120), end: .zero + .seconds(240), record: 1, stations: [0],
          title: "second product")
      ]
      return try MadeUp.run(plan, farEnd: .gateway(gateway))
    }
    let (blind, knowing) = (try outcome(false), try outcome(true))
    #expect(blind.check() == [] && knowing.check() == [])
    #expect(blind.total.cacheHits.wrong > 20, "\(blind.total)")
    #expect(knowing.total.cacheHits.wrong == 0)
    #expect(blind.total.cacheHits.right > 50)
    let (bad, good) = (
      try #require(blind.accuracy?.final.overall[.precisionAt50]),
      try #require(knowing.accuracy?.final.overall[.precisionAt50])
    )
    #expect(good - bad > 0.005, "\(good) \(bad)")
    #expect(blind.total.cost < knowing.total.cost)
  }
}
