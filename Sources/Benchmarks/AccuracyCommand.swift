import Commands
import Reports

/// `Benchmarks accuracy [--data FOLDER] [--boards FOLDER] [--json]`: what Preflash predicts beside what
/// was published, for every row of the shared data that a profile speaks of.
enum AccuracyCommand {
  /// Everything that is compared: one row each, one file each.
  static var sources: [(PublishedData) throws -> [AccuracyRow]] {
    [
      LatencyAccuracy.rows, MemoryAccuracy.rows,
    ]
  }

  static func run(_ words: [String]) throws {
    var data = "../shared/data"
    var boards = "boards"
    var asJSON = false
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--json": asJSON = true
      case "--data", "--boards":
        guard let folder = rest.popFirst() else { throw UsageError("\(word) needs a folder") }
        if word == "--data" { data = folder } else { boards = folder }
      default: throw UsageError("accuracy: unknown option ‘\(word)’")
      }
    }
    let published = PublishedData(folder: data, boards: boards)
    let rows = try sources.flatMap { try $0(published) }
      .sorted {
        ($0.quantity, $0.profile, $0.model, $0.board) < (
          $1.quantity, $1.profile, $1.model, $1.board
        )
      }
    print(
      asJSON ? rows.json.text : rows.text(Console.standard().style),
      terminator: asJSON ? "\n" : "")
  }
}
