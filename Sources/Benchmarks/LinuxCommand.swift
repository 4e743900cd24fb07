import Commands
import Reports
import Uplink

/// `Benchmarks linux [--data FOLDER] [--write FOLDER]`: the page that sets ours beside real Linux.
enum LinuxCommand {
  static func run(_ words: [String]) throws {
    var data = "../shared/data"
    var folder: String?
    var rest = words[...]
    while let word = rest.popFirst() {
      guard ["--data", "--write"].contains(word), let value = rest.popFirst() else {
        throw UsageError("linux: expected --data FOLDER and --write FOLDER, found ‘\(word)’")
      }
      if word == "--data" { data = value } else { folder = value }
    }
    let (posts, outages) = ("\(data)/links/measured_cubic.txt", "\(data)/links/outage_cubic.txt")
    let page = LinuxTimingsPage.markdown(
      posts: try LinuxTimings.posts(Files.read(posts), file: posts),
      outages: try LinuxTimings.outages(Files.read(outages), file: outages))
    guard let folder else { return print(page, terminator: "") }
    try Files.makeFolder(folder)
    try Files.write(Array(page.utf8), to: "\(folder)/linux-timings.md")
  }
}
