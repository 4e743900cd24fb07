import Boards
import Bytes
import TestSupport
import Testing
import Timing
import VirtualTime

/// The bundled edge boxes.
enum Boxes {
  static let names = ["cortex-a72", "orin-nano-8gb", "orin-nx-16gb", "xavier-nx"]

  static func box(_ name: String) throws -> BoxProfile {
    let file = "boards/boxes/\(name).json5"
    return try BoxProfile(parsing: SharedData.own(file), file: file)
  }

  /// `orin-nano-8gb`, `15w`
  static func setting(_ name: String, _ mode: String, load: BoxLoad = .none) throws -> BoxSetting {
    let box = try box(name)
    let found: BoxProfile.Mode = try #require(box.mode(mode))
    return BoxSetting(box, mode: found, load: load)
  }

  /// The 17.2 GFLOP of the published detector, and its activations at 640 × 640.
  static let detector = BoxWork(
    macs: 8_600_000_000, operators: 120, parameters: 7_000_000, activations: 60_000_000,
    networks: .branching)
}

@Suite("Edge boxes")
struct BoxTimingTests {
  static func timing(
    _ name: String, _ mode: String, precision: Precision = .fp16, work: BoxWork = Boxes.detector,
    load: BoxLoad = .none
  ) throws -> BoxTiming {
    try BoxTiming(
      of: work, on: Boxes.setting(name, mode, load: load), precision: precision)
  }

  @Test("every mode of a Jetson is slower than a larger one, and each says its power")
  func modes() throws {
    for (name, modes) in [
      ("orin-nano-8gb", ["7w", "15w", "25w", "maxn"]), ("xavier-nx", ["10w", "15w"]),
      ("orin-nx-16gb", ["10w", "15w", "maxn"]),
    ] {
      let times = try modes.map { try Self.timing(name, $0).medianMilliseconds }
      #expect(times == times.sorted(by: >), "\(name) \(times)")
    }
  }

  @Test("the default mode of Orin NX halves the GPU: work takes 918 / 612 × 2 as long as in MAXN")
  func halved() throws {
    let box = try Boxes.box("orin-nx-16gb")
    #expect(BoxSetting(box).mode.name == "15w")
    let slow = try Self.timing("orin-nx-16gb", "15w")
    let fast = try Self.timing("orin-nx-16gb", "maxn")
    #expect((slow.compute / fast.compute - 3).magnitude < 1e-9)
    // 4 clusters at 408 MHz are more than 2 at 612.
    #expect(try Self.timing("orin-nx-16gb", "25w").compute < slow.compute)
  }

  @Test("in the measured mode alone a measured network takes what the line says")
  func line() throws {
    let timing = try Self.timing("orin-nano-8gb", "maxn", precision: .int8)
    #expect((timing.dispatch - timing.latency.fixed).magnitude < 1e-9)
    #expect((timing.compute - timing.latency.perWork * 17.2).magnitude < 1e-9)
    #expect(!timing.isMemoryBound && timing.sustainedClock == 1)
    #expect(timing.medianMilliseconds == timing.coldMilliseconds)
    #expect(timing.p99Milliseconds > timing.medianMilliseconds)
    #expect(timing.p99Milliseconds < 1.05 * timing.medianMilliseconds)
  }

  @Test("weights that have to come from memory bind when there is little to compute with them")
  func bandwidth() throws {
    let work = BoxWork(
      macs: 400_000_000, operators: 100, parameters: 400_000_000, activations: 100_000,
      networks: .residual)
    let timing = try Self.timing("orin-nano-8gb", "maxn", work: work)
    #expect(timing.isMemoryBound)
    #expect((timing.memory - 800_200_000 / 102.4e9 * 1e3).magnitude < 1e-6)
    let slow = try Self.timing("orin-nano-8gb", "15w", work: work)
    #expect((slow.memory / timing.memory - 102.4 / 68.3).magnitude < 1e-9)
    let shared = try Self.timing(
      "orin-nano-8gb", "maxn", work: work, load: BoxLoad(bandwidth: 0.5))
    #expect((shared.memory / timing.memory - 2).magnitude < 1e-9)
  }

  @Test("zeros buy time only in pairs, on a box and in a runtime that skip pairs")
  func zeros() throws {
    var scattered = Boxes.detector
    scattered.zeros.weights = 1000
    scattered.zeros.zeros = 600
    scattered.zeros.macs = scattered.macs
    var paired = scattered
    paired.zeros.pairedMACs = paired.macs
    for (name, mode) in [("orin-nano-8gb", "15w"), ("xavier-nx", "15w")] {
      let dense = try Self.timing(name, mode)
      #expect(try Self.timing(name, mode, work: scattered).compute == dense.compute)
      let pairs = try Self.timing(name, mode, work: paired)
      #expect((pairs.compute < dense.compute) == (name == "orin-nano-8gb"))
    }
    let onCPU = try BoxTiming(
      of: paired, on: Boxes.setting("orin-nano-8gb", "15w"), runtime: "ncnn", precision: .fp32)
    #expect(onCPU.pairSpeedUp == 1)
  }

  @Test("another pipeline takes its share of the mean and more than that of the tail")
  func load() throws {
    let alone = try Self.timing("orin-nano-8gb", "15w")
    let beside = try Self.timing("orin-nano-8gb", "15w", load: BoxLoad(gpu: 0.5))
    #expect((beside.compute / alone.compute - 2).magnitude < 1e-9)
    #expect(beside.p99Milliseconds / beside.medianMilliseconds > 1.9)
    let bystander = try BoxTiming(
      of: Boxes.detector, on: Boxes.setting("orin-nano-8gb", "15w", load: BoxLoad(gpu: 0.5)),
      runtime: "tflite", precision: .fp32)
    let quiet = try BoxTiming(
      of: Boxes.detector, on: Boxes.setting("orin-nano-8gb", "15w"), runtime: "tflite",
      precision: .fp32)
    #expect(bystander.medianMilliseconds == quiet.medianMilliseconds)
  }

  @Test("hot air lowers clocks after a while, by what the cooling no longer takes away")
  func heat() throws {
    var setting = try Boxes.setting("orin-nano-8gb", "maxn")
    let cool = try BoxTiming(of: Boxes.detector, on: setting, precision: .fp16)
    #expect(cool.sustainedClock == 1 && cool.secondsToThrottle == nil)
    setting.ambient = 60
    let hot = try BoxTiming(of: Boxes.detector, on: setting, precision: .fp16)
    #expect((hot.sustainedClock - 39 / 55.0).magnitude < 1e-9)
    #expect((hot.compute / cool.compute - 55 / 39.0).magnitude < 1e-9)
    let seconds = try #require(hot.secondsToThrottle)
    #expect(seconds > 60 && seconds < 600)
    #expect(hot.coldMilliseconds == cool.medianMilliseconds)
  }

  @Test("a network of a fifth of the operators takes a fifth of the dispatch")
  func small() throws {
    let work = BoxWork(
      macs: 40_000_000, operators: 20, parameters: 100_000, activations: 500_000,
      networks: .branching)
    let timing = try Self.timing("orin-nano-8gb", "maxn", work: work)
    #expect((timing.dispatch - timing.latency.fixed / 5).magnitude < 1e-9)
    #expect(timing.dispatch > 10 * timing.compute)
  }

  @Test("a network smaller than any of its kind is timed by measured ones that are nearer in size")
  func nearest() throws {
    var work = BoxWork(
      macs: 50_000_000, operators: 19, parameters: 100_000, activations: 500_000,
      networks: .branching)
    let small = try Self.timing("cortex-a72", "1950mhz", precision: .fp32, work: work)
    #expect(small.latency.networks == .depthwise)
    #expect(small.doubts.contains(.otherNetworks) && small.doubts.contains(.belowRange))
    // Less work and fewer operators than YOLO-Fastest V2, which takes 53 ms.
    #expect(small.medianMilliseconds < 53.2)
    work.macs = 5_000_000_000
    let large = try Self.timing("cortex-a72", "1950mhz", precision: .fp32, work: work)
    #expect(large.latency.networks == .branching)
    #expect(!large.doubts.contains(.otherNetworks) && !large.doubts.contains(.belowRange))
    // What is borrowed stands in for nothing.
    #expect(try Self.timing("orin-nano-8gb", "maxn").latency.networks == .branching)
  }

  @Test(
    "events cost the CPU cycles each, pixels a share of the fixed ones; a slower clock takes longer"
  )
  func preprocessing() throws {
    let slow = try Boxes.setting("orin-nx-16gb", "10w")
    let fast = try Boxes.setting("orin-nx-16gb", "maxn")
    let model = PreprocessingModel(elements: 120 * 160 * 2, on: slow)
    let none = model.duration(on: slow)
    let many = model.duration(events: 28_500, on: slow)
    #expect(none.nanoseconds > 0 && many > none)
    let perEvent = Double((many - none).nanoseconds) / 28_500
    #expect((10...20).contains(perEvent), "\(perEvent)")
    let quick = PreprocessingModel(elements: 120 * 160 * 2, on: fast)
    #expect(quick.duration(events: 28_500, on: fast) < many)
    let frame = PreprocessingModel(pixels: 320 * 240, elements: 160 * 120, on: slow)
    #expect(frame.cycles(events: 0) > 2 * 320 * 240 + 4 * 160 * 120)
    let loaded = BoxSetting(slow.box, mode: slow.mode, load: BoxLoad(cpu: 0.5))
    let shared = PreprocessingModel(pixels: 320 * 240, elements: 160 * 120, on: loaded)
    #expect(shared.cycles(events: 0) > 19 * frame.cycles(events: 0) / 10)
  }

  @Test("a precision or runtime that the box has not is one line with what it has")
  func refusals() throws {
    let error = #expect(throws: InputError.self) {
      try Self.timing("cortex-a72", "1500mhz", precision: .fp16)
    }
    #expect(error?.advice?.contains("fp32, int8") == true)
    let runtime = #expect(throws: InputError.self) {
      try BoxTiming(
        of: Boxes.detector, on: Boxes.setting("xavier-nx", "15w"), runtime: "tensort",
        precision: .int8)
    }
    #expect(runtime?.advice == "did you mean tensorrt?")
  }
}

@Suite("Edge boxes against published latencies", .enabled(if: SharedData.isPresent))
struct BoxCalibrationTests {
  static func calibration() throws -> BoxCalibration {
    try BoxCalibration(
      BoxRows(SharedData.text("boards/latencies.csv")), boxes: Boxes.names.map(Boxes.box))
  }

  @Test("profiles hold the constants and claim the errors that the data give")
  func claims() throws {
    let calibration = try Self.calibration()
    for name in Boxes.names {
      let box = try Boxes.box(name)
      let fitted = calibration.latencies(of: box)
      #expect(fitted.count == box.latencies.count)
      for (found, stored) in zip(fitted, box.latencies) {
        #expect(found.runtime == stored.runtime && found.networks == stored.networks)
        #expect(found.models == stored.models && found.note == stored.note)
        #expect((found.fixed - stored.fixed).magnitude <= 0.0001)
        #expect((found.perWork - stored.perWork).magnitude <= 0.00001)
        #expect((found.meanError == nil) == (stored.meanError == nil))
        #expect(((found.meanError ?? 0) - (stored.meanError ?? 0)).magnitude <= 0.0001)
        #expect(((found.worstError ?? 0) - (stored.worstError ?? 0)).magnitude <= 0.0001)
      }
      #expect((calibration.jitter(of: box).sigma - box.jitter.sigma).magnitude <= 0.00001)
    }
  }

  @Test("models left out are predicted within 10 % on average on every Jetson")
  func heldOut() throws {
    var measured = 0
    for name in Boxes.names where name != "cortex-a72" {
      for latency in try Boxes.box(name).latencies {
        guard let mean = latency.meanError else { continue }
        measured += 1
        #expect(mean <= 0.10, "\(name) \(latency.runtime) \(latency.precision)")
      }
    }
    #expect(measured == 10)
  }

  @Test(
    "on Cortex-A72, rows of many architectures from a table of frame rates miss that by as much")
  func misses() throws {
    let errors = try Boxes.box("cortex-a72").latencies.compactMap(\.meanError)
    #expect(errors.count == 2)
    for error in errors { #expect((0.10...0.35).contains(error)) }
  }

  @Test("a network of another family and author is predicted within 10 %")
  func transfers() throws {
    let transfers = try Self.calibration().transfers
    #expect(transfers.count == 3)
    for transfer in transfers {
      #expect(transfer.heldOut.magnitude < 0.10, "\(transfer.measurement.precision)")
    }
  }

  @Test("leaving a model out leaves it out on every box")
  func leavesOut() throws {
    let rows = try SharedData.text("boards/latencies.csv")
    let without = rows.split(whereSeparator: \.isNewline).filter { !$0.contains("YOLO11x,") }
      .joined(separator: "\n")
    let boxes = try Boxes.names.map(Boxes.box)
    let partial = try BoxCalibration(BoxRows(without), boxes: boxes)
    let full = try Self.calibration()
    for box in boxes where box.name.hasPrefix("orin") {
      for latency in partial.latencies(of: box) where latency.models.count == 4 {
        let predicted = latency.fixed + latency.perWork * 194.9
        let expected = full.predictions.first {
          $0.measurement.box == box.name && $0.measurement.model == "YOLO11x"
            && $0.measurement.runtime == latency.runtime
            && $0.measurement.precision == latency.precision
        }
        let row = try #require(expected)
        let error = predicted / row.measurement.milliseconds - 1
        #expect((error - row.heldOut).magnitude < 1e-9)
      }
    }
  }
}
