import Boards
import Bytes
import TestSupport
import Testing
import VirtualTime

@Suite struct LinkProfileTests {
  static let names = ["3g", "driving-lte", "good-lte", "ideal", "rural-lte", "warehouse-edge"]

  static func bundled(_ name: String) throws -> LinkProfile {
    try LinkProfile(parsing: SharedData.own("boards/links/\(name).json5"), file: name)
  }

  static func parse(_ text: String) throws(InputError) -> LinkProfile {
    try LinkProfile(parsing: Array(text.utf8), file: "x")
  }

  @Test(arguments: names)
  func `a bundled link is named after its file`(name: String) throws {
    let profile = try Self.bundled(name)
    #expect(profile.name == name)
    #expect(profile.purpose != nil)
  }

  @Test func `both directions of a round trip get half of it`() throws {
    let profile = try Self.bundled("good-lte")
    #expect(
      profile.uplink.delay
        == .logNormal(median: .microseconds(43_800), sigma: 0.469, period: .seconds(10)))
    #expect(profile.uplink.delay == profile.downlink.delay)
    #expect(profile.radio == .lte)
  }

  @Test(arguments: [
    ("capacity: {rate: '3.5Mbps'}", "uplink.capacity.rate: expected a rate such as 3.5Mbit/s"),
    ("capacity: {rate: '0bit/s'}", "expected a rate from 1 bit/s"),
    ("capacity: {rate: '1Mbit/s', trace: 'x'}", "expected one of ‘rate’, ‘trace’ and ‘median’"),
    ("capacity: {median: '1Mbit/s'}", "expected ‘sigma’ and ‘persistence’"),
    ("capacity: {rate: '1Mbit/s', sigma: 1}", "only beside a ‘median’"),
    ("capcity: {}", "uplink.capcity: expected a known name (line 1); did you mean ‘capacity’?"),
    ("delay: {mean: '-5ms'}", "uplink.delay.mean: expected a duration"),
    ("delay: {mean: 5}", "uplink.delay.mean: expected a string, found 5"),
    ("queue: {discipline: 'codel'}", "uplink.queue.target: expected a time for codel, found none"),
    ("queue: {packets: 0}", "expected 1 to 10,000,000 packets"),
    ("loss: {mean: 1.5}", "uplink.loss.mean: expected a probability"),
    ("loss: {mean: 0.9, burst: 2}", "uplink.loss.burst: expected bursts longer"),
    ("netem: 'delay 5x'", "uplink.netem: expected a time for ‘delay’, found ‘5x’"),
    ("netem: 'delay 5ms', loss: {mean: 0}", "expected a netem line alone"),
  ])
  func `a direction without sense is told by its key`(text: String, message: String) {
    let error = #expect(throws: InputError.self) {
      try Self.parse("{name: 'a', title: 'b', uplink: {\(text)}}")
    }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("roundTrip: {median: '80ms', sigma: 9, period: '1s'}", "roundTrip.sigma"),
    (
      "roundTrip: {median: '80ms', sigma: 1, period: '1s'}, uplink: {delay: {mean: '1ms'}}",
      "uplink.delay: expected no delay beside ‘roundTrip’"
    ),
    (
      "interruptions: [{cause: 'x', perHour: 1, lengths: {shortest: '1s', longest: '2s'}}]",
      "uplink: expected a generated capacity beside ‘interruptions’"
    ),
  ])
  func `a link without sense is told by its key`(text: String, message: String) {
    let error = #expect(throws: InputError.self) {
      try Self.parse("{name: 'a', title: 'b', \(text)}")
    }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("perHour: 3600, lengths: {shortest: '1s', longest: '2s'}", "expected room between"),
    ("perHour: -1, lengths: {shortest: '1s', longest: '2s'}", "[0].perHour: expected 0 to"),
    ("perHour: 1, lengths: {shortest: '2s', longest: '1s'}", "expected more than the shortest"),
    ("perHour: 1, lengths: {shortest: '0s', longest: '1s'}", "expected a time above 0"),
    ("perHour: 1, lengths: {alpha: 0, shortest: '1s', longest: '2s'}", "expected 0.05 to 20"),
    (
      "perHour: 1, lengths: {alpha: 1, sigma: 1, shortest: '1s', longest: '2s'}",
      "expected ‘median’ and ‘sigma’, or ‘alpha’, or none of them"
    ),
    (
      "perHour: 600, lengths: {shortest: '1s', longest: '2s'}, clusters: {size: 9, spacing: '9s'}",
      "expected room between"
    ),
  ])
  func `gaps without sense are told by their key`(text: String, message: String) {
    let error = #expect(throws: InputError.self) {
      try Self.parse(
        "{name: 'a', title: 'b', uplink: {capacity: {median: '1Mbit/s', sigma: 0.5,"
          + "persistence: '3s', gaps: [{cause: 'gap', \(text)}]}}}")
    }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    (Interruption.Lengths.uniform(.seconds(1), .seconds(3)), 2.0),
    // ∫ x·x⁻² / ∫ x⁻² from 1 to e: 1 / (1 − 1/e).
    (.pareto(alpha: 1, shortest: .seconds(1), longest: .nanoseconds(2_718_281_828)), 1.581977),
    (.pareto(alpha: 2, shortest: .seconds(1), longest: .seconds(1_000_000)), 2),
    // Hardly cut: exp(σ²/2).
    (
      .logNormal(
        median: .seconds(1), sigma: 0.5, shortest: .microseconds(1), longest: .seconds(1_000)),
      1.133148
    ),
  ])
  func `mean lengths follow from the distributions`(lengths: Interruption.Lengths, mean: Double) {
    #expect(abs(lengths.mean - mean) < 1e-4 * mean)
  }

  @Test("a corrupted link file is an error or a link, never a trap")
  func survives() throws {
    var random = SeededRandom(seed: 1, stream: "link mutations")
    let files = try Self.names.map { try SharedData.own("boards/links/\($0).json5") }
    var loaded = 0
    for index in 0..<BoardMutationTests.count {
      let bytes = BoardMutationTests.mutate(files[index % files.count], &random)
      do {
        _ = try LinkProfile(parsing: bytes, file: "mutated")
        loaded += 1
      } catch {
        #expect(error.file == "mutated")
      }
    }
    #expect(loaded > 0 && loaded < BoardMutationTests.count)
  }
}
