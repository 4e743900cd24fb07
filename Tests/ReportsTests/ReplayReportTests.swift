import Bytes
import Events
import Metrics
import Reports
import Scenarios
import Testing
import Timing
import VirtualTime

/// Answers with the column that has most events.
private struct ColumnClassifier: Classifier {
  let classCount = 3
  let keepsState = false
  mutating func outputs(for input: [UInt8]) throws(InputError) -> [UInt8] { input }
  func bestClass(of outputs: [UInt8]) -> Int { outputs.firstIndex(of: outputs.max()!)! }
}

private struct ColumnEncoder: WindowEncoder {
  let tensorSize = 3
  mutating func encode(
    _ events: EventBatch, _ range: Range<Int>, window: Range<Int64>
  ) -> [UInt8] {
    var tensor = [UInt8](repeating: 0, count: tensorSize)
    for index in range { tensor[Int(events.xs[index])] &+= 1 }
    return tensor
  }
}

enum ExampleReport {
  static let scenarioText = """
    {
      name: "three columns",
      trace: { file: "columns.csv", origin: "synthetic", labels: "labels.csv" },
      model: "card.json5",
      windows: { length: "10us", origin: "0us" },
      device: {
        board: "b", runtime: "r", buffer: { size: "80B" },
        queue: { policy: "drop-newest" },
      },
      deadline: "5us",
      expect: { accuracyAtLeast: 0.5, deadlineMissesAtMost: 0, flashAtMost: "1MB" },
    }
    """

  static let cardText = """
    {
      name: "columns", model: "columns.tflite",
      data: { origin: "recorded", description: "none" },
      window: { microseconds: 10 },
      representation: { kind: "counts", width: 3, height: 1 },
      input: { scale: 1, zeroPoint: 0 },
      classes: [{ label: 1, name: "left" }, { label: 2, name: "middle" }, { label: 5, name: "right" }],
    }
    """

  static let context = ReplayContext(
    boardTitle: "a board", runtimeTitle: "a runtime", runtimeError: "off by 12.3 % on average",
    arithmetic: "double-rounding", modelFile: "columns.tflite", modelSize: 2_048,
    flash: .init(name: "flash", used: 300_000, size: 1_000_000),
    ram: .init(name: "RAM", used: 90_000, size: 100_000),
    regions: [.init(name: "SRAM", used: 90_000, size: 100_000)], misfits: [],
    isMemoryPlanned: true, power: .init(active: 500, idle: 100, source: "invented"))

  /// Windows 0 and 1 show the left column, 2 to 4 the middle one, of which window 3 is wrong.
  static func make(
    inference: Int64 = 4_000, context: ReplayContext = context
  ) throws -> ReplayReport {
    let scenario = try Scenario(parsing: Array(scenarioText.utf8), file: "scenario.json5")
    let card = try ModelCard(parsing: Array(cardText.utf8), file: "card.json5")
    let replay = Replay(
      scenario: scenario,
      labels: LabelTrack([
        .init(classIndex: 0, start: 0, end: 20), .init(classIndex: 1, start: 20, end: 50),
      ]),
      encoder: ColumnEncoder(), classifier: ColumnClassifier(),
      sensor: SensorSize(width: 3, height: 1),
      clock: CoreClock(hertz: 1_000_000_000),
      preprocessing: PreprocessingModel(fixedCycles: 500, centicyclesPerEvent: 0),
      inferenceCycles: inference)
    var text = "t,x,y,p\n"
    for time in 0..<60 where time % 2 == 0 || time == 59 {
      let column = time < 20 ? 0 : (30..<40).contains(time) ? 2 : 1
      text += "\(time),\(time == 58 ? 7 : column),0,1\n"
    }
    var reader = try EventReader(MemorySource(Array(text.utf8)), name: "columns.csv")
    let outcome = try replay.run(&reader)
    return ReplayReport(scenario, card: card, context: context, outcome: outcome)
  }
}

@Suite("Replay reports")
struct ReplayReportTests {
  @Test("the text says whether it fits, is in time and is right, and ends with the verdict")
  func text() throws {
    let text = try ExampleReport.make().text()
    for line in [
      "Device    a board at 1000 MHz, a runtime, double-rounding",
      "Trace     columns.csv: synthetic, CSV, 31 events in 0.0 s",
      "RAM    ██████████████████░░    87.9 KiB (90,000 B) of 97.7 KiB (100,000 B), 90.0 %",
      "inference 0.00 ms, estimated: off by 12.3 % on average",
      "deadline 0.0 ms: 6 of 6 in time",
      "accuracy 80.0 %, 4 of 5 scored windows; by majority 2 of 2 segments right",
      "events   31  = 30 used + 0 late + 0 dropped + 1 malformed",
      "windows   6  = 5 scored + 1 unlabelled + 0 straddling a label + 0 dropped",
      "2 middle             ·  2  1    67 %      100 %",
    ] {
      #expect(text.contains(line), "\(line)\nin\n\(text)")
    }
    #expect(
      text.hasSuffix(
        """
        PASS  fits the board
              flash at most 976.6 KiB (1,000,000 B): 293.0 KiB (300,000 B)
              deadline misses at most 0: 0
              accuracy at least 50.0 %: 80.0 %

        """))
    #expect(!text.contains("\u{1B}"))
    #expect(text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
  }

  @Test("a stranger reads it on one screen: at most 50 lines of at most 110 columns")
  func screen() throws {
    let lines = try ExampleReport.make().text().split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 50)
    #expect(lines.allSatisfy { $0.count <= 110 })
  }

  @Test("colours appear only when asked for, and change no letter")
  func colours() throws {
    let report = try ExampleReport.make()
    let coloured = report.text(Style(usesColour: true))
    #expect(coloured.contains("\u{1B}[32mPASS\u{1B}[0m"))
    let bare = coloured.replacing(/\u{1B}\[[0-9]+m/, with: "")
    #expect(bare == report.text())
  }

  @Test("a missed deadline fails the verdict that asked for none")
  func deadline() throws {
    let report = try ExampleReport.make(inference: 5_000)
    #expect(!report.passes)
    #expect(report.text().contains("deadline misses at most 0: 6  ← not met"))
    #expect(report.text().contains("deadline 0.0 ms: 0 of 6 in time"))
  }

  @Test("a model without a place on the board fails whatever the scenario asks for")
  func misfit() throws {
    var context = ExampleReport.context
    context.misfits = ["arena: 3,000 B more than any region has"]
    let report = try ExampleReport.make(context: context)
    #expect(!report.passes)
    #expect(report.text().contains("arena: 3,000 B more"))
    #expect(report.text().contains("does not fit the board"))
  }

  @Test("the JSON has the same figures, with whole nanoseconds")
  func json() throws {
    let json = try ExampleReport.make().json.text
    for line in [
      "\"verdict\": \"PASS\"", "\"answers\": \"emulated\"", "\"inferenceTime\": \"estimated\"",
      "\"trace\": \"synthetic\"", "\"used\": 30", "\"malformed\": 1", "\"scored\": 5",
      "\"p50Nanoseconds\": 4500", "\"share\": 0.8000", "\"usedBytes\": 300000",
    ] {
      #expect(json.contains(line), "\(line)")
    }
  }

  @Test("energy is active power while busy and idle power otherwise")
  func energy() throws {
    let report = try ExampleReport.make()
    let power = try #require(report.context.power)
    // Six answers of 4.5 µs within 64.5 µs.
    let expected = 500 * 27e-6 + 100 * (64.5 - 27) * 1e-6
    #expect(abs(power.millijoules(of: report.outcome) - expected) < 1e-9)
  }

  @Test("two runs print the same bytes")
  func deterministic() throws {
    #expect(try ExampleReport.make().json.text == ExampleReport.make().json.text)
    #expect(try ExampleReport.make().text() == ExampleReport.make().text())
  }
}
