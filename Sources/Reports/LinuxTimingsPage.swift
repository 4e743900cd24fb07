package import Uplink
import VirtualTime

/// The page of documentation that sets ours beside real Linux, row by row.
package enum LinuxTimingsPage {
  package static func markdown(
    posts: [LinuxTimings.Posts], outages: [LinuxTimings.Outage]
  ) -> String {
    let cells = posts.flatMap { row in zip(row.measured, row.ours).map { Cell($0, $1) } }
      .filter { $0.measured > 0 }
    let stalls = outages.map { Cell($0.measured, $0.ours) }
    var out = """
      # Our transport beside real Linux

      Written by `Benchmarks linux --data ../shared/data --write docs`; a test holds it to what that
      command writes.

      Measured: Linux TCP (CUBIC) and OpenSSL through an emulated link, three posts on one connection
      and posts and connections through outages, medians in milliseconds and seconds. Ours: the same on
      virtual time. Each cell is ours / measured and the difference in per cent of the measured.
      Nothing was fitted to a row: constants are those of the kernel and of the RFCs.

      \(cells.count) times of posts: the mean of the differences is \(mean(cells)), the largest \
      \(largest(cells)). \(stalls.count) times through outages: mean \(mean(stalls)), largest \
      \(largest(stalls)).

      The second post of 300,000 B without a limit takes Linux one round trip or two by chance (90 and
      174 ms in turn on one link): it depends on how far the send buffer had grown. Where ours is the
      other of the two the row is marked *.

      ## Posts

      | RTT | uplink | security | bytes | connect | TLS | first post | second post | after 1.5 s idle |
      | --- | --- | --- | --- | --- | --- | --- | --- | --- |

      """
    for row in posts {
      let rate = row.rate == 0 ? "no limit" : "\((Double(row.rate) / 1e6).fixed(1)) Mbit/s"
      let times = zip(row.measured, row.ours).enumerated().map { index, pair in
        Cell(pair.0, pair.1).text(places: 0)
          + (index == 3 && row.isByChance && Cell(pair.0, pair.1).error > 0.1 ? " *" : "")
      }
      out += "| \(Int(row.roundTrip.inMilliseconds)) ms | \(rate) | \(row.security.rawValue) "
      out += "| \(row.bytes.grouped) | \(times.joined(separator: " | ")) |\n"
    }
    out += """

      ## Outages

      At a round trip of 85 ms; a post of 15,800 B on an open connection is sent as the link is cut.

      | outage | what | seconds |
      | --- | --- | --- |

      """
    for (row, cell) in zip(outages, stalls) {
      out += "| \(row.length.fixed(1)) s | \(row.isPost ? "post" : "connect") "
      out += "| \(cell.text(places: 2)) |\n"
    }
    return out
  }

  private struct Cell {
    var measured: Double
    var ours: Double

    init(_ measured: Double, _ ours: Double) {
      self.measured = measured
      self.ours = ours
    }

    var error: Double { abs(ours - measured) / measured }

    func text(places: Int) -> String {
      if measured == 0 { return "–" }
      let percent = 100 * (ours - measured) / measured
      return "\(ours.fixed(places)) / \(measured.fixed(places)) "
        + "(\(percent >= 0 ? "+" : "−")\(abs(percent).fixed(1)) %)"
    }
  }

  private static func mean(_ cells: [Cell]) -> String {
    "\((100 * cells.reduce(0) { $0 + $1.error } / Double(max(1, cells.count))).fixed(1)) %"
  }

  private static func largest(_ cells: [Cell]) -> String {
    "\((100 * (cells.map(\.error).max() ?? 0)).fixed(1)) %"
  }
}

extension LinuxTimings.Posts {
  fileprivate var isByChance: Bool { bytes == 300_000 && rate == 0 }
}
