import Boards
package import Bytes
package import Reports
package import Uplink
import VirtualTime

/// Opens everything that a rehearsal file names, relative to the file's folder.
package struct NetworkRehearsalFiles {
  package let plan: RehearsalPlan
  private let link: LinkLibrary.Entry
  private let linkName: String
  private let tracePath: String?

  package init(_ path: String) throws(InputError) {
    let bytes = try Files.read(path)
    let folder = RehearsalFiles.folder(of: path)
    do throws(InputError) {
      let file = try RehearsalFile(parsing: bytes, file: path)
      linkName = file.link
      link = try Self.loading("link") { () throws(InputError) in
        try LinkLibrary.load(RehearsalFiles.local(file.link, folder))
      }
      plan = try RehearsalPlan(file, providers: file.providers ?? [], virtualKeys: [])
      tracePath = file.trace.map { RehearsalFiles.join(folder, $0) }
      if let tracePath, !Files.exists(tracePath) {
        throw InputError(
          at: .key("trace"), "expected a file, found none at \(tracePath)",
          advice: "paths are relative to the file that names them")
      }
    } catch {
      throw ConfigurationFile.located(error, in: bytes).inFile(path)
    }
  }

  /// What is wrong with a file that is named under `key`; what is wrong inside it stays its own.
  private static func loading<T>(
    _ key: String, _ load: () throws(InputError) -> T
  ) throws(InputError) -> T {
    do throws(InputError) {
      return try load()
    } catch {
      throw error.file == nil || error.place == .nowhere
        ? InputError(
          at: .key(key), error.file.map { "\($0): \(error.problem)" } ?? error.problem,
          advice: error.advice) : error
    }
  }

  /// Runs the plan with every station asking the first provider itself.
  package func runDirect(
    jobs: Int, progress: (Double) -> Void = { _ in }
  ) throws(InputError) -> RehearsalReport.Side {
    RehearsalReport.Side(
      "direct", try run(.direct, jobs: jobs, progress: progress), of: plan)
  }

  private func run(
    _ farEnd: FarEndChoice, jobs: Int, progress: (Double) -> Void
  ) throws(InputError) -> RehearsalOutcome {
    var trace: RequestTraceReader?
    if let tracePath {
      trace = RequestTraceReader(
        try FileSource(tracePath), keys: plan.stations.map(\.key), file: tracePath)
    }
    func reached(_ now: Instant) {
      if let end = plan.end { progress((now - .zero).inSeconds / (end - .zero).inSeconds) }
    }
    return try NetworkRehearsal.run(
      plan, farEnd: farEnd, link: { seed throws(InputError) in try link.link(seed: seed) },
      trace: trace, jobs: jobs, progress: reached)
  }

  package func report(_ sides: [RehearsalReport.Side]) -> RehearsalReport {
    RehearsalReport(plan, link: linkName, sides: sides)
  }
}
