import Bytes
import Commands
import Reports
import TestSupport
import Testing

/// The page that sets rehearsals of weeks beside published deployments; to play them takes minutes.
@Suite struct DeploymentsTests {
  static let file = "\(SharedData.repository)/docs/deployments.json"

  static func results() throws -> DeploymentResults {
    try DeploymentResults(parsing: Files.read(file), file: file)
  }

  @Test func `the page is what its results say`() throws {
    let results = try Self.results()
    #expect(results.json.text + "\n" == String(decoding: try Files.read(Self.file), as: UTF8.self))
    let page = try Files.read("\(SharedData.repository)/docs/deployments.md")
    #expect(DeploymentsPage.markdown(results) == String(decoding: page, as: UTF8.self))
    #expect(results.runs.map(\.name) == DeploymentRehearsal.parts.map(\.name))
  }

  @Test(arguments: DeploymentRehearsal.parts.map(\.name))
  func `the first hour is still what it was when the weeks were played`(_ name: String) throws {
    let part = try #require(DeploymentRehearsal.parts.first { $0.name == name })
    let run = try #require(Self.results()[name])
    #expect(run.storyboard == part.storyboard)
    let rehearsal = DeploymentRehearsal(home: SharedData.repository, jobs: 2)
    #expect(try rehearsal.firstHour(part) == run.firstHour)
  }

  @Test func `counts of the weeks add up as far as they are told`() throws {
    for run in try Self.results().runs {
      let crops = try #require(run["escalations"])
      let ends = [
        "answered in time", "late answers", "unanswered", "expired", "discarded",
        "refused by ceiling",
      ].reduce(0.0) { $0 + (run[$1] ?? 0) }
      // Batched in time are among those answered in time, and batched ones late in none.
      #expect(ends <= crops && crops <= ends + (run["batched"] ?? 0) + 100)
      let days = run.name == "a day of the same parts" ? 1.0 : 42.0
      let week = try #require(run["cost/week"])
      #expect(abs(try #require(run["cost"]) / days * 7 - week) < 0.01)
      #expect(try #require(run["distinct frames"]) < 0.001 * (try #require(run["frames"])))
    }
  }

  @Test func `a difference beyond a fifth is explained, and a smaller one is not`() throws {
    let page = DeploymentsPage.markdown(try Self.results())
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
    for row in rows {
      let cells = row.split(separator: "|").map { $0.trimmingWhitespace }
      guard cells.count == 4, let last = cells.last, last.hasSuffix("%"),
        let percent = Double(last.dropFirst().dropLast(2))
      else { continue }
      let isExplained = page.contains("- **\(cells[0])**") && page.contains("(\(last)): ")
      #expect(isExplained || percent <= 20, "\(row)")
    }
    #expect(rows.count > 15)
  }
}

extension Substring {
  fileprivate var trimmingWhitespace: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
