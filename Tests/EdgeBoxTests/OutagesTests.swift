import Boards
import Bytes
import Commands
import EdgeBox
import TestSupport
import Testing
import Uplink
import VirtualTime

@Suite struct OutagesTests {
  @Test func `a minute is out for a station that asked and got no answer in time`() throws {
    let network = try MadeUp.network(
      "incidents: [{ at: \"2min\", for: \"2min\", kind: \"link-down\", stations: [\"line-2\"] }]")
    let outages = try MadeUp.run(MadeUp.plan(network: network)).outages
    #expect(outages.minutes() == 2 && outages.minutesOfAStation == 1)
    #expect(outages.minutes(of: [0]) == 0 && outages.minutes(of: [1]) == 2)
    let minute: Int64 = 60_000_000_000
    #expect(outages.minutes(from: 0, to: 2 * minute) == 0)
    #expect(outages.minutes(from: 3 * minute) == 1)
    #expect(outages.minutes(from: 5 * minute, to: 3 * minute) == 0)
  }

  @Test func `a whole rehearsal without an answer is out, and one that asks nothing is not`() throws
  {
    let network = try MadeUp.network(
      "incidents: [{ at: \"0s\", for: \"6min\", kind: \"provider-error\" }]")
    let plan = try MadeUp.plan(network: network)
    #expect(try MadeUp.run(plan).outages.minutesOfAStation == 6)
    #expect(try MadeUp.run(plan, .edgeOnly).outages.minutes() == 0)
    // What the disk keeps for later does not answer the belt.
    var kept = try MadeUp.plan(network: MadeUp.network(CascadeTests.outage))
    kept.queue = .init(capacity: 10_000, longestAge: .seconds(3_600), batch: 20)
    #expect(try MadeUp.run(kept).outages.minutesOfAStation == 2)
  }

  @Test func `blocks that come again as other parts are none that a cache has seen`() throws {
    let gateway = try GatewayProfile(
      parsing: Array(CascadeAccuracyTests.caching.replacing("VARIANT", with: "true").utf8),
      file: "caching.json5",
      preset: { name throws(InputError) in
        try Files.read("\(SharedData.repository)/boards/gateways/\(name).json5")
      })
    var plan = try MadeUp.plan(network: MadeUp.network(stations: 1))
    func hits() throws -> Int {
      let outcome = try MadeUp.run(plan, farEnd: .gateway(gateway))
      #expect(outcome.check() == [])
      return outcome.total.cacheHits.right + outcome.total.cacheHits.wrong
    }
    let crops = try MadeUp.run(plan).total.escalations.total
    #expect(try hits() > crops * 3 / 4)
    plan.repeatsParts = false
    #expect(try hits() == 0)
  }
}
