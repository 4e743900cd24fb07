import Boards
import Bytes
import Events
import Images
import Scenarios
import TestSupport
import Testing
import VirtualTime

/// A card of a detector with 4 × 2 pixels of input, of a camera with 8 × 4.
private func card(
  _ representation: String, input: String = "", detector: String = detectorKeys
) throws(InputError) -> ModelCard {
  let text = """
    {
      name: "detector", model: "detector.tflite",
      data: { origin: "synthetic", description: "none" },
      window: { microseconds: 40000 },
      representation: { \(representation), width: 4, height: 2, downsample: 2 },
      \(input)
      detector: { \(detector) },
      classes: [{ label: 0, name: "ok" }, { label: 1, name: "tear" }],
    }
    """
  return try ModelCard(parsing: Array(text.utf8), file: "card.json5")
}

private let detectorKeys =
  "layout: \"centre-grid\", stride: 8, scoreThreshold: 0.1, overlap: 0.5, mostBoxes: 16"

private func floats(_ bytes: [UInt8]) -> [Float] {
  bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
}

@Suite("Cards of detectors")
struct DetectorCardTests {
  @Test("say how boxes are read, and need no scale for float32")
  func read() throws {
    let card = try card("kind: \"frame\"")
    #expect(card.detector?.layout == .centreGrid && card.detector?.mostBoxes == 16)
    #expect(card.input == nil)
    #expect(card.representation.sensor == SensorSize(width: 8, height: 4))
    #expect(try card.representation.channels == 1)
  }

  @Test(
    "name the key that is out of range",
    arguments: [
      ("stride: 8", "stride: 0", "detector.stride"),
      ("scoreThreshold: 0.1", "scoreThreshold: 1.1", "detector.scoreThreshold"),
      ("overlap: 0.5", "overlap: -0.1", "detector.overlap"),
      ("mostBoxes: 16", "mostBoxes: 0", "detector.mostBoxes"),
      ("centre-grid", "anchors", "detector.layout"),
    ])
  func faults(_ good: String, _ bad: String, _ key: String) {
    let error = #expect(throws: InputError.self) {
      try card("kind: \"frame\"", detector: detectorKeys.replacing(good, with: bad))
    }
    #expect(error?.place == .key(key), "\(error?.description ?? "")")
  }

  @Test("with frames are of no use to a replay of events, and the other way round")
  func kinds() throws {
    #expect(throws: InputError.self) { try RepresentationEncoder(card("kind: \"frame\"")) }
    #expect(throws: InputError.self) { try FrameEncoder(card("kind: \"counts\"")) }
    // Ages are no counts, and so go into int8 models alone.
    #expect(throws: InputError.self) { try RepresentationEncoder(card("kind: \"tore\", depth: 2")) }
  }
}

@Suite("Detectors' inputs")
struct DetectorInputTests {
  private static let picture = GreyImage(
    width: 8, height: 4, samples: (0..<32).map { Float($0) / 32 })

  @Test("a frame is averaged over squares of pixels, then quantized, halves away from zero")
  func frame() throws {
    let reals = try floats(FrameEncoder(card("kind: \"frame\"")).encode(Self.picture))
    // Pixels 0, 1, 8 and 9 of 32: 4.5.
    #expect(reals.map { $0 * 32 } == [4.5, 6.5, 8.5, 10.5, 20.5, 22.5, 24.5, 26.5])
    let quantized = try FrameEncoder(
      card("kind: \"frame\"", input: "input: { scale: 0.03125, zeroPoint: -128 },"))
    let expected: [Int8] = [-123, -121, -119, -117, -107, -105, -103, -101]
    #expect(try quantized.encode(Self.picture) == expected.map { UInt8(bitPattern: $0) })
  }

  @Test("a frame of another size is an error")
  func frameSize() throws {
    let encoder = try FrameEncoder(card("kind: \"frame\""))
    let error = #expect(throws: InputError.self) {
      try encoder.encode(GreyImage(width: 4, height: 2, samples: [Float](repeating: 0, count: 8)))
    }
    #expect(error?.problem == "expected frames of 8 × 4 pixels, found 4 × 2")
  }

  @Test("events of neighbouring pixels are counted together, up to the limit")
  func events() throws {
    var batch = EventBatch()
    for (x, y) in [(0, 0), (1, 1), (1, 0), (7, 3), (7, 3)] {
      batch.append(Event(time: 5, x: UInt16(x), y: UInt16(y), isOn: true))
    }
    batch.append(Event(time: 6, x: 2, y: 2, isOn: false))
    var encoder = try RepresentationEncoder(card("kind: \"counts\", maximumCount: 2"))
    let counts = floats(encoder.encode(batch, 0..<6, window: 0..<10))
    // [row, column, OFF and ON]
    var expected = [Float](repeating: 0, count: 16)
    (expected[1], expected[15], expected[10]) = (2, 2, 1)
    #expect(counts == expected)
    var int8 = try RepresentationEncoder(
      card("kind: \"counts\", maximumCount: 2", input: "input: { scale: 1, zeroPoint: -128 },"))
    #expect(
      int8.encode(batch, 0..<6, window: 0..<10)
        == expected.map {
          UInt8(bitPattern: Int8($0 - 128))
        })
  }
}

@Suite("Windows of events that end at instants")
struct EventWindowTests {
  private static let text = """
    t,x,y,p
    5,0,0,1
    12,1,0,1
    19,2,0,1
    20,3,0,1
    15,0,0,1
    31,9,0,1
    34,1,0,1
    58,1,0,1

    """

  private static func windows(_ length: Int64) throws -> ([[UInt8]], EventWindows) {
    var reader = try EventReader(MemorySource(Array(text.utf8)), name: "example.csv")
    var windows = EventWindows(
      ColumnEncoder(tensorSize: 4), length: length, sensor: SensorSize(width: 4, height: 4))
    var tensors: [[UInt8]] = []
    for instant in [0, 20, 40] as [Int64] {
      tensors.append(try windows.tensor(endingAt: instant, &reader))
    }
    try windows.finish(&reader)
    return (tensors, windows)
  }

  @Test("each holds what came within its length before its instant")
  func exact() throws {
    let (tensors, windows) = try Self.windows(20)
    #expect(tensors == [[0, 0, 0, 0], [1, 1, 1, 0], [0, 1, 0, 1]])
    #expect(windows.eventCounts == [0, 3, 2])
    // One goes back in time, one is outside the camera, one comes after the last instant.
    #expect((windows.total, windows.lateCount, windows.outsideCount) == (8, 1, 1))
    #expect(windows.unusedCount == 1)
  }

  @Test("shorter ones leave events out, longer ones share them, and all are counted")
  func lengths() throws {
    let (short, gaps) = try Self.windows(5)
    #expect(short == [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    #expect(gaps.unusedCount == 5)
    let (long, overlaps) = try Self.windows(25)
    #expect(long == [[0, 0, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]])
    #expect(overlaps.unusedCount == 1)
  }
}

@Suite("Detectors' scenarios")
struct DetectorScenarioTests {
  private static let example = """
    {
      name: "a belt", trace: { file: "recording.aedat4", labels: "boxes.npy" },
      model: "card.json5", box: "orin-nx-16gb", window: "20ms", period: "40ms",
      expect: { precisionAt50AtLeast: 0.5 },
    }
    """

  @Test("are read")
  func read() throws {
    let scenario = try DetectorScenario(parsing: Array(Self.example.utf8), file: "detector.json5")
    #expect(scenario.framePeriod == 40_000 && scenario.windowLength == 20_000)
    #expect(scenario.expect?.precisionAt50AtLeast == 0.5)
  }

  @Test(
    "name the key that is wrong",
    arguments: [
      ("\"40ms\"", "\"0ms\"", "period"), ("\"20ms\"", "\"2h\"", "window"),
      ("0.5", "1.5", "expect.precisionAt50AtLeast"), ("labels:", "boxes:", "trace.labels"),
    ])
  func faults(_ good: String, _ bad: String, _ key: String) {
    let text = Self.example.replacing(good, with: bad, maxReplacements: 1)
    let error = #expect(throws: InputError.self) {
      try DetectorScenario(parsing: Array(text.utf8), file: "detector.json5")
    }
    #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
  }

  @Test("damaged files are read or refused, never worse")
  func mutations() {
    var mutator = Mutator(seed: 3)
    var refused = 0
    for _ in 0..<1_000 {
      do throws(InputError) {
        _ = try DetectorScenario(
          parsing: mutator.mutated(Array(Self.example.utf8)), file: "detector.json5")
      } catch {
        refused += 1
      }
    }
    #expect(refused > 300)
  }
}
