import Bytes
import Events
import Inference
import Kernels
import Models
import TestSupport
import Testing

/// The bundled model on the bundled recording, from bytes to answers, as other runtimes have it.
struct GestureModelTests {
  /// Outputs for one window in the middle of each gesture.
  private struct Golden {
    /// Microseconds; the window is 50 ms.
    var start: Int64
    /// Of tflite-micro 0.dev20261023182759.
    var double: [Int8]
    /// Of LiteRT's XNNPACK in TensorFlow 2.21.0.
    var single: [Int8]
  }

  // Voxel grids by NumPy, the rule of models/gesture/train.py.
  private static let goldens = [
    Golden(
      start: 950_000, double: [63, -75, -101, -95, -111, -103, -94, -79, -47, -67, -55],
      single: [61, -75, -100, -95, -111, -102, -93, -79, -47, -66, -55]),
    Golden(
      start: 2_750_000, double: [-31, 41, -68, -76, -87, -91, -82, -89, -85, -77, -23],
      single: [-29, 40, -67, -76, -88, -91, -82, -88, -85, -76, -21]),
    Golden(
      start: 4_550_000, double: [-40, -57, 40, -90, -70, -82, -76, -84, -77, -68, -15],
      single: [-39, -56, 39, -89, -70, -81, -77, -84, -76, -69, -14]),
    Golden(
      start: 6_350_000, double: [-89, -39, -78, 16, -50, -64, -90, -71, -72, -61, -25],
      single: [-90, -39, -78, 16, -49, -64, -90, -71, -72, -61, -23]),
    Golden(
      start: 8_150_000, double: [-81, -40, -65, -59, 91, -70, -34, -82, -78, -101, -18],
      single: [-81, -41, -65, -59, 90, -71, -35, -81, -78, -100, -17]),
    Golden(
      start: 9_950_000, double: [-73, -70, -31, -61, -67, 38, -83, -80, -59, -73, -44],
      single: [-73, -70, -31, -61, -67, 38, -82, -80, -58, -73, -43]),
    Golden(
      start: 11_750_000, double: [-83, -67, -15, -40, -53, -53, 56, -61, -40, -57, -14],
      single: [-83, -67, -15, -40, -53, -53, 55, -61, -39, -55, -13]),
    Golden(
      start: 13_550_000, double: [-66, -66, -82, -61, -58, -62, -68, 67, -71, -42, -45],
      single: [-67, -65, -81, -61, -59, -62, -68, 66, -71, -39, -44]),
    Golden(
      start: 15_350_000, double: [-48, -73, -67, -57, -81, -92, -59, -77, 20, -23, -51],
      single: [-47, -73, -68, -58, -82, -92, -59, -77, 19, -22, -51]),
    Golden(
      start: 17_150_000, double: [-65, -70, -42, -70, -71, -76, -70, -77, -54, 99, -41],
      single: [-65, -70, -41, -70, -72, -75, -71, -78, -55, 99, -40]),
    Golden(
      start: 18_950_000, double: [-16, -19, -23, -75, -91, -97, -91, -70, -89, -30, 53],
      single: [-16, -19, -23, -75, -91, -97, -92, -70, -89, -30, 54]),
  ]

  private struct Bench {
    var events: EventBatch
    var labels: [TraceLabel]
    var model: Model
    var grid = VoxelGrid(
      width: 128, height: 128, bins: 5, rule: .windowFloor, length: 50_000, maximumCount: 5)
    // One count is 51 steps of the input, as the card says.
    let quantizer = CountQuantizer(scale: 1.0 / 51, zeroPoint: -128)

    init() throws {
      let trace = try EventTrace.readAll(
        MemorySource(SharedData.own("traces/gestures/gestures.aedat")), name: "gestures.aedat")
      events = trace.events
      labels = try GestureLabels(
        SharedData.own("traces/gestures/gestures_labels.csv"), name: "labels"
      ).labels
      model = try Model(
        tflite: SharedData.own("models/gesture/gesture_int8.tflite"), name: "gesture_int8.tflite")
    }

    mutating func input(from start: Int64) -> [UInt8] {
      let first = events.times.firstIndex { $0 >= start } ?? events.count
      let last = events.times.firstIndex { $0 >= start + 50_000 } ?? events.count
      grid.reset(start: start)
      grid.add(events, first..<last)
      return grid.cells.map { quantizer.values[Int($0)] }
    }
  }

  @Test(arguments: Arithmetic.allCases)
  func everyLogitIsThatOfTheRuntimeWithThisArithmetic(_ arithmetic: Arithmetic) throws {
    var bench = try Bench()
    var interpreter = try Interpreter(bench.model, arithmetic: arithmetic)
    for golden in Self.goldens {
      try interpreter.setInput(0, bytes: bench.input(from: golden.start))
      try interpreter.invoke()
      let expected = arithmetic == .doubleRounding ? golden.double : golden.single
      let found = interpreter.output(0).map { Int8(bitPattern: $0) }
      #expect(found == expected, "window at \(golden.start) µs")
    }
  }

  /// Both other runtimes name 322 of the recording's 330 labelled windows right.
  @Test func asManyWindowsAreRightAsInOtherRuntimes() throws {
    var bench = try Bench()
    var interpreter = try Interpreter(bench.model, arithmetic: .doubleRounding)
    var total = 0
    var right = 0
    for label in bench.labels {
      for start in stride(from: label.start, to: label.end, by: 50_000) {
        try interpreter.setInput(0, bytes: bench.input(from: start))
        try interpreter.invoke()
        let scores = interpreter.output(0).map { Int8(bitPattern: $0) }
        let best = scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) }
        total += 1
        if best == label.classNumber - 1 { right += 1 }
      }
    }
    #expect(total == 330)
    #expect(right == 322)
  }
}
