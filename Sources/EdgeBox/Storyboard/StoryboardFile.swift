package import Boards
package import Bytes
import Uplink

/// A storyboard as written, before its numbers are checked and its files are opened.
///
/// What it says of link, gateway, providers, stations and the incidents between them is written as in a
/// rehearsal file and read by the same types.
package struct StoryboardFile: Sendable, Decodable {
  /// What a camera saw, as a detector judged it.
  package struct Recording: Sendable, Decodable {
    /// For incidents; the first recording needs none.
    package var name: String?
    /// Detections, `*.detections.csv`.
    package var record: String
    /// The true boxes of each frame.
    package var labels: String
    /// What the cloud really said of it, `*.answers.csv`; the rest is assumed.
    package var answers: String?
    /// The product variant in it, which a cache may tell from others.
    var product: String?
  }

  package struct Shift: Sendable, Decodable {
    /// The belt runs so long each day.
    var length: TimeSpan
    var days: Int?
    /// Recordings are cut into blocks of this length, which follow each other in a seeded order.
    var block: TimeSpan
    /// What a block shows when it comes again; the same parts unless said otherwise.
    var repeats: Repeats?

    /// Parts that are others look like none before to a gateway's cache, so that only pictures of one
    /// part can be taken for each other: repetition cannot flatter its hit rate.
    enum Repeats: String, Sendable, Decodable, CaseIterable {
      case sameParts = "same-parts"
      case otherParts = "other-parts"
    }
  }

  package struct Box: Sendable, Decodable {
    /// A name from `boards/boxes`, perhaps with a mode, or a file.
    package var board: String
    /// A model card.
    package var model: String
    package var precision: Precision?
    package var runtime: String?
    /// Shares of the box that other processes take.
    package var beside: Beside?
    /// A frame's time as measured on the box, instead of the modelled one.
    package var latency: ProviderProfile.Latency?
    /// Frames that may wait for the box; 1 unless said otherwise.
    package var queue: Int?

    package struct Beside: Sendable, Decodable {
      package var gpu: Double?
      package var cpu: Double?
      package var bandwidth: Double?
    }
  }

  package struct Cascade: Sendable, Decodable {
    struct Site: Sendable, Decodable {
      var station: String
      var threshold: Double?
      var margin: Double?
    }

    struct Queue: Sendable, Decodable {
      /// Crops of one station.
      var capacity: Int
      var longestAge: TimeSpan
      var batch: Int
      var probe: TimeSpan?
    }

    struct Drift: Sendable, Decodable {
      var window: TimeSpan?
      var baseline: Int?
      var falseAlarmsPerDay: Double?
      var shift: Double?
      var relativeBand: Double?
      var absoluteBand: Double?
      var silence: TimeSpan?
      var detectors: [Detector]?
    }

    enum Detector: String, Sendable, CaseIterable, Decodable {
      case relativeBand = "relative-band"
      case absoluteBand = "absolute-band"
      case cusum
      case pageHinkley = "page-hinkley"
    }

    struct Cloud: Sendable, Decodable {
      struct Class: Sendable, Decodable {
        var name: String
        var accuracy: Double
      }

      /// How often the cloud is right of each class: assumed, not measured.
      var assumed: [Class]
      /// What it says of a box that holds nothing: a class, or `no object`, which takes the box away.
      var nothing: String?
      var score: Double?
    }

    var threshold: Double?
    var margin: Double?
    var cropsPerFrame: Int?
    var sites: [Site]?
    var buffer: TimeSpan?
    /// Bytes of a request besides the crop.
    var overhead: ByteCount?
    var queue: Queue?
    var ceiling: BudgetProfile?
    /// When the escalation rate is worth an alarm.
    var drift: Drift?
    var cloud: Cloud
  }

  /// For a while some cameras see another recording.
  struct Scene: Sendable, Decodable {
    var at: TimeSpan
    /// To the end when left out.
    var `for`: TimeSpan?
    /// The name of a recording; what the scene is called, too.
    var recording: String
    /// Station groups or stations; all when left out.
    var stations: [String]?
  }

  /// For a while some stations escalate every frame that shows anything.
  struct Runaway: Sendable, Decodable {
    var at: TimeSpan
    var `for`: TimeSpan
    var stations: [String]?
  }

  package var name: String
  package var summary: String?
  var seed: Int?
  /// The usual one first.
  package var recordings: [Recording]
  var shift: Shift
  package var box: Box
  package var cascade: Cascade
  package var link: String
  var sharesLink: Bool?
  var transport: RehearsalFile.Transport?
  package var gateway: String?
  package var providers: [ProviderProfile]?
  var stations: [RehearsalFile.Stations]
  var scenes: [Scene]?
  var runaways: [Runaway]?
  var incidents: [RehearsalFile.Incident]?
  var currency: String?
  var expect: [String]?
}

extension StoryboardFile {
  /// Reads a storyboard; `traces/conveyor-quiet-day/storyboard.json5` is a commented one.
  ///
  /// - Throws: `InputError` with the line of what is missing, unknown or malformed.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    do throws(InputError) {
      self = try ConfigurationFile.decode(StoryboardFile.self, bytes: bytes, file: file)
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes)
    }
  }
}
