import Boards
import Bytes
import EdgeBox
import Metrics
import Uplink
import VirtualTime

/// A small storyboard, its recordings made up.
enum StoryboardFixture {
  static let text = """
    {
      name: "ten minutes",
      seed: 3,
      recordings: [
        { record: "a.csv", labels: "a.npy" },
        { name: "lens contamination", record: "b.csv", labels: "b.npy" },
      ],
      shift: { length: "10min", block: "2s" },
      box: { board: "box", model: "card.json5", latency: { median: "30ms", p99: "35ms" } },
      cascade: {
        threshold: 0.55, margin: 0.15,
        sites: [{ station: "line-2", threshold: 0.48 }],
        queue: { capacity: 1000, longestAge: "1h", batch: 10 },
        ceiling: { limit: 5, every: "1d" },
        drift: { window: "30s", baseline: 4, detectors: ["cusum"] },
        cloud: {
          assumed: [
            { name: "ok", accuracy: 0.98 },
            { name: "tear", accuracy: 0.9 },
          ],
          nothing: "ok",
        },
      },
      link: "ideal",
      providers: [{ name: "vision", latency: { median: "400ms", p99: "900ms" }, price: { request: 0.001 } }],
      stations: [{ name: "line", count: 2 }],
      scenes: [{ at: "5min", recording: "lens contamination" }],
      incidents: [{ at: "2min", for: "1min", kind: "link-down" }],
      currency: "$",
      expect: ["lost frames == 0", "cost/day < $5"],
    }
    """

  /// A detection on every fourth frame, every `doubt`-th of them doubtful; truth agrees with the sure.
  static func record(frames: Int = 200, doubt: Int, classes: [String] = ["ok", "tear"])
    -> DetectionRecord
  {
    var record = DetectionRecord(classNames: classes, framePeriod: 40_000)
    for frame in 0..<frames {
      guard frame % 4 == 0 else {
        record.append(time: Int64(frame) * 40_000, [])
        continue
      }
      let isDoubtful = frame / 4 % doubt == 0
      let box = PixelBox(x: 20, y: 30, width: 60, height: 40)
      let truth = frame / 4 % 7 == 0 ? 1 : 0
      record.append(
        time: Int64(frame) * 40_000,
        [
          Detection(
            box: box, category: isDoubtful ? 0 : Int32(truth), score: isDoubtful ? 0.4 : 0.9,
            runnerUp: 1, runnerUpScore: isDoubtful ? 0.35 : 0.05, cropBytes: 9_000,
            cropHash: UInt64(frame) &* 0x9e37_79b9_7f4a_7c15)
        ])
      record.truth.append(TrueBox(image: frame, category: truth, box: box))
    }
    return record
  }

  static let parts = Storyboard.Parts(
    records: [record(doubt: 10), record(doubt: 3)],
    timing: CascadePlan.FrameTiming(median: .milliseconds(30), jitter: 0.05), gateway: nil)

  /// The storyboard of the text with one part of it replaced.
  static func storyboard(
    _ old: String = "", _ new: String = "", parts: Storyboard.Parts = parts
  ) throws(InputError) -> Storyboard {
    let changed = old.isEmpty ? text : text.replacing(old, with: new)
    do throws(InputError) {
      return try Storyboard(StoryboardFile(parsing: Array(changed.utf8), file: "s.json5"), parts)
    } catch {
      throw ConfigurationFile.withLine(error, in: Array(changed.utf8)).inFile("s.json5")
    }
  }
}
