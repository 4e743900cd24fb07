import Bytes
import Commands
import Glibc
import Models

/// What a person waits for before anything is computed.
enum StartBenchmarks {
  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    guard let tool = siblingTool() else {
      throw InputError(
        file: "preflash", at: .nowhere, "expected the tool beside this program",
        advice: "swift build -c release")
    }
    var rows = [
      BenchmarkResult(
        "start-up, preflash --version", try milliseconds(tool, ["--version"]), "ms", atMost: 10)
    ]
    let bundled = "\(try Home.path())/models/gesture/gesture_int8.tflite"
    for command in [["inspect", "model"], ["fit"]] {
      rows.append(
        BenchmarkResult(
          "preflash \(command.joined(separator: " ")) gesture_int8",
          try milliseconds(tool, command + [bundled]), "ms", atMost: nil))
    }
    for name in ["kws_ref_model_int8", "ssd_slim_120x160x1_int8"] {
      let path = "\(context.sharedData)/models/\(name).tflite"
      guard Files.exists(path) else { continue }
      rows.append(
        BenchmarkResult(
          "preflash inspect model \(name)", try milliseconds(tool, ["inspect", "model", path]),
          "ms", atMost: nil))
    }
    return rows
  }

  private static func siblingTool() -> String? {
    guard let found = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(found) }
    let parts = String(cString: found).split(separator: "/", omittingEmptySubsequences: false)
    let path = parts.dropLast().joined(separator: "/") + "/preflash"
    return Files.exists(path) ? path : nil
  }

  private static func milliseconds(_ tool: String, _ arguments: [String]) throws -> Double {
    try Stopwatch.fastest(runs: 20) { _ in try Programs.run(tool, arguments) } * 1000
  }
}
