import Boards
import Metrics
import Uplink
import VirtualTime

extension RehearsalReport {
  /// The last run in Prometheus' text format: what the gateway counts, under its own names, and what
  /// stations do.
  package var prometheus: String {
    let side = sides[sides.count - 1]
    return (side.outcome.gatewayMetrics + stationMetrics(side)).map(\.text).joined()
  }

  private func stationMetrics(_ side: Side) -> [MetricFamily] {
    let cells = cells(side)
    let fates = cells.flatMap { cell in
      Fate.allCases.filter { cell.tally[$0] > 0 }.map { fate in
        MetricFamily.Sample(
          cell.labels + [.init("fate", fate.name)], Double(cell.tally[fate]))
      }
    }
    let counters: [(String, String, (Tally) -> Double)] = [
      ("attempts", "Times that a request was sent.", { Double($0.attempts) }),
      ("sent_bytes", "Of requests, in every attempt.", { Double($0.bytesSent) }),
      ("received_bytes", "Of answers.", { Double($0.bytesReceived) }),
      ("cost", "Billed by providers.", { Double($0.cost) / 1e6 }),
      (
        "wasted_cost", "Billed for answers that nobody waited for.",
        { Double($0.wastedCost) / 1e6 }
      ),
      ("cache_hits", "Answers from a cache.", { Double($0.cacheHits) }),
      ("false_cache_hits", "Wrong answers from a cache.", { Double($0.falseHits) }),
    ]
    let quantiles = [0.5, 0.9, 0.95, 0.99].compactMap { q in
      side.outcome.account.latency.quantile(q).map {
        MetricFamily.Sample([.init("quantile", "\(q)")], $0.inSeconds)
      }
    }
    return [
      MetricFamily(
        "preflash_station_requests_total", .counter, "Requests by how they ended.", fates)
    ]
      + counters.map { name, help, value in
        MetricFamily(
          "preflash_station_\(name)_total", .counter, help,
          cells.map { .init($0.labels, value($0.tally)) })
      } + [
        MetricFamily(
          "preflash_station_latency_seconds", .gauge,
          "Quantiles of the time from a request to a successful answer.", quantiles)
      ]
  }

  private func cells(_ side: Side) -> [(labels: [MetricFamily.Label], tally: Tally)] {
    side.outcome.account.cells.sorted { ($0.station, $0.key) < ($1.station, $1.key) }.map { cell in
      let station = plan.stations[Int(cell.station)]
      return (
        [
          .init("station", station.name), .init("team", station.team),
          .init("key", side.outcome.names.keys[cell.key]),
        ], cell.tally
      )
    }
  }
}
