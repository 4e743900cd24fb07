import Boards
import Foundation
import TestSupport
import Testing
import Uplink
import VirtualTime

/// Timings of real Linux TCP and TLS over an emulated link, beside ours.
@Suite struct LinuxTests {
  struct Row {
    var roundTrip: Double
    /// kbit/s; 0 for unlimited.
    var rate: Int64
    var security: Security
    var bytes: Int
    /// Milliseconds by name.
    var figures: [String: Double]

    var name: String { "\(Int(roundTrip)) ms, \(rate) kbit/s, \(security), \(bytes) B" }
  }

  static let figures = ["connect", "tls", "first_post", "second_post", "post_after_1.5s_idle"]
  /// Headers of the measured requests.
  static let headers = 180
  static let reply = 800

  static func rows() throws -> [Row] {
    let text = try String(
      contentsOfFile: SharedData.path + "/links/measured_cubic.txt", encoding: .utf8)
    return text.split(separator: "\n").map { line in
      var values: [String: Double] = [:]
      var security = Security.none
      for field in line.split(separator: " ") {
        if let cut = field.firstIndex(of: "=") {
          values[String(field[..<cut])] = Double(field[field.index(after: cut)...])
        } else {
          security = ["tcp": .none, "tls12": .tls12, "tls13": .tls13][String(field)]!
        }
      }
      return Row(
        roundTrip: values["rtt"]!, rate: Int64(values["up"]!), security: security,
        bytes: Int(values["L"]!), figures: values)
    }
  }

  /// Three posts on one connection: at once, after the first reply, after 1.5 s of silence.
  static func simulate(_ row: Row) -> [Double] {
    let delay = Duration(nanoseconds: Int64(row.roundTrip * 500_000))
    var network = Network(
      Link(
        uplink: LinkDirection(
          capacity: row.rate == 0 ? .unlimited : .constant(row.rate * 1_000),
          delay: .constant(delay)),
        downlink: LinkDirection(capacity: .unlimited, delay: .constant(delay))))
    let id = network.connect(.http1, row.security)
    let request = row.bytes + headers
    var begun = Instant.zero
    var times: [Double] = []
    while let notice = network.next() {
      switch notice {
      case .connected, .ready:
        if notice != .ready(id) || row.security != .none {
          times.append((network.now - begun).inMilliseconds)
        }
        if row.security == .none, notice == .connected(id) { times.append(0) }
        begun = network.now
        if notice == .ready(id) { network.send(request, token: 0, on: id) }
      case .requestArrived(_, let token): network.respond(reply, token: token, on: id)
      case .responseArrived(_, let token):
        times.append((network.now - begun).inMilliseconds)
        begun = network.now
        if token == 0 { network.send(request, token: 1, on: id) }
        if token == 1 { network.setAlarm(0, at: network.now + .milliseconds(1_500)) }
        if token == 2 { network.close(id) }
      case .alarm:
        begun = network.now
        network.send(request, token: 2, on: id)
      case .failed, .resolved: return times
      }
    }
    return times
  }

  /// The second post of 300,000 B on an unlimited link takes one round trip or two, by chance: it
  /// depends on how far the send buffer had grown. Linux 6.18 gave 90 and 174 ms in turn on the same
  /// link; these two rows (114 and 179 ms) are where our one answer is the other one.
  static let byChance: Set<String> = [
    "85 ms, 0 kbit/s, none, 300000 B second_post", "85 ms, 0 kbit/s, tls13, 300000 B second_post",
  ]

  @Test(.enabled(if: SharedData.isPresent))
  func `every measured row is within a tenth of what Linux took`() throws {
    let rows = try Self.rows()
    #expect(rows.count == 54)
    var worst = 0.0
    for row in rows {
      let ours = Self.simulate(row)
      #expect(ours.count == Self.figures.count)
      for (figure, value) in zip(Self.figures, ours) {
        let theirs = row.figures[figure]!
        let error = theirs == 0 ? abs(value) : abs(value - theirs) / theirs
        if Self.byChance.contains("\(row.name) \(figure)") {
          #expect(value > 80 && value < 180)
        } else {
          #expect(error <= 0.1, "\(row.name) \(figure): \(value), measured \(theirs)")
          worst = max(worst, error)
        }
      }
    }
    #expect(worst > 0.01)
  }

  static func network() -> Network {
    let delay = Duration(nanoseconds: 42_500_000)
    return Network(
      Link(
        uplink: LinkDirection(capacity: .unlimited, delay: .constant(delay)),
        downlink: LinkDirection(capacity: .unlimited, delay: .constant(delay))))
  }

  /// Seconds that a post of 15,800 B takes on an open connection when the link is cut as it starts.
  static func post(throughOutage seconds: Double) -> Double {
    var network = network()
    let id = network.connect(.http1, .none)
    var begun = Instant.zero
    while let notice = network.next() {
      switch notice {
      case .ready: network.send(1_000, token: 0, on: id)
      case .requestArrived(_, let token): network.respond(reply, token: token, on: id)
      case .responseArrived(_, 0): network.setAlarm(0, at: network.now + .milliseconds(500))
      case .responseArrived: return (network.now - begun).inSeconds
      case .alarm(0):
        begun = network.now
        network.link.uplink.conditions.isCut = true
        network.link.downlink.conditions.isCut = true
        network.setAlarm(1, at: begun + Duration(nanoseconds: Int64(seconds * 1e9)))
        network.send(15_800 + headers, token: 1, on: id)
      case .connected, .failed, .resolved: break
      case .alarm:
        network.link.uplink.conditions.isCut = false
        network.link.downlink.conditions.isCut = false
      }
    }
    return .nan
  }

  static func connect(throughOutage seconds: Double) -> Double {
    var network = network()
    network.link.uplink.conditions.isCut = true
    network.setAlarm(1, at: Instant(nanoseconds: Int64(seconds * 1e9)))
    _ = network.connect(.http1, .none)
    while let notice = network.next() {
      if case .connected = notice { return Double(network.now.nanoseconds) / 1e9 }
      if case .alarm = notice { network.link.uplink.conditions.isCut = false }
    }
    return .nan
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `an outage outlives itself by as much as it did on Linux`() throws {
    let text = try String(
      contentsOfFile: SharedData.path + "/links/outage_cubic.txt", encoding: .utf8)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 17)
    for line in lines {
      let numbers = line.split { !"0123456789.".contains($0) }.compactMap { Double($0) }
      let ours =
        line.contains("POST")
        ? Self.post(throughOutage: numbers[0]) : Self.connect(throughOutage: numbers[0])
      let error = abs(ours - numbers[1]) / numbers[1]
      #expect(error <= 0.1, "\(line): \(ours)")
      #expect(ours > numbers[0])
    }
  }
}
