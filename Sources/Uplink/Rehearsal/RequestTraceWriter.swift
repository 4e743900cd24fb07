package import Bytes
import VirtualTime

/// The requests that a plan's stations make up, as the table that `RequestTraceReader` reads.
package struct RequestTraceWriter: Sendable {
  private static let piece = 4_096

  private let plan: RehearsalPlan
  private var generator: RequestGenerator

  /// - Throws: `InputError` for a plan whose requests come from a trace already, and for names that a
  ///   table cannot hold.
  package init(_ plan: RehearsalPlan) throws(InputError) {
    guard !plan.patterns.isEmpty else {
      throw InputError(
        at: .key("trace"), "expected stations that make up requests, found a trace of them",
        advice: "copy that file")
    }
    let names = plan.names
    for table in [names.prompts, names.variants, names.stations, names.keys] {
      for name in table.names where name.contains(where: { $0 == "," || $0.isNewline }) {
        throw InputError(
          at: .nowhere, "expected names without commas and line ends, found ‘\(name)’")
      }
    }
    self.plan = plan
    generator = RequestGenerator(plan)
  }

  package static let header = Array(
    (RequestTraceReader.columns.joined(separator: ",") + "\n").utf8)

  /// The next rows; empty at the end.
  package mutating func rows() -> [UInt8] {
    let names = plan.names
    var text = ""
    for _ in 0..<Self.piece {
      guard let request = generator.next() else { break }
      let time = (request.time - .zero).nanoseconds
      let decimals = String(time % 1_000_000_000)
      let hash = String(request.imageHash, radix: 16)
      text += "\(time / 1_000_000_000)." + String(repeating: "0", count: 9 - decimals.utf8.count)
      text += "\(decimals),\(request.bytes),\(names.prompts[request.prompt]),"
      text +=
        "\(names.variants[request.variant])," + String(repeating: "0", count: 16 - hash.utf8.count)
      text += "\(hash),\(names.stations[request.station]),\(names.keys[request.key])\n"
    }
    return Array(text.utf8)
  }
}
