import Bytes
import Events
import Scenarios
import Testing
import Timing
import VirtualTime

@Suite("Scenario files")
struct ScenarioFileTests {
  @Test("the example becomes what it says, with defaults for what it leaves out")
  func example() throws {
    let scenario = try Scenario.parsed()
    #expect(scenario.windows == .time(length: 10, stride: 10))
    #expect(scenario.filters.isEmpty)
    #expect(scenario.windowOrigin == .time(0))
    #expect(scenario.bufferSize == 8_000)
    #expect(scenario.bufferCapacity == 1_000)
    #expect(scenario.queue == .queue(depth: 2))
    #expect(scenario.deadline == 15_000)
    #expect(scenario.seed == 1)
    #expect(scenario.expectations == Scenario.Expectations())
  }

  /// A replacement in the example, and the start of the message that it must give.
  static let cases: [(from: String, to: String, message: String)] = [
    ("name: \"example\",", "", "scenario.json5: name: expected a value"),
    ("model:", "mdoel:", "scenario.json5: model: expected a value"),
    ("deadline: \"15us\",", "deadlin: \"15us\",", "scenario.json5: deadlin: expected a known name"),
    ("\"10us\"", "\"0us\"", "scenario.json5: windows.length: expected whole microseconds"),
    ("\"10us\"", "\"1500ns\"", "scenario.json5: windows.length: expected whole microseconds"),
    ("\"10us\"", "\"2h\"", "scenario.json5: windows.length: expected whole microseconds"),
    ("\"10us\"", "10", "scenario.json5: windows.length: expected"),
    ("\"0us\"", "\"soon\"", "scenario.json5: windows.origin: expected first-event, first-label"),
    ("\"0us\"", "\"99999h\"", "scenario.json5: windows.origin: expected first-event, first-label"),
    ("\"8KB\"", "\"7B\"", "scenario.json5: device.buffer.size: expected 8 to"),
    ("\"8KB\"", "\"1GiB\"", "scenario.json5: device.buffer.size: expected 8 to"),
    ("depth: 2", "depth: 0", "scenario.json5: device.queue.depth: expected 1 to 10000"),
    (
      "policy: \"queue\"", "policy: \"drop-newest\"",
      "scenario.json5: device.queue.depth: expected no"
    ),
    (
      "\"queue\"", "\"fifo\"",
      "scenario.json5: device.queue.policy: expected one of queue, drop-newest"
    ),
    ("\"15us\"", "\"0us\"", "scenario.json5: deadline: expected more than 0"),
    ("\"15us\"", "\"15us\", seed: -1", "scenario.json5: seed: expected a number of at least 0"),
    (
      "\"15us\"", "\"15us\", expect: { accuracyAtLeast: 93.4 }",
      "scenario.json5: expect.accuracyAtLeast: expected a share from 0 to 1, found 93.4"
    ),
    (
      "deadline: \"15us\"", "expect: { deadlineMissesAtMost: 0 }",
      "scenario.json5: deadline: expected a deadline"
    ),
    (
      "\"synthetic\"", "\"synthetic\", timeShift: \"later\"",
      "scenario.json5: trace.timeShift: expected “first” or a time such as 2s or -500ms, found"
    ),
    (
      "\"synthetic\"", "\"synthetic\", corner: \"middle\"",
      "scenario.json5: trace.corner: expected one of top-left, bottom-left, stored"
    ),
    ("synthetic", "made up", "scenario.json5: trace.origin: expected one of synthetic, recorded"),
  ]

  @Test("a fault is named with the file and the key", arguments: cases.indices)
  func faults(index: Int) throws {
    let fault = Self.cases[index]
    let text = Scenario.example.replacing(fault.from, with: fault.to, maxReplacements: 1)
    let error = #expect(throws: InputError.self) { try Scenario.parsed(text) }
    let message = error?.description ?? ""
    #expect(message.hasPrefix(fault.message), "\(message)")
  }

  @Test(
    "a recording may be moved in time, turned over and put in order",
    arguments: [
      ("first", TraceAdjustment.TimeShift.firstToZero), ("2s", .by(2_000_000)),
      ("-1ms", .by(-1000)),
    ])
  func adjustment(_ text: String, _ shift: TraceAdjustment.TimeShift) throws {
    #expect(try Scenario.parsed().trace.adjustment == TraceAdjustment())
    let changes = "\"synthetic\", timeShift: \"\(text)\", corner: \"stored\", monotonic: true"
    let scenario = try Scenario.parsed(
      Scenario.example.replacing("\"synthetic\"", with: changes, maxReplacements: 1))
    #expect(scenario.trace.adjustment.timeShift == shift)
    #expect(scenario.trace.adjustment.origin == .stored)
    #expect(scenario.trace.adjustment.isMonotonic)
  }

  @Test("damaged files are read or refused, never worse", arguments: 0..<8)
  func mutations(part: UInt64) {
    let original = Array(Scenario.example.utf8)
    var random = SeededRandom(seed: part, stream: "scenario mutations")
    let count = SharedCounts.mutations / 8
    var refused = 0
    for _ in 0..<count {
      let bytes = mutated(original, &random)
      do throws(InputError) {
        _ = try Scenario(parsing: bytes, file: "scenario.json5")
      } catch {
        refused += 1
        #expect(error.file == "scenario.json5")
      }
    }
    #expect(refused > count / 4)
  }
}

@Suite("Model cards")
struct ModelCardTests {
  static let example = """
    {
      name: "example", model: "example.tflite",
      data: { origin: "synthetic", description: "none" },
      window: { microseconds: 50000 },
      representation: { kind: "voxel", binning: "window-floor", bins: 5, width: 128, height: 128 },
      input: { scale: 0.25, zeroPoint: -128 },
      classes: [{ label: 1, name: "one" }, { label: 2, name: "two" }],
    }
    """

  @Test("the example is read; its input has two polarities of five bins")
  func read() throws {
    let card = try ModelCard(parsing: Array(Self.example.utf8), file: "card.json5")
    #expect(try card.representation.binningRule == .windowFloor)
    #expect(try RepresentationEncoder(card).tensorSize == 128 * 128 * 10)
    #expect(card.classes.map { $0.label } == [1, 2])
  }

  @Test(
    "each kind of representation is timed as what it does",
    arguments: [
      ("kind: \"voxel\", binning: \"window-floor\", bins: 5", PreprocessingWork.counts),
      ("kind: \"binary\"", .binary), ("kind: \"mixed-density\", bins: 5", .mixedDensity),
      ("kind: \"voxel-bilinear\", bins: 5", .bilinear),
      (
        "kind: \"time-surface\", decay: \"linear\", timeConstant: \"1ms\"", .linearSurface
      ),
      ("kind: \"tore\", depth: 3", .tore(depth: 3)),
    ])
  func work(_ kind: String, _ work: PreprocessingWork) throws {
    let text = Self.example.replacing(
      "kind: \"voxel\", binning: \"window-floor\", bins: 5", with: kind)
    #expect(try ModelCard(parsing: Array(text.utf8), file: "c.json5").representation.work == work)
  }

  @Test(
    "what cannot be is refused with its key",
    arguments: [
      ("label: 2", "label: 1", "classes"), ("0.25", "0", "input.scale"),
      ("-128", "-129", "input.zeroPoint"), ("bins: 5", "bins: 65", "representation.bins"),
      ("width: 128", "width: 0", "representation.width"),
      ("window-floor", "floor", "representation.binning"),
      ("binning: \"window-floor\",", "", "representation.binning"),
      ("50000", "0", "window.microseconds"),
    ])
  func faults(from: String, to: String, key: String) {
    let text = Self.example.replacing(from, with: to, maxReplacements: 1)
    let error = #expect(throws: InputError.self) {
      try ModelCard(parsing: Array(text.utf8), file: "card.json5")
    }
    #expect(error?.place == .key(key))
  }

  /// What stands in the card, the channels of its input, and int8 of an empty window.
  static let kinds: [(representation: String, channels: Int, empty: Int8)] = [
    ("kind: \"counts\"", 2, -128),
    ("kind: \"difference\", maximumCount: 100", 1, -128),
    ("kind: \"binary\"", 1, -128),
    ("kind: \"voxel\", binning: \"scaled-round\", bins: 3", 6, -128),
    ("kind: \"voxel-bilinear\", bins: 5, span: \"events\"", 5, -128),
    ("kind: \"mixed-density\", bins: 7, maximumCount: 10", 7, -128),
    ("kind: \"time-surface\", decay: \"linear\", timeConstant: \"20ms\"", 2, -128),
    ("kind: \"tore\", depth: 3", 6, -86),
  ]

  static func card(_ representation: String) throws(InputError) -> ModelCard {
    let text = example.replacing(
      "kind: \"voxel\", binning: \"window-floor\", bins: 5, width: 128, height: 128",
      with: "\(representation), width: 6, height: 4")
    return try ModelCard(parsing: Array(text.utf8), file: "card.json5")
  }

  @Test("every kind of representation is read and encodes a window", arguments: kinds.indices)
  func representations(index: Int) throws {
    let kind = Self.kinds[index]
    let card = try Self.card(kind.representation)
    #expect(try card.representation.channels == kind.channels)
    var encoder = try RepresentationEncoder(card)
    #expect(encoder.tensorSize == 6 * 4 * kind.channels)
    let empty = encoder.encode(EventBatch(), 0..<0, window: 0..<50_000)
    #expect(empty.allSatisfy { Int8(bitPattern: $0) == kind.empty })
    var batch = EventBatch()
    batch.append(Event(time: 40_000, x: 5, y: 3, isOn: true))
    batch.append(Event(time: 49_000, x: 5, y: 3, isOn: true))
    let tensor = encoder.encode(batch, 0..<2, window: 0..<50_000)
    #expect(tensor != empty)
    #expect(tensor.dropLast(kind.channels) == empty.dropLast(kind.channels))
  }

  @Test(
    "keys that a kind needs, or that are another's, are named",
    arguments: [
      ("kind: \"voxel-bilinear\"", "representation.bins"),
      ("kind: \"tore\"", "representation.depth"),
      ("kind: \"tore\", depth: 17", "representation.depth"),
      ("kind: \"tore\", depth: 3, bins: 2", "representation.bins"),
      ("kind: \"time-surface\", decay: \"linear\"", "representation.timeConstant"),
      ("kind: \"binary\", maximumCount: 2", "representation.maximumCount"),
      ("kind: \"mixed-density\", bins: 20", "representation.bins"),
      ("kind: \"difference\", binning: \"window-floor\"", "representation.binning"),
      ("kind: \"voxels\"", "representation.kind"),
    ])
  func representationFaults(representation: String, key: String) {
    let error = #expect(throws: InputError.self) { try Self.card(representation) }
    #expect(error?.place == .key(key), "\(error?.description ?? "")")
  }

  @Test("damaged cards are read or refused, never worse")
  func mutations() {
    let original = Array(Self.example.utf8)
    var random = SeededRandom(seed: 1, stream: "card mutations")
    var refused = 0
    for _ in 0..<SharedCounts.mutations {
      let bytes = mutated(original, &random)
      do throws(InputError) {
        _ = try ModelCard(parsing: bytes, file: "card.json5")
      } catch {
        refused += 1
      }
    }
    #expect(refused > SharedCounts.mutations / 4)
  }
}
