import Boards
import Fit
import Models
import Reports
import Testing

@Suite("The report of a fit")
struct FitReportTests {
  /// A profile of round numbers, so that the text below can be checked by hand.
  static func profile(families: [String]) throws -> RuntimeProfile {
    var cycles: [String] = []
    for cost in RuntimeCost.allCases {
      let value = cost == .convolutionMAC ? 1 : cost == .layer ? 1000 : 0
      cycles.append("\"\(cost.rawValue)\": \(value)")
    }
    let names = families.map { "\"\($0)\"" }.joined(separator: ", ")
    let text = """
      {
        name: "round", title: "Round numbers", version: "1", arithmetic: "double-rounding",
        planner: "tflm-greedy", kernels: "reference", modelStorage: "file", compilesAhead: false,
        operators: { any: ["CONV_2D"] }, source: "made up",
        code: { base: 9000, data: 100, zeroed: 20, operators: { CONV_2D: 1000 } },
        runtimeRAM: { base: 0, perLayer: 0 },
        cycles: { \(cycles.joined(separator: ", ")) },
        evidence: { families: [\(names)], rows: 7, meanError: 0.05, worstError: 0.2 },
      }
      """
    return try RuntimeProfile(parsing: Array(text.utf8), file: "round.json5")
  }

  static func report(families: [String], budget: Budget) throws -> FitReport {
    FitReport(
      try Verdict(
        of: Bundled.convolution(), on: Bundled.board("stm32h743zi"),
        runtime: profile(families: families), budget: budget))
  }

  /// 16 × 16 × 16 outputs of 72 multiply–accumulates and one layer: 294,912 + 1,000 cycles.
  @Test("text holds the layers, the latency with its error and a line per limit")
  func text() throws {
    let budget = Budget(flash: 12_000, ram: 10_000, latency: 700_000)
    let text = try Self.report(families: ["A", "B", "C"], budget: budget).text(.plain)
    let head = try #require(text.firstRange(of: "FLASH  ")?.lowerBound)
    #expect(
      text[..<head] == """
        FAIL  convolution.tflite on NUCLEO-H743ZI at 480 MHz with Round numbers
          FAIL  flash      12.0 KiB (12,252 B) of 11.7 KiB (12,000 B), 252 B missing
          PASS  ram        6.6 KiB (6,792 B) of 9.8 KiB (10,000 B), 3.1 KiB (3,208 B) left
          PASS  latency    0.616 ± 0.031 of 0.700 ms, 0.084 ms left
          PASS  placement  everything has a region
          PASS  operators  the runtime has all of them


        """)
    let start = try #require(text.firstRange(of: "            bytes\n")?.lowerBound)
    #expect(
      text[start...] == """
                    bytes
        flash      12,252
          model     2,152  the file
          code     10,100
        RAM         6,792  without the stack
          arena     6,672  as TFLM plans it, to the byte
          runtime     120

        #  operator  output         MACs   cycles  a MAC     ms  ±      %
        0  CONV_2D   1×16×16×16  294,912  295,912   1.00  0.616     100.0

        Estimated latency 0.616 ± 0.031 ms
          ± 5.0 %; whole networks of families it never saw: 5.0 % on average, 20.0 % at worst (7 latencies
          of 3 families)
          295,912 cycles, 294,912 MACs, 1.00 cycles a MAC; profile round

        """)
  }

  @Test("with fewer than three families no error is printed")
  func modelled() throws {
    let report = try Self.report(families: ["A", "B"], budget: Budget(latency: 700_000))
    let text = report.text(.plain)
    #expect(text.contains("Estimated latency 0.616 ms\n  modelled, not validated\n"))
    #expect(!text.contains("± 5"))
    #expect(text.contains("0.084 ms left; not validated, measure before you rely on it"))
    #expect(report.json.text.contains("\"status\": \"modelled, not validated\""))
    #expect(report.json.text.contains("\"heldOutMeanError\": null"))
  }

  @Test("JSON holds the same numbers")
  func json() throws {
    let budget = Budget(flash: 12_000, latency: 700_000)
    let json = try Self.report(families: ["A", "B", "C"], budget: budget).json.text
    for part in [
      "\"cycles\": 295912", "\"estimatedNanoseconds\": 616483", "\"heldOutWorstError\": 0.2000",
      "\"passes\": false", "\"usedBytes\": 6672", "\"relativeError\": 0.0500",
      "\"uncertaintyNanoseconds\": 30824", "\"advice\": null",
    ] {
      #expect(json.contains(part), "\(part)")
    }
  }
}
