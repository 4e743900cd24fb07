package import Boards
package import Bytes
package import Events
package import Timing

extension ModelCard {
  /// How a window of events becomes the model's input tensor.
  package struct Representation: Decodable, Equatable, Sendable {
    package enum Kind: String, CaseIterable, Decodable, Sendable {
      /// Counts per time bin, by `binning`.
      case voxel
      /// Counts of each polarity: [height, width, 2].
      case counts
      /// ON minus OFF: [height, width, 1].
      case difference
      /// 1 where there was an event: [height, width, 1].
      case binary
      /// Signed, shared between the two nearest bins: [height, width, bins].
      case bilinear = "voxel-bilinear"
      /// Signed sums over ever longer ends of the window: [height, width, bins].
      case mixedDensity = "mixed-density"
      /// Age of the last event, by `decay` and `timeConstant`: [height, width, 2].
      case timeSurface = "time-surface"
      /// Ages of the `depth` latest events: [height, width, 2 · depth].
      case tore
      /// No events but a picture, grey from 0 to 1: [height, width, 1].
      case frame
    }

    /// What time bins are spread over.
    package enum Span: String, CaseIterable, Decodable, Sendable {
      case window
      /// From the first to the last event of the window.
      case events
    }

    package var kind: Kind
    /// The binning rule's name; for voxels only.
    package var binning: String?
    /// Time bins; for voxels per polarity.
    package var bins: Int?
    /// Of the model's input.
    package var width: Int
    package var height: Int
    /// So many pixels of the camera, across and down, are one of the input: their events are
    /// counted together, a picture's are averaged. 1 if left out.
    package var downsample: Int?
    package var maximumCount: Int?
    package var span: Span?
    package var decay: TimeSurface.Decay?
    package var timeConstant: TimeSpan?
    package var depth: Int?
    /// True for a model trained on what goes on from window to window.
    package var carriesOver: Bool?
  }
}

extension ModelCard.Representation {
  /// A number or name of some kinds and of no others.
  private enum Key: String {
    case binning
    case bins
    case maximumCount
    case decay
    case timeConstant
    case depth
    case carriesOver
  }

  private var keys: (required: [Key], allowed: [Key]) {
    switch kind {
    case .voxel: ([.binning], [.bins, .maximumCount])
    // Cards have named the rule of a single bin too.
    case .counts: ([], [.binning, .bins, .maximumCount])
    case .difference: ([], [.maximumCount])
    case .binary: ([], [])
    case .bilinear: ([.bins], [])
    case .mixedDensity: ([.bins], [.maximumCount])
    case .timeSurface: ([.decay, .timeConstant], [.carriesOver])
    case .tore: ([.depth], [.carriesOver])
    case .frame: ([], [])
    }
  }

  private func has(_ key: Key) -> Bool {
    switch key {
    case .binning: binning != nil
    case .bins: bins != nil
    case .maximumCount: maximumCount != nil
    case .decay: decay != nil
    case .timeConstant: timeConstant != nil
    case .depth: depth != nil
    case .carriesOver: carriesOver != nil
    }
  }

  /// - Throws: `InputError` for keys that are missing, out of range or of another kind.
  func check() throws(InputError) {
    func require(
      _ condition: Bool, _ key: String, _ problem: @autoclosure () -> String
    ) throws(InputError) {
      if !condition { throw InputError(at: .key("representation.\(key)"), problem()) }
    }
    let (required, allowed) = keys
    for key in required {
      try require(
        has(key), key.rawValue,
        key == .binning
          ? "expected the name of the binning rule that the model was trained with, found none"
          : "expected a value for a representation of kind \(kind.rawValue), found none")
    }
    for key in [
      Key.binning, .bins, .maximumCount, .decay, .timeConstant, .depth, .carriesOver,
    ]
    where !(required + allowed).contains(key) {
      try require(
        !has(key), key.rawValue,
        "expected no \(key.rawValue) in a representation of kind \(kind.rawValue)")
    }
    for (key, value) in [("width", width), ("height", height)] {
      try require((1...4_096).contains(value), key, "expected 1 to 4096 pixels, found \(value)")
    }
    try require(
      (1...16).contains(downsample ?? 1), "downsample",
      "expected 1 to 16, found \(downsample ?? 1)")
    // RVT's mixed density sets times below a millionth of the window to that: 19 halvings.
    let mostBins = kind == .mixedDensity ? 19 : 64
    try require(
      (1...mostBins).contains(bins ?? 1), "bins",
      "expected 1 to \(mostBins), found \(bins ?? 1)")
    try require(
      (1...255).contains(maximumCount ?? 255), "maximumCount",
      "expected 1 to 255, found \(maximumCount ?? 255)")
    let constant = timeConstant?.nanoseconds ?? 1_000
    try require(
      constant % 1_000 == 0 && (1_000...3_600_000_000_000).contains(constant), "timeConstant",
      "expected whole microseconds from 1us to 1h, found \(constant)ns")
    try require((1...16).contains(depth ?? 1), "depth", "expected 1 to 16, found \(depth ?? 1)")
    _ = try binningRule
  }

  package var channels: Int {
    get throws(InputError) {
      switch kind {
      case .voxel, .counts, .difference, .binary, .mixedDensity:
        try binningRule.channels(bins: bins ?? 1)
      case .bilinear: bins ?? 1
      case .timeSurface: 2
      case .tore: 2 * (depth ?? 1)
      case .frame: 1
      }
    }
  }

  /// Pixels of the camera.
  package var sensor: SensorSize {
    SensorSize(width: width * (downsample ?? 1), height: height * (downsample ?? 1))
  }

  /// All but voxels are a grid of one rule.
  package var binningRule: BinningRule {
    get throws(InputError) {
      switch kind {
      case .difference: return .windowFloorSigned
      case .binary: return .windowFloorMerged
      case .mixedDensity: return .halving
      default: break
      }
      guard let binning else { return .windowFloor }
      guard let rule = BinningRule(rawValue: binning) else {
        let names = BinningRule.allCases.map(\.rawValue)
        throw InputError(
          at: .key("representation.binning"),
          "expected one of \(names.joined(separator: ", ")), found “\(binning)”",
          advice: binning.closest(in: names).map { "did you mean \($0)?" })
      }
      return rule
    }
  }

  /// What building it takes of a core.
  package var work: PreprocessingWork {
    var work = clearedWork
    work.clearsState = !(carriesOver ?? false)
    return work
  }

  private var clearedWork: PreprocessingWork {
    switch kind {
    case .voxel, .counts, .difference: .counts
    case .binary: .binary
    case .mixedDensity: .mixedDensity
    case .bilinear: .bilinear
    case .timeSurface: decay == .linear ? .linearSurface : .exponentialSurface
    case .tore: .tore(depth: depth ?? 1)
    // There are no events to pay for; the tensor is written as that of counts is.
    case .frame: .counts
    }
  }

  /// The tensor that this describes, for windows of any length.
  ///
  /// - Throws: `InputError` for frames, which are none of events.
  package func empty() throws(InputError) -> any WindowRepresentation {
    switch kind {
    case .voxel, .counts, .difference, .binary, .mixedDensity:
      VoxelGrid(
        width: width, height: height, bins: bins ?? 1, rule: try binningRule, length: 1,
        maximumCount: kind == .binary ? 1 : maximumCount ?? 255)
    case .bilinear: BilinearGrid(width: width, height: height, bins: bins ?? 1)
    case .timeSurface:
      TimeSurface(
        width: width, height: height, decay: decay ?? .exponential,
        timeConstant: Int64((timeConstant?.nanoseconds ?? 1_000) / 1_000),
        carriesOver: carriesOver ?? false)
    case .tore:
      ToreVolume(
        width: width, height: height, depth: depth ?? 1, carriesOver: carriesOver ?? false)
    case .frame:
      throw InputError(
        at: .key("representation.kind"), "expected a representation of events, found frame",
        advice: "preflash detect runs detectors of frames")
    }
  }
}
