import Boards
import EdgeBox
import TestSupport
import Testing
import Timing
import VirtualTime

@Suite("Frames on an edge box")
struct FrameTimingTests {
  @Test("a frame takes its preprocessing and the detector, and the power of the box's mode")
  func frame() throws {
    let file = "boards/boxes/orin-nano-8gb.json5"
    let setting = BoxSetting(try BoxProfile(parsing: SharedData.own(file), file: file))
    let work = BoxWork(
      macs: 50_000_000, operators: 19, parameters: 100_000, activations: 500_000,
      networks: .branching)
    let timing = try BoxTiming(of: work, on: setting, precision: .int8)
    let preprocessing = Duration.microseconds(250)
    let frame = CascadePlan.FrameTiming(timing, preprocessing: preprocessing, queueDepth: 3)
    #expect(frame.median == timing.median + preprocessing)
    #expect(frame.jitter == timing.jitter && frame.jitter > 0)
    #expect((frame.busyPower, frame.idlePower, frame.queueDepth) == (25, 4, 3))
  }
}
