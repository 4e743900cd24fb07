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
      start: 950_000, double: [63, -57, -83, -53, -79, -69, -62, -44, -2, -25, -42],
      single: [64, -56, -83, -53, -80, -69, -62, -44, -2, -25, -42]),
    Golden(
      start: 2_750_000, double: [-9, 55, -31, -68, -62, -63, -68, -53, -58, -45, -1],
      single: [-9, 55, -31, -68, -62, -63, -68, -53, -58, -45, -1]),
    Golden(
      start: 4_550_000, double: [-26, -35, 35, -57, -59, -57, -62, -67, -65, -52, 6],
      single: [-26, -35, 35, -57, -59, -57, -62, -67, -65, -52, 6]),
    Golden(
      start: 6_350_000, double: [-67, -28, -69, 57, -22, -47, -79, -59, -75, -35, -19],
      single: [-67, -27, -70, 57, -22, -47, -79, -58, -75, -35, -18]),
    Golden(
      start: 8_150_000, double: [-71, -16, -60, -14, 80, -86, -46, -60, -55, -64, -12],
      single: [-71, -16, -60, -14, 79, -86, -46, -60, -55, -64, -12]),
    Golden(
      start: 9_950_000, double: [-76, -55, -2, -37, -63, 69, -10, -52, -56, -55, -30],
      single: [-76, -55, -2, -37, -63, 69, -10, -52, -56, -55, -30]),
    Golden(
      start: 11_750_000, double: [-46, -64, -19, -77, -36, -76, 51, -67, -30, -56, 2],
      single: [-46, -64, -19, -77, -36, -76, 51, -67, -30, -56, 2]),
    Golden(
      start: 13_550_000, double: [-58, -71, -73, -59, -62, -58, -64, 65, -48, -58, -38],
      single: [-57, -71, -74, -60, -62, -58, -64, 65, -48, -58, -38]),
    Golden(
      start: 15_350_000, double: [-7, -35, -64, -31, -56, -57, -42, -67, 25, -19, -39],
      single: [-7, -35, -64, -31, -56, -57, -41, -67, 26, -18, -39]),
    Golden(
      start: 17_150_000, double: [-41, -65, -23, -23, -22, -86, -54, -44, -40, 127, -35],
      single: [-41, -66, -23, -23, -22, -86, -55, -45, -40, 127, -35]),
    Golden(
      start: 18_950_000, double: [-1, 25, -9, -85, -81, -89, -82, -57, -57, -28, 57],
      single: [-1, 24, -9, -85, -81, -89, -82, -57, -57, -28, 57]),
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

  /// Both other runtimes name 320 of the recording's 330 labeled windows right.
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
    #expect(right == 320)
  }
}
