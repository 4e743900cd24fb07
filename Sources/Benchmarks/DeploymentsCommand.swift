import Commands
import Reports

/// `Benchmarks deployments [--jobs N] [--only PART] [--write FOLDER]`: published deployments of edge boxes
/// rehearsed for as long as they lasted, and the page that sets ours beside theirs. Half an hour and more;
/// with `--only` the other parts are those in the folder.
enum DeploymentsCommand {
  private struct Words {
    var jobs = 2
    var only: String?
    var folder: String?

    init(_ words: [String]) throws {
      var rest = words[...]
      while let word = rest.popFirst() {
        guard ["--jobs", "--only", "--write"].contains(word), let value = rest.popFirst() else {
          throw UsageError(
            "deployments: expected --jobs N, --only PART and --write FOLDER, found ‘\(word)’")
        }
        switch word {
        case "--only": only = value
        case "--write": folder = value
        default:
          guard let count = Int(value), 1...1_024 ~= count else {
            throw UsageError("deployments: --jobs: expected 1 to 1024, found ‘\(value)’")
          }
          jobs = count
        }
      }
      let names = DeploymentRehearsal.parts.map(\.name)
      if let only, !names.contains(only) || folder == nil {
        throw UsageError(
          "deployments: --only: expected one of \(names.joined(separator: ", ")), and --write FOLDER"
        )
      }
    }
  }

  static func run(_ words: [String]) throws {
    let words = try Words(words)
    let file = words.folder.map { "\($0)/deployments.json" }
    var known: DeploymentResults?
    if words.only != nil, let file {
      known = try DeploymentResults(parsing: Files.read(file), file: file)
    }
    let rehearsal = DeploymentRehearsal(home: try Home.path(), jobs: words.jobs)
    var results = DeploymentResults(runs: [])
    for part in DeploymentRehearsal.parts {
      if let known, part.name != words.only {
        results.runs += known[part.name].map { [$0] } ?? []
      } else {
        results.runs.append(try play(part, rehearsal))
      }
    }
    let page = DeploymentsPage.markdown(results)
    guard let folder = words.folder, let file else { return print(page, terminator: "") }
    try Files.makeFolder(folder)
    try Files.write(Array((results.json.text + "\n").utf8), to: file)
    try Files.write(Array(page.utf8), to: "\(folder)/deployments.md")
  }

  private static func play(
    _ part: DeploymentRehearsal.Part, _ rehearsal: DeploymentRehearsal
  ) throws -> DeploymentResults.Run {
    let console = Console.standard()
    var run: DeploymentResults.Run!
    let seconds = try Stopwatch.fastest(runs: 1, budget: 0) { _ in
      run = try rehearsal.run(part) { share in
        console.progress("\(part.storyboard), \(part.name): \((100 * share).fixed(0)) %")
      }
    }
    console.endProgress()
    console.complain("\(part.storyboard), \(part.name): \(seconds.fixed(1)) s")
    return run
  }
}
