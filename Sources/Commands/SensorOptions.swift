import Events

/// The sensor that a `synthesize` command is to have: a named set of parameters, then single ones.
struct SensorSettings {
  private var preset: String?
  /// In the order typed; applied after the set, wherever that was typed.
  private var changes: [@Sendable (inout PixelModel) -> Void] = []

  /// - Parameter model: What holds when no set is named.
  func model(_ model: PixelModel) -> PixelModel {
    var model = preset.flatMap { PixelModel(preset: $0) } ?? model
    for change in changes { change(&model) }
    return model
  }

  fileprivate mutating func use(_ name: String) -> Bool {
    preset = name
    return PixelModel.presetNames.contains(name)
  }

  fileprivate mutating func change(_ change: @escaping @Sendable (inout PixelModel) -> Void) {
    changes.append(change)
  }
}

extension Command {
  /// Options for every parameter of the sensor, for commands that keep settings at `path`.
  static func sensorOptions(
    _ path: WritableKeyPath<Arguments, SensorSettings>
  ) -> [Option<Arguments>] {
    func real(
      _ option: String, _ value: String, _ help: String, _ range: ClosedRange<Double>,
      _ set: @escaping @Sendable (inout PixelModel, Double) -> Void
    ) -> Option<Arguments> {
      Option(option, value: value, help: help) { arguments, text in
        let number = try parseReal(text, option, range)
        arguments[keyPath: path].change { set(&$0, number) }
      }
    }
    let names = PixelModel.presetNames.joined(separator: ", ")
    return [
      Option("--sensor", value: "NAME", help: "Start from \(names) (the last two as in v2e).") {
        guard $0[keyPath: path].use($1) else {
          throw UsageError("preflash \(name): unknown sensor ‘\($1)’; expected \(names)")
        }
      },
      real("--threshold", "X", "Change of log intensity for an event, ON and OFF.", 0.01...5) {
        $0.onThreshold = $1
        $0.offThreshold = $1
      },
      real("--mismatch", "X", "Standard deviation of the thresholds.", 0...1) {
        $0.thresholdMismatch = $1
      },
      real("--cutoff", "HZ", "Bandwidth of the photoreceptors; 0 for no limit.", 0...100_000) {
        $0.photoreceptorCutoff = $1
      },
      real("--leak", "HZ", "ON events a second and pixel by leakage.", 0...1000) {
        $0.leakRate = $1
      },
      real("--shot-noise", "HZ", "Events a second and pixel by shot noise in the dark.", 0...1000) {
        $0.shotNoiseRate = $1
      },
      Option("--hot-pixels", value: "N", help: "Pixels that fire on their own.") {
        arguments, text in
        let count: Int = try parseNumber(text, "--hot-pixels")
        arguments[keyPath: path].change { $0.hotPixels = min(count, 100_000) }
      },
      Option("--refractory", value: "TIME", help: "A pixel's silence after an event.") {
        arguments, text in
        let time = try parseTime(text, "--refractory", 0...1_000_000)
        arguments[keyPath: path].change { $0.refractory = time }
      },
      Option(
        "--row-readout", value: "NS",
        help: "Nanoseconds that reading a row takes: its events leave at one time."
      ) { arguments, text in
        let time: Int64 = try parseNumber(text, "--row-readout")
        arguments[keyPath: path].change { $0.rowReadout = min(time, 1_000_000_000) }
      },
    ]
  }
}
