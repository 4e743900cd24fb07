import Metrics
import Testing
import VirtualTime

@Suite("Detections against the truth")
struct DetectionTests {
  private func object(
    _ x: Double, _ width: Double = 40, image: Int = 0, category: Int = 0, area: Double? = nil,
    isCrowd: Bool = false
  ) -> TrueBox {
    TrueBox(
      image: image, category: category, box: PixelBox(x: x, y: 0, width: width, height: 40),
      area: area, isCrowd: isCrowd)
  }

  private func claim(
    _ x: Double, _ width: Double = 40, score: Double, image: Int = 0, category: Int = 0
  ) -> DetectedBox {
    DetectedBox(
      image: image, category: category, box: PixelBox(x: x, y: 0, width: width, height: 40),
      score: score)
  }

  private func summary(
    _ truth: [TrueBox], _ claims: [DetectedBox], images: Int = 1, categories: Int = 1
  ) -> DetectionSummary {
    DetectionMatches(truth, claims, imageCount: images, categoryCount: categories).summary()
  }

  private func isNear(_ value: Double?, _ expected: Double) -> Bool {
    value.map { abs($0 - expected) < 1e-12 } ?? false
  }

  @Test("what is found exactly scores 1, what is not there to be found scores nothing")
  func perfect() {
    let found = summary([object(0)], [claim(0, score: 0.5)], categories: 2)
    for figure in [DetectionFigure.precision, .recallOf1, .recallOf100, .precisionMedium] {
      #expect(isNear(found.overall[figure], 1), "\(figure.title)")
    }
    #expect(found.overall[.precisionSmall] == nil && found.overall[.recallLarge] == nil)
    #expect(found.classes[1] == DetectionFigures())
    let nothing = summary([], [claim(0, score: 0.5)])
    #expect(nothing.overall == DetectionFigures())
    #expect(summary([object(0)], []).overall[.precision] == 0)
  }

  @Test("a wrong detection with a better score halves the precision")
  func wrongFirst() {
    let found = summary([object(0)], [claim(200, score: 0.9), claim(0, score: 0.5)])
    #expect(isNear(found.overall[.precision], 0.5))
    #expect(found.overall[.recallOf1] == 0)
    #expect(found.overall[.recallOf10] == 1)
  }

  @Test("an overlap of exactly a threshold is a match there and not beyond")
  func exactOverlap() {
    // 30 of 40 columns: 0.75, the sixth of ten thresholds.
    let found = summary([object(0)], [claim(0, 30, score: 1)])
    #expect(isNear(found.overall[.recallOf1], 0.6))
    #expect(isNear(found.overall[.precisionAt75], 1))
    #expect(summary([object(0)], [claim(0, 29.9, score: 1)]).overall[.precisionAt75] == 0)
  }

  @Test("of two objects that overlap alike the later is taken, and the earlier stays free")
  func ties() {
    // The first claim lies between both; the second fits only the first object.
    let truth = [object(0), object(10)]
    let claims = [claim(5, score: 0.9), claim(0, score: 0.8)]
    #expect(isNear(summary(truth, claims).overall[.precisionAt50], 1))
    #expect(isNear(summary(truth, claims).overall[.precisionAt75], 1))
    // Reversed, the second claim finds its object taken, and the other overlaps by only 0.6.
    let reversed = summary(truth.reversed(), claims)
    #expect(isNear(reversed.overall[.precisionAt50], 1))
    #expect(isNear(reversed.overall[.precisionAt75], 51.0 / 101))
  }

  @Test("equal scores keep the order of the file")
  func equalScores() {
    let right = summary([object(0)], [claim(0, score: 0.5), claim(200, score: 0.5)])
    let wrong = summary([object(0)], [claim(200, score: 0.5), claim(0, score: 0.5)])
    #expect(isNear(right.overall[.precision], 1))
    #expect(isNear(wrong.overall[.precision], 0.5))
  }

  @Test("a crowd takes any number of detections and counts for nothing")
  func crowds() {
    let truth = [object(0), object(100, 400, isCrowd: true)]
    let claims = [
      claim(110, score: 0.9), claim(150, score: 0.8), claim(300, score: 0.7), claim(0, score: 0.6),
    ]
    #expect(isNear(summary(truth, claims).overall[.precision], 1))
    #expect(isNear(summary(truth, claims).overall[.recallOf100], 1))
    // A claim that covers the object goes to the object, though the crowd covers it wholly.
    let both = [object(0), object(0, 400, isCrowd: true)]
    #expect(isNear(summary(both, [claim(0, 30, score: 1)]).overall[.precisionAt75], 1))
  }

  @Test("an object whose area is the limit of two sizes counts in both")
  func sizes() {
    let found = summary([object(0, area: 1024)], [claim(0, score: 1)])
    #expect(isNear(found.overall[.precisionSmall], 1))
    #expect(isNear(found.overall[.precisionMedium], 1))
    #expect(found.overall[.precisionLarge] == nil)
  }

  @Test("detections beyond the hundredth on an image are not looked at")
  func hundred() {
    let misses = (0..<100).map { claim(1000 + 50 * Double($0), score: 0.9) }
    let early = summary([object(0)], misses.dropLast() + [claim(0, score: 0.5)])
    #expect(early.overall[.recallOf100] == 1)
    let late = summary([object(0)], misses + [claim(0, score: 0.5)])
    #expect(late.overall[.recallOf100] == 0)
  }

  // MARK: Resamples

  /// Objects and claims that are right, shifted, wrong or missing, at random.
  private func random(
    images: Int, categories: Int, seed: UInt64
  ) -> (truth: [TrueBox], claims: [DetectedBox]) {
    var random = SeededRandom(seed: seed)
    var (truth, claims): ([TrueBox], [DetectedBox]) = ([], [])
    for image in 0..<images {
      for index in 0..<Int.random(in: 0...4, using: &random) {
        let x = 60 * Double(index)
        let category = Int.random(in: 0..<categories, using: &random)
        truth.append(object(x, image: image, category: category))
        guard random.uniform() < 0.8 else { continue }
        claims.append(
          claim(
            x + random.uniform(0...15), score: random.uniform(), image: image,
            category: random.uniform() < 0.9 ? category : 0))
      }
    }
    return (truth, claims)
  }

  @Test("an image that counts twice counts like two images alike")
  func weights() {
    let images = 12
    var (truth, claims) = random(images: images, categories: 3, seed: 4)
    let once = DetectionMatches(truth, claims, imageCount: images, categoryCount: 3)
    var weights = [Int](repeating: 1, count: images)
    weights[5] = 2
    weights[7] = 0
    truth.removeAll { $0.image == 7 }
    claims.removeAll { $0.image == 7 }
    truth += truth.filter { $0.image == 5 }.map { object in
      var object = object
      object.image = images
      return object
    }
    claims += claims.filter { $0.image == 5 }.map { claim in
      var claim = claim
      claim.image = images
      return claim
    }
    let doubled = DetectionMatches(truth, claims, imageCount: images + 1, categoryCount: 3)
    #expect(claims.contains { $0.image == images })
    #expect(once.summary(weights: weights) == doubled.summary())
  }

  @Test("a detector does not differ from itself, and is better than one that sees less")
  func paired() throws {
    let (truth, claims) = random(images: 60, categories: 3, seed: 9)
    let all = DetectionMatches(truth, claims, imageCount: 60, categoryCount: 3)
    let fewer = DetectionMatches(
      truth, claims.enumerated().filter { $0.offset % 3 > 0 }.map(\.element), imageCount: 60,
      categoryCount: 3)
    let bootstrap = DetectionBootstrap(clusters: Array(0..<60), resamples: 200)
    let same = try #require(bootstrap.difference(all, all))
    #expect(same.overall[.precision] == Interval(lower: 0, upper: 0))
    let better = try #require(bootstrap.difference(all, fewer))
    #expect(try #require(better.overall[.precision]).lower > 0)
    #expect(better.overall[.precisionLarge] == nil)
    let alone = try #require(bootstrap.intervals(of: all))
    #expect(alone == bootstrap.intervals(of: all))
    #expect(try #require(alone.overall[.precision]).contains(all.summary().overall[.precision]!))
    #expect(alone.classes.count == 3)
    // Pairing must tell more than two intervals side by side.
    let width = { (interval: Interval?) in interval.map { $0.upper - $0.lower } ?? 0 }
    #expect(width(better.overall[.precision]) < width(alone.overall[.precision]))
  }

  @Test("figures asked for alone are the same as among all twelve, and the others are left out")
  func someFigures() throws {
    let (truth, claims) = random(images: 60, categories: 3, seed: 4)
    let matches = DetectionMatches(truth, claims, imageCount: 60, categoryCount: 3)
    let all = matches.summary()
    for wanted in DetectionFigure.allCases.map({ Set([$0]) }) + [[.precisionAt50, .recallSmall]] {
      let some = matches.summary(of: wanted)
      for (some, all) in zip([some.overall] + some.classes, [all.overall] + all.classes) {
        for figure in DetectionFigure.allCases {
          #expect(some[figure] == (wanted.contains(figure) ? all[figure] : nil))
        }
      }
    }
    var bootstrap = DetectionBootstrap(clusters: Array(0..<60), resamples: 50)
    let intervals = try #require(bootstrap.intervals(of: matches))
    bootstrap.figures = [.precisionAt50]
    let one = try #require(bootstrap.intervals(of: matches))
    #expect(one.overall == intervals.overall.filter { $0.key == .precisionAt50 })
  }

  @Test("images of one clip are drawn together, and a single clip gives no interval")
  func clips() throws {
    let (truth, claims) = random(images: 40, categories: 1, seed: 2)
    // Four copies of each image: the clusters say that ten times four images are ten.
    let matches = DetectionMatches(truth, claims, imageCount: 40, categoryCount: 1)
    let one = DetectionBootstrap(clusters: [Int](repeating: 0, count: 40), resamples: 50)
    #expect(one.intervals(of: matches) == nil)
    let none = DetectionBootstrap(clusters: [], resamples: 50)
    #expect(none.clusterCount == 0)
    let copies = (0..<4).flatMap { copy in
      truth.map { object in
        var object = object
        object.image += 40 * copy
        return object
      }
    }
    let copiedClaims = (0..<4).flatMap { copy in
      claims.map { claim in
        var claim = claim
        claim.image += 40 * copy
        return claim
      }
    }
    let copied = DetectionMatches(copies, copiedClaims, imageCount: 160, categoryCount: 1)
    func width(_ clusters: [Int], _ matches: DetectionMatches) throws -> Double {
      let bootstrap = DetectionBootstrap(clusters: clusters, resamples: 400)
      let interval = try #require(bootstrap.intervals(of: matches)?.overall[.precision])
      return interval.upper - interval.lower
    }
    let single = try width(Array(0..<160), copied)
    let clustered = try width((0..<160).map { $0 % 40 }, copied)
    let original = try width(Array(0..<40), matches)
    #expect(abs(clustered / original - 1) < 0.15)
    #expect(single < 0.65 * clustered)
  }
}
