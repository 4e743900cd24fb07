import Boards
package import Bytes

/// From instructions to cycles for TFLM, where no latency of a known graph is published for a
/// Cortex-M7: the result is a model, bounded by two anchors on hardware.
package struct TFLMCycles: Sendable {
  /// Cycles per instruction of int8 networks in MLPerf Tiny v1.2's firmware images by Bosch on a
  /// NUCLEO-H7A3ZI-Q: published latency × 280 MHz over instructions counted on a simulator.
  /// Image classification, keyword spotting, visual wake words; millions each.
  private static let firmware: [(cycles: Double, instructions: Double)] = [
    (12.838, 16.441), (4.113, 5.355), (12.254, 15.481),
  ]

  package static let firmwareCyclesPerInstruction =
    firmware.reduce(0) { $0 + $1.cycles / $1.instructions } / Double(firmware.count)

  /// Latencies of three MCUNet networks on an STM32H743, from `mcu/tinyengine_stm32h743.csv`.
  package struct Latencies: Sendable {
    /// TFLM with CMSIS-NN over X-CUBE-AI 7.3, mean of the networks.
    package var slowdown: Double
    /// Cycles per multiply-accumulate of TFLM's reference kernels at 480 MHz, mean.
    package var referencePerMAC: Double
  }

  package static func latencies(_ text: String) throws(InputError) -> Latencies {
    let table = try CommaSeparated(text, file: "mcu/tinyengine_stm32h743.csv")
    var milliseconds: [String: [String: Double]] = [:]
    var perMAC: [Double] = []
    for row in table.rows {
      let framework = try table.text("framework", row)
      let latency = try table.number("latency_ms", row)
      let network = try table.text("net_id", row)
      let key = framework.hasPrefix("TFLM+") ? "cmsis" : framework.hasPrefix("X-CUBE") ? "st" : ""
      milliseconds[network, default: [:]][key] = latency
      if framework.hasPrefix("TFLM@") {
        perMAC.append(latency * 480e3 / (try table.number("macs_M(mcunet README)", row) * 1e6))
      }
    }
    let ratios = milliseconds.keys.sorted().compactMap { network -> Double? in
      guard let cmsis = milliseconds[network]?["cmsis"], let st = milliseconds[network]?["st"]
      else { return nil }
      return cmsis / st
    }
    guard !ratios.isEmpty, !perMAC.isEmpty else {
      throw InputError(
        file: "mcu/tinyengine_stm32h743.csv", at: .nowhere,
        "expected rows of TFLM, TFLM with CMSIS-NN and X-CUBE-AI, found none")
    }
    return Latencies(
      slowdown: ratios.reduce(0, +) / Double(ratios.count),
      referencePerMAC: perMAC.reduce(0, +) / Double(perMAC.count))
  }

  /// Cycles per unit with CMSIS-NN and the cycles per instruction of both anchors.
  package var optimized: [Double]
  package var reference: [Double]
  package var anchors: [Double]
  /// Relative deviation of the anchors from their mean.
  package var spread: Double {
    let mean = anchors.reduce(0, +) / Double(max(1, anchors.count))
    return (anchors.map { ($0 / mean - 1).magnitude }).max() ?? 0
  }

  /// - Parameters:
  ///   - instructions: instructions per unit of TFLM with CMSIS-NN.
  ///   - compiled: X-CUBE-AI 7.3, which `latencies` compares with.
  ///   - network: layers of an MCUNet network whose graph is at hand, in place of the three that are
  ///     not.
  package init(
    instructions: [Double], compiled: CycleModel, network: [LayerWork], latencies: Latencies
  ) {
    let counted = InstructionFit.instructions(of: network, instructions)
    let compiledCycles = network.reduce(0) { $0 + compiled.cycles(of: $1) }
    anchors = [
      Self.firmwareCyclesPerInstruction,
      latencies.slowdown * Double(compiledCycles) / max(1, counted),
    ]
    let each = anchors.reduce(0, +) / Double(anchors.count)
    optimized = instructions.map { $0 * each }
    optimized[RuntimeCost.weightFill.position] = Self.visibleWeightFill
    optimized[RuntimeCost.activationFill.position] = CostPrior.instructions(.activationFill)
    reference = optimized
    for term in [RuntimeCost.gatherTap, .gatherThinTap, .gatherValue] {
      reference[term.position] = 0
    }
    // The reference loop of a fully connected layer has no bounds checks: about 8 instructions.
    reference[RuntimeCost.matrixMAC.position] = 8 * each
    let multiplied: [RuntimeCost] = [
      .convolutionMAC, .pointwiseMAC, .depthwiseMAC, .generalDepthwiseMAC,
    ]
    for term in multiplied { reference[term.position] = 0 }
    let rest = CycleModel(cyclesPerUnit: reference, compilesAhead: false)
    let restCycles = network.reduce(0) { $0 + rest.cycles(of: $1) }
    let macs = Double(max(1, network.reduce(0) { $0 + $1.macs }))
    let perMAC = max(0, latencies.referencePerMAC - Double(restCycles) / macs)
    for term in multiplied { reference[term.position] = perMAC }
  }

  /// Visible share of the cycles that filling lines of weights takes: MLPerf Tiny AD on an STM32H7A3
  /// at 280 MHz takes 63,000 cycles more than its instructions at the other networks' rate, 7.5 for
  /// each of 8,400 lines that take 16 to fill.
  private static let visibleWeightFill = 7.5 / 16
}
