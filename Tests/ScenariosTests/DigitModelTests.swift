import Bytes
import Events
import Kernels
import Metrics
import Models
import Scenarios
import TestSupport
import Testing
import Timing
import VirtualTime

/// The bundled digit model on a hundred real recordings, from bytes to answers.
@Suite("Digit model", .enabled(if: SharedData.isPresent))
struct DigitModelTests {
  private static let recordings = "events/labelled/nmnist_slayer/"

  private let card: ModelCard
  private let model: Model
  /// The held-out recordings and their digits.
  private let list: [(file: String, digit: Int)]

  init() throws {
    card = try ModelCard(
      parsing: SharedData.own("models/nmnist/card.json5"), file: "card.json5")
    model = try Model(
      tflite: SharedData.own("models/nmnist/\(card.model)"), name: card.model)
    let rows = try SharedData.text(Self.recordings + "labels_test.csv").split(
      whereSeparator: \.isNewline)
    list = rows.dropFirst().compactMap { row in
      let cells = row.split(separator: ",")
      return Int(cells[1]).map { (String(cells[0]), $0) }
    }
  }

  @Test("every output is that of the runtime with this arithmetic", arguments: Arithmetic.allCases)
  func outputs(_ arithmetic: Arithmetic) throws {
    let name = "outputs_\(arithmetic == .doubleRounding ? "double_rounding" : "fp32_half_even").npy"
    let expected = try NumpyArray(npy: SharedData.own("models/nmnist/\(name)"), name: name)
    #expect(expected.shape == [list.count, 10])
    var encoder = try RepresentationEncoder(card)
    var classifier = try ModelClassifier(model, arithmetic: arithmetic)
    // A debug build needs too long for all of them.
    let step = SharedData.runsSlowTests ? 1 : 10
    let window = 0..<Int64(card.window.microseconds)
    for (index, (file, _)) in list.enumerated() where index % step == 0 {
      let events = try EventTrace.readAll(
        MemorySource(SharedData.bytes(Self.recordings + file)), name: file
      ).events
      let inside = events.times.prefix { $0 < window.upperBound }.count
      let found = try classifier.outputs(
        for: encoder.encode(events, 0..<inside, window: window))
      #expect(found == Array(expected.bytes[(10 * index)..<(10 * index + 10)]), "\(file)")
    }
  }

  @Test("replay gives as many right answers as the card says")
  func replay() throws {
    try card.check(against: model)
    let scenario = try Scenario(parsing: Array(Self.scenario.utf8), file: "scenario.json5")
    let classifier = try ModelClassifier(model, arithmetic: .fp32HalfEven)
    var (scored, right) = (0, 0)
    for (file, digit) in list {
      let replay = Replay(
        scenario: scenario,
        labels: LabelTrack([.init(classIndex: digit, start: 0, end: 1_000_000)]),
        encoder: try RepresentationEncoder(card), classifier: classifier,
        sensor: SensorSize(width: 34, height: 34), clock: CoreClock(hertz: 480_000_000),
        preprocessing: .init(fixedCycles: 1_000, centicyclesPerEvent: 3_000),
        inferenceCycles: 4_000_000)
      var reader = try EventReader(
        MemorySource(SharedData.bytes(Self.recordings + file)), name: file)
      let outcome = try replay.run(&reader)
      #expect(outcome.windows.total == 1, "\(file)")
      #expect(outcome.events.bufferFull == 0, "\(file)")
      scored += outcome.confusion.total
      right += outcome.confusion.correct
    }
    let stated = try #require(card.results?.first { $0.on == "held-out real recordings" })
    #expect(scored == stated.of)
    #expect(right == stated.correct)
    #expect(stated.of == 100)
  }

  private static let scenario = """
    {
      name: "a digit",
      trace: { file: "digit.bin", origin: "recorded", labels: "labels.csv" },
      model: "card.json5",
      windows: { length: "295ms", stride: "400ms", origin: "0us" },
      device: {
        board: "stm32h743zi", runtime: "x-cube-ai-10.0",
        buffer: { size: "96KiB" }, queue: { policy: "queue", depth: 1 },
      },
    }
    """
}
