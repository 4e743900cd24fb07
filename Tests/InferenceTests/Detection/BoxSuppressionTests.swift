import Inference
import TestSupport
import Testing
import VirtualTime

@Suite("Suppression of boxes that show the same thing")
struct BoxSuppressionTests {
  private static func box(
    _ left: Float, _ top: Float, _ right: Float, _ bottom: Float, _ score: Float,
    _ category: Int32 = 0
  ) -> FoundBox {
    FoundBox(
      left: left, top: top, right: right, bottom: bottom, category: category, score: score)
  }

  /// Crowded, so that many overlap; scores on a coarse grid tie often.
  private static func crowd(_ seed: UInt64, _ count: Int, scores: Int) -> [FoundBox] {
    var random = SeededRandom(seed: seed, stream: "boxes")
    return (0..<count).map { _ in
      let left = Float.random(in: 0...40, using: &random)
      let top = Float.random(in: 0...40, using: &random)
      return box(
        left, top, left + Float.random(in: 0...30, using: &random),
        top + Float.random(in: 0...30, using: &random),
        Float(Int.random(in: 0...scores, using: &random)) / Float(scores),
        Int32.random(in: 0...4, using: &random))
    }
  }

  @Test("The better of two that overlap stays, whatever their classes")
  func pairs() {
    let suppression = BoxSuppression(overlap: 0.5, mostBoxes: 16)
    let (low, high) = (Self.box(0, 0, 10, 10, 0.4, 1), Self.box(0, 0, 10, 9, 0.9, 2))
    #expect(suppression.kept([low, high]) == [high])
    // Exactly half is not more than half.
    let half = Self.box(0, 0, 10, 5, 0.3)
    #expect(suppression.kept([low, half]) == [low, half])
    #expect(suppression.kept([]).isEmpty)
  }

  @Test("What a suppressed box would suppress stays")
  func chain() {
    let first = Self.box(0, 0, 10, 10, 0.9)
    let second = Self.box(4, 0, 14, 10, 0.8)
    let third = Self.box(8, 0, 18, 10, 0.7)
    let kept = BoxSuppression(overlap: 0.4, mostBoxes: 16).kept([third, second, first])
    #expect(kept == [first, third])
  }

  @Test("No two that stay overlap more than the limit, and each that went had a better one")
  func property() {
    for seed in 0..<50 {
      let boxes = Self.crowd(UInt64(seed), 60, scores: 20)
      let kept = BoxSuppression(overlap: 0.45, mostBoxes: 1_000).kept(boxes)
      for (index, box) in kept.enumerated() {
        for other in kept[..<index] {
          #expect(box.overlap(other) <= 0.45)
          #expect(other.score >= box.score)
        }
      }
      for box in boxes where !kept.contains(box) {
        #expect(kept.contains { $0.overlap(box) > 0.45 && $0.score >= box.score })
      }
    }
  }

  @Test("The order in which boxes were found does not matter, and the limit takes the best")
  func order() {
    var random = SeededRandom(seed: 9, stream: "order")
    for seed in 0..<50 {
      let boxes = Self.crowd(UInt64(seed), 60, scores: 5)
      let all = BoxSuppression(overlap: 0.3, mostBoxes: 1_000).kept(boxes)
      let shuffled = boxes.shuffled(using: &random)
      #expect(BoxSuppression(overlap: 0.3, mostBoxes: 1_000).kept(shuffled) == all)
      #expect(
        BoxSuppression(overlap: 0.3, mostBoxes: 7).kept(shuffled) == Array(all.prefix(7)))
    }
  }

  @Test(
    "TensorFlow keeps the same boxes",
    .enabled(
      if: SharedData.runsSlowTests && Python(with: ["tensorflow"]) != nil,
      "PREFLASH_PYTHON names an interpreter with tensorflow"))
  func tensorFlow() throws {
    let python = try #require(Python(with: ["tensorflow"]))
    let crowds = (0..<30).map { Self.crowd($0, 100, scores: 1 << 20) }
    let numbers = crowds.map { boxes in
      boxes.map { "\($0.top),\($0.left),\($0.bottom),\($0.right),\($0.score)" }
        .joined(separator: " ")
    }
    let program = """
      import sys, tensorflow as tf
      for line in sys.argv[1:]:
        rows = [[float(x) for x in box.split(',')] for box in line.split()]
        boxes, scores = [r[:4] for r in rows], [r[4] for r in rows]
        kept = tf.image.non_max_suppression(boxes, scores, 20, iou_threshold=0.5)
        print(' '.join(str(int(k)) for k in kept))
      """
    let lines = try python.run(program, numbers).split(separator: "\n")
    try #require(lines.count == crowds.count)
    for (boxes, line) in zip(crowds, lines) {
      let kept = BoxSuppression(overlap: 0.5, mostBoxes: 20).kept(boxes)
      #expect(kept == line.split(separator: " ").map { boxes[Int($0)!] })
    }
  }
}
