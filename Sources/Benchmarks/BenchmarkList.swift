import Commands
import Reports

/// What every area may need.
struct BenchmarkContext {
  /// Third-party models and recordings; rows that need what is absent are left out.
  var sharedData = "../shared/data"
}

/// Every area that can be measured: one row each, one file each.
enum BenchmarkList {
  static var areas: [(name: String, measure: (BenchmarkContext) throws -> [BenchmarkResult])] {
    [
      ("start", StartBenchmarks.results),
      ("inference", InferenceBenchmarks.results),
      ("events", EventBenchmarks.results),
      ("replay", ReplayBenchmarks.results),
      ("network", NetworkBenchmarks.results),
      ("cascade", CascadeBenchmarks.results),
      ("metrics", DetectionBenchmarks.results),
      ("vision", VisionBenchmarks.results),
    ]
  }

  /// `Benchmarks [AREA ...] [--data FOLDER] [--json]`
  static func run(_ words: [String]) throws {
    var context = BenchmarkContext()
    var names: [String] = []
    var asJSON = false
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--json": asJSON = true
      case "--data":
        guard let folder = rest.popFirst() else { throw UsageError("--data needs a folder") }
        context.sharedData = folder
      default:
        guard areas.contains(where: { $0.name == word }) else {
          let known = areas.map(\.name).joined(separator: ", ")
          throw UsageError(
            "unknown benchmark ‘\(word)’; expected \(known), calibrate, accuracy, deployments, linux "
              + "or gestures"
          )
        }
        names.append(word)
      }
    }
    var results: [BenchmarkResult] = []
    for area in areas where names.isEmpty || names.contains(area.name) {
      results += try area.measure(context)
    }
    print(
      asJSON ? results.json.text : results.text(Console.standard().style),
      terminator: asJSON ? "\n" : "")
  }
}
