import Boards
package import Bytes
package import Reports
package import Uplink
import VirtualTime

/// Opens everything that a rehearsal file names, relative to the file's folder.
package struct NetworkRehearsalFiles {
  package let plan: RehearsalPlan
  private let path: String
  private let link: LinkLibrary.Entry
  private let linkName: String
  private let tracePath: String?
  private let gateway: GatewayProfile?

  package init(_ path: String) throws(InputError) {
    self.path = path
    let bytes = try Files.read(path)
    let folder = RehearsalFiles.folder(of: path)
    do throws(InputError) {
      let file = try RehearsalFile(parsing: bytes, file: path)
      linkName = file.link
      link = try Self.loading("link") { () throws(InputError) in
        try LinkLibrary.load(RehearsalFiles.local(file.link, folder))
      }
      gateway = try Self.gateway(file.gateway, over: file.providers, folder)
      plan = try RehearsalPlan(
        file, providers: gateway?.providers ?? file.providers ?? [],
        virtualKeys: gateway?.virtualKeys.map(\.name) ?? [])
      tracePath = file.trace.map { RehearsalFiles.join(folder, $0) }
      if let tracePath, !Files.exists(tracePath) {
        throw InputError(
          at: .key("trace"), "expected a file, found none at \(tracePath)",
          advice: "paths are relative to the file that names them")
      }
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes).inFile(path)
    }
  }

  /// The gateway's rules over the file's providers, or over its own when the file has none.
  static func gateway(
    _ name: String?, over providers: [ProviderProfile]?, _ folder: String
  ) throws(InputError) -> GatewayProfile? {
    guard let name else { return nil }
    var gateway = try loading("gateway") { () throws(InputError) in
      try GatewayLibrary.load(RehearsalFiles.local(name, folder))
    }
    if let providers { gateway = gateway.serving(providers) }
    try gateway.requireProviders()
    return gateway
  }

  /// What is wrong with a file that is named under `key`; what is wrong inside it stays its own.
  static func loading<T>(
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

  /// Runs the plan with its gateway.
  package func runGateway(
    progress: (Double) -> Void = { _ in }
  ) throws(InputError) -> RehearsalReport.Side {
    guard let gateway else {
      throw InputError(
        file: path, at: .key("gateway"), "expected a gateway, found none",
        advice: "preflash rehearse link does without")
    }
    return RehearsalReport.Side(
      gateway.name, try run(.gateway(gateway), jobs: 1, progress: progress), of: plan)
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

  /// - Throws: What `RequestTraceWriter` throws, and when the file cannot be written.
  package func writeRequests(to file: String) throws(InputError) {
    var writer: RequestTraceWriter
    do throws(InputError) {
      writer = try RequestTraceWriter(plan)
    } catch {
      throw error.inFile(path)
    }
    var sink = try FileSink(file)
    try sink.write(RequestTraceWriter.header)
    while case let rows = writer.rows(), !rows.isEmpty { try sink.write(rows) }
    try sink.finish()
  }

  package func report(_ sides: [RehearsalReport.Side]) -> RehearsalReport {
    RehearsalReport(plan, link: linkName, sides: sides)
  }
}
