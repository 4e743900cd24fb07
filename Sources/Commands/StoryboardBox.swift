import Boards
import Bytes
import EdgeBox
import Glibc
import Models
import Reports
import Scenarios
import Timing
import VirtualTime

/// A storyboard's box and the detector on it, and how long a frame takes there.
struct StoryboardBox {
  let title: String
  let card: ModelCard
  let timing: CascadePlan.FrameTiming
  /// What the time is worth.
  let basis: String

  /// - Throws: `InputError` with the key of a box, a model or a setting that is not there.
  init(_ file: StoryboardFile.Box, _ folder: String) throws(InputError) {
    let cardPath = try StoryboardFiles.existing(file.model, "box.model", folder)
    card = try ModelCard(parsing: Files.read(cardPath), file: cardPath)
    var setting = try NetworkRehearsalFiles.loading("box.board") { () throws(InputError) in
      try BoxLibrary.setting(RehearsalFiles.local(file.board, folder))
    }
    setting.load = try Self.load(file.beside)
    title = setting.title
    guard 0...100_000 ~= file.queue ?? 1 else {
      throw InputError(
        at: .key("box.queue"), "expected 0 to 100000, found \(file.queue ?? 1)")
    }
    if let stated = file.latency {
      let time = try Self.stated(stated)
      basis = "a frame’s time as stated in the storyboard"
      timing = CascadePlan.FrameTiming(
        median: time.0, jitter: time.1, busyPower: setting.mode.busyPower,
        idlePower: setting.mode.idlePower, queueDepth: file.queue ?? 1)
    } else {
      let estimate = try Self.estimated(card, cardPath, file, on: setting)
      basis = Self.basis(estimate)
      timing = CascadePlan.FrameTiming(
        estimate, preprocessing: Self.preprocessing(card, on: setting),
        queueDepth: file.queue ?? 1)
    }
  }

  /// Of a picture; events are counted while they come.
  private static func preprocessing(_ card: ModelCard, on setting: BoxSetting) -> Duration {
    let (shape, scale) = (card.representation, card.representation.downsample ?? 1)
    guard shape.kind == .frame else { return .zero }
    let elements = shape.width * shape.height
    return PreprocessingModel(pixels: elements * scale * scale, elements: elements, on: setting)
      .duration(on: setting)
  }

  private static func stated(
    _ latency: ProviderProfile.Latency
  ) throws(InputError) -> (Duration, Double) {
    let (median, p99) = (latency.median.nanoseconds, latency.p99.nanoseconds)
    guard median > 0, p99 >= median, p99 <= 86_400_000_000_000 else {
      throw InputError(
        at: .key("box.latency"), "expected a median above 0 and a p99 of at least that")
    }
    return (.nanoseconds(Int64(median)), log(Double(p99) / Double(median)) / BoxTiming.normal99)
  }

  private static func load(_ raw: StoryboardFile.Box.Beside?) throws(InputError) -> BoxLoad {
    func share(_ value: Double?, _ key: String) throws(InputError) -> Double {
      guard 0...BoxLoad.most ~= value ?? 0 else {
        throw InputError(
          at: .key("box.beside.\(key)"), "expected 0 to \(BoxLoad.most), found \(value ?? 0)")
      }
      return value ?? 0
    }
    return BoxLoad(
      gpu: try share(raw?.gpu, "gpu"), cpu: try share(raw?.cpu, "cpu"),
      bandwidth: try share(raw?.bandwidth, "bandwidth"))
  }

  private static func estimated(
    _ card: ModelCard, _ cardPath: String, _ file: StoryboardFile.Box, on setting: BoxSetting
  ) throws(InputError) -> BoxTiming {
    let path = RehearsalFiles.join(RehearsalFiles.folder(of: cardPath), card.model)
    guard Files.exists(path) else {
      throw InputError(
        file: cardPath, at: .key("model"), "expected a file, found none at \(path)")
    }
    let model = try Model(tflite: Files.read(path), name: path)
    do throws(InputError) {
      try card.check(against: model)
    } catch {
      throw error.inFile(cardPath)
    }
    return try NetworkRehearsalFiles.loading("box.precision") { () throws(InputError) in
      try BoxTiming(
        of: BoxWork(model.main), on: setting, runtime: file.runtime,
        precision: file.precision ?? (card.input == nil ? .fp32 : .int8))
    }
  }

  private static func basis(_ timing: BoxTiming) -> String {
    let name = "\(timing.runtime.title), \(timing.precision.title)"
    guard let error = timing.error else {
      return "\(name): modelled"
    }
    return "\(name): off by \((100 * error).fixed(1)) % on models left out"
  }

  /// Detections must be of the card's model.
  func check(_ record: DetectionRecord) throws(InputError) {
    guard record.modelName.isEmpty || record.modelName == card.name else {
      throw InputError(
        at: .key("box.model"),
        "expected the detector of the recordings, ‘\(record.modelName)’, found ‘\(card.name)’")
    }
  }
}
