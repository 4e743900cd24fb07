import Bytes
import Events
import Scenarios
import Timing
import VirtualTime

/// Answers with the column that has most events: what a test draws, it recognizes.
struct FakeClassifier: Classifier {
  var classCount = 4
  var keepsState = false
  /// An input that starts with this byte cannot be answered.
  var fails: UInt8?

  mutating func outputs(for input: [UInt8]) throws(InputError) -> [UInt8] {
    if let fails, input[0] == fails {
      throw InputError(at: .nowhere, "cannot answer \(input)")
    }
    return input
  }

  func bestClass(of outputs: [UInt8]) -> Int { outputs.firstIndex(of: outputs.max()!)! }
}

/// Counts events per column.
struct ColumnEncoder: WindowEncoder {
  var tensorSize: Int
  mutating func encode(
    _ events: EventBatch, _ range: Range<Int>, window: Range<Int64>
  ) -> [UInt8] {
    var tensor = [UInt8](repeating: 0, count: tensorSize)
    for index in range { tensor[Int(events.xs[index])] &+= 1 }
    return tensor
  }
}

extension Scenario {
  /// Windows of 10 µs on a device with room for everything.
  static let example = """
    {
      name: "example",
      trace: { file: "example.csv", origin: "synthetic", labels: "labels.csv" },
      model: "card.json5",
      windows: { length: "10us", origin: "0us" },
      device: {
        board: "stm32h743zi", runtime: "tflm",
        buffer: { size: "8KB" },
        queue: { policy: "queue", depth: 2 },
      },
      deadline: "15us",
    }
    """

  static func parsed(_ text: String = example) throws(InputError) -> Scenario {
    try Scenario(parsing: Array(text.utf8), file: "scenario.json5")
  }
}

/// One microsecond of preprocessing and `inference` microseconds of inference, at 1 GHz.
func exampleReplay(
  labels: [(class: Int, start: Int64, end: Int64)], inference: Int64 = 4,
  classifier: FakeClassifier = FakeClassifier(), scenario: Scenario? = nil
) throws -> Replay {
  let classCount = classifier.classCount
  return Replay(
    scenario: try scenario ?? Scenario.parsed(),
    labels: LabelTrack(labels.map { .init(classIndex: $0.class, start: $0.start, end: $0.end) }),
    encoder: ColumnEncoder(tensorSize: classCount), classifier: classifier,
    sensor: SensorSize(width: classCount, height: 1), clock: CoreClock(hertz: 1_000_000_000),
    preprocessing: PreprocessingModel(fixedCycles: 1_000, centicyclesPerEvent: 0),
    inferenceCycles: inference * 1_000)
}

extension Replay {
  /// Replays events given as (time, column).
  func run(_ events: [(Int64, Int)], jobs: Int = 1) throws -> ReplayOutcome {
    let text = "t,x,y,p\n" + events.map { "\($0.0),\($0.1),0,1\n" }.joined()
    var reader = try EventReader(MemorySource(Array(text.utf8)), name: "example.csv")
    return try run(&reader, jobs: jobs)
  }
}
