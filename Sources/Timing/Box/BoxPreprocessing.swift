package import Boards
package import VirtualTime

extension PreprocessingModel {
  /// Making an input tensor of a window's events on one core of an edge box, in cycles of that core at
  /// the clock of the box's mode.
  ///
  /// Modelled, not measured. The loops are those of `PreprocessingWork`, whose instructions are counted
  /// for an in-order core; a core that reorders takes no more cycles for them. Tensor and state stay in
  /// the caches of such a box; events stream from memory once.
  ///
  /// - Parameters:
  ///   - elements: Of the input tensor.
  ///   - eventSize: Bytes of an event in memory.
  package init(
    _ work: PreprocessingWork = .counts, elements: Int, eventSize: Int = 16,
    on setting: BoxSetting
  ) {
    let clock = Double(setting.mode.cpuClock)
    let share = 1 / (1 - setting.load.cpu)
    let storesPerLine = 4.0
    let clear =
      work.clearsState ? Double(elements * work.elementState) / 32 * storesPerLine : 0
    let map = Double(elements) * work.mapCycles
    let stream =
      Double(eventSize) / setting.mode.bandwidth / (1 - setting.load.bandwidth) * clock
    self.init(
      fixedCycles: Int64(((clear + map) * share).rounded(.up)),
      centicyclesPerEvent: Int64(((work.eventCycles * share + stream) * 100).rounded(.up)))
  }

  /// Making an input tensor of a greyscale picture by averaging blocks of pixels and scaling: a load
  /// and an addition for each pixel read, a multiplication, a conversion and a store for each one
  /// written, without vectors. Modelled.
  ///
  /// - Parameters:
  ///   - pixels: Of the picture as it comes from the camera, one byte each.
  ///   - elements: Of the input tensor.
  package init(pixels: Int, elements: Int, on setting: BoxSetting) {
    let clock = Double(setting.mode.cpuClock)
    let stream = Double(pixels) / setting.mode.bandwidth / (1 - setting.load.bandwidth) * clock
    let cycles = (2 * Double(pixels) + 4 * Double(elements)) / (1 - setting.load.cpu)
    self.init(fixedCycles: Int64((cycles + stream).rounded(.up)), centicyclesPerEvent: 0)
  }

  /// The same as a length of time on a core of the box.
  package func duration(events: Int = 0, on setting: BoxSetting) -> Duration {
    CoreClock(hertz: Int64(setting.mode.cpuClock)).duration(ofCycles: cycles(events: events))
  }
}
