import Bytes
import Commands
import Inference
import Kernels
import Models

/// Time and multiply–accumulate rate of one inference, one thread, per model and arithmetic.
enum InferenceBenchmarks {
  /// Int8 networks of the MobileNet class are to reach this many GMAC/s.
  private static let floor = 5.0
  private static let networks = [
    "vww_96", "person_detect", "ic_resnet8", "kws_ref", "mobilenet", "mcunet", "resnet_v1",
  ]

  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    var results: [BenchmarkResult] = []
    for folder in ["models", "st_shapes"] {
      let path = "\(context.sharedData)/\(folder)"
      guard Files.exists(path) else { continue }
      for name in try Files.names(in: path).sorted() where name.hasSuffix(".tflite") {
        let model = try Model(tflite: try Files.read("\(path)/\(name)"), name: name)
        for arithmetic in Arithmetic.allCases {
          results += try measure(model, arithmetic)
        }
      }
    }
    return results
  }

  private static func measure(_ model: Model, _ arithmetic: Arithmetic) throws -> [BenchmarkResult]
  {
    // Not every published graph runs in both arithmetics; those that do not have no rows.
    guard var interpreter = try? Interpreter(model, arithmetic: arithmetic) else { return [] }
    var random: UInt8 = 1
    let seconds = try Stopwatch.fastest(budget: 0.1) { run in
      interpreter.withInput(0) { bytes in
        for index in bytes.indices {
          random = random &* 5 &+ 17
          bytes[index] = random &+ UInt8(truncatingIfNeeded: run)
        }
      }
      try interpreter.invoke()
    }
    let name = "\(model.name) \(arithmetic.rawValue)"
    let rate = Double(model.main.macs) / seconds / 1e9
    let isNetwork = model.name.contains("int8") || model.name.contains("person_detect")
    let counts = isNetwork && networks.contains { model.name.contains($0) }
    return [
      BenchmarkResult(name, seconds * 1e3, "ms", atMost: nil),
      BenchmarkResult(name, rate, "GMAC/s", atLeast: counts ? floor : nil),
    ]
  }
}
