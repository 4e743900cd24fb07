import Commands
import Reports

/// `Benchmarks deployments [--jobs N] [--write FOLDER]`: published deployments of edge boxes rehearsed
/// for as long as they lasted, and the page that sets ours beside theirs. Minutes, not seconds.
enum DeploymentsCommand {
  static func run(_ words: [String]) throws {
    var jobs = 2
    var folder: String?
    var rest = words[...]
    while let word = rest.popFirst() {
      guard ["--jobs", "--write"].contains(word), let value = rest.popFirst() else {
        throw UsageError("deployments: expected --jobs N and --write FOLDER, found ‘\(word)’")
      }
      if word == "--write" {
        folder = value
      } else {
        guard let count = Int(value), 1...1_024 ~= count else {
          throw UsageError("deployments: --jobs: expected 1 to 1024, found ‘\(value)’")
        }
        jobs = count
      }
    }
    let console = Console.standard()
    let rehearsal = DeploymentRehearsal(home: try Home.path(), jobs: jobs)
    var results = DeploymentResults(runs: [])
    for part in DeploymentRehearsal.parts {
      var run: DeploymentResults.Run?
      let seconds = try Stopwatch.fastest(runs: 1, budget: 0) { _ in
        run = try rehearsal.run(part) { share in
          console.progress("\(part.storyboard), \(part.name): \((100 * share).fixed(0)) %")
        }
      }
      console.endProgress()
      console.complain("\(part.storyboard), \(part.name): \(seconds.fixed(1)) s")
      results.runs += run.map { [$0] } ?? []
    }
    let page = DeploymentsPage.markdown(results)
    guard let folder else { return print(page, terminator: "") }
    try Files.makeFolder(folder)
    try Files.write(Array((results.json.text + "\n").utf8), to: "\(folder)/deployments.json")
    try Files.write(Array(page.utf8), to: "\(folder)/deployments.md")
  }
}
