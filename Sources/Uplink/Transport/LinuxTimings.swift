import Boards
package import Bytes
package import VirtualTime

/// What real Linux took over an emulated link, and what ours takes: three posts on one connection, and
/// a post or a connection through an outage.
package enum LinuxTimings {
  /// One line of `measured_cubic.txt`.
  package struct Posts: Sendable, Equatable {
    package var roundTrip: Duration
    /// Bits a second upwards; 0 for no limit.
    package var rate: Int64
    package var security: Security
    package var bytes: Int
    /// Milliseconds, in the order of `figures`.
    package var measured: [Double]
    package var ours: [Double]
  }

  /// One line of `outage_cubic.txt`, in seconds.
  package struct Outage: Sendable, Equatable {
    package var isPost: Bool
    package var length: Double
    package var measured: Double
    package var ours: Double
  }

  package static let figures = [
    "connect", "tls", "first_post", "second_post", "post_after_1.5s_idle",
  ]
  /// Headers of the measured requests, and their answers.
  private static let headers = 180
  private static let reply = 800

  /// - Throws: `InputError` with the line that is not as expected.
  package static func posts(_ bytes: [UInt8], file: String) throws(InputError) -> [Posts] {
    var rows: [Posts] = []
    for (index, line) in lines(bytes).enumerated() {
      var values: [String: Double] = [:]
      var security: Security?
      for field in line.split(separator: " ") {
        if let cut = field.firstIndex(of: "=") {
          values[String(field[..<cut])] = Double(field[field.index(after: cut)...])
        } else {
          security = ["tcp": .none, "tls12": .tls12, "tls13": .tls13][String(field)]
        }
      }
      let measured = figures.compactMap { values[$0] }
      guard let security, let roundTrip = values["rtt"], let rate = values["up"],
        let length = values["L"], measured.count == figures.count
      else {
        throw InputError(
          file: file, at: .line(index + 1), "expected rtt=, up=, tcp or tls, L= and five times")
      }
      var row = Posts(
        roundTrip: Duration(nanoseconds: Int64(roundTrip * 1e6)), rate: Int64(rate) * 1_000,
        security: security, bytes: Int(length), measured: measured, ours: [])
      row.ours = simulate(row)
      rows.append(row)
    }
    return rows
  }

  /// - Throws: `InputError` with the line that is not as expected.
  package static func outages(_ bytes: [UInt8], file: String) throws(InputError) -> [Outage] {
    var rows: [Outage] = []
    for (index, line) in lines(bytes).enumerated() {
      let numbers = line.split { !"0123456789.".contains($0) }.compactMap { Double($0) }
      guard numbers.count >= 2 else {
        throw InputError(
          file: file, at: .line(index + 1), "expected an outage and what it took, in seconds")
      }
      let isPost = line.contains("POST")
      rows.append(
        Outage(
          isPost: isPost, length: numbers[0], measured: numbers[1],
          ours: isPost ? post(throughOutage: numbers[0]) : connect(throughOutage: numbers[0])))
    }
    return rows
  }

  private static func lines(_ bytes: [UInt8]) -> [Substring] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  private static func network(_ roundTrip: Duration, rate: Int64) -> Network {
    let delay = DelayModel.constant(Duration(nanoseconds: roundTrip.nanoseconds / 2))
    return Network(
      Link(
        uplink: LinkDirection(capacity: rate == 0 ? .unlimited : .constant(rate), delay: delay),
        downlink: LinkDirection(capacity: .unlimited, delay: delay)))
  }

  /// Three posts on one connection: at once, after the first reply, after 1.5 s of silence.
  private static func simulate(_ row: Posts) -> [Double] {
    var network = network(row.roundTrip, rate: row.rate)
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

  private static let outageRoundTrip = Duration.milliseconds(85)

  /// Seconds that a post of 15,800 B takes on an open connection when the link is cut as it starts.
  private static func post(throughOutage seconds: Double) -> Double {
    var network = network(outageRoundTrip, rate: 0)
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
        cut(&network, true)
        network.setAlarm(1, at: begun + Duration(nanoseconds: Int64(seconds * 1e9)))
        network.send(15_800 + headers, token: 1, on: id)
      case .connected, .failed, .resolved: break
      case .alarm: cut(&network, false)
      }
    }
    return .nan
  }

  private static func connect(throughOutage seconds: Double) -> Double {
    var network = network(outageRoundTrip, rate: 0)
    cut(&network, true)
    network.setAlarm(1, at: Instant(nanoseconds: Int64(seconds * 1e9)))
    _ = network.connect(.http1, .none)
    while let notice = network.next() {
      if case .connected = notice { return (network.now - .zero).inSeconds }
      if case .alarm = notice { cut(&network, false) }
    }
    return .nan
  }

  private static func cut(_ network: inout Network, _ isCut: Bool) {
    network.link.uplink.conditions.isCut = isCut
    network.link.downlink.conditions.isCut = isCut
  }
}
