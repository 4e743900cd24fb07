package import Boards
package import Bytes

/// One published latency of one network on one edge box.
package struct BoxMeasurement: Equatable, Sendable {
  /// The box's profile: `orin-nano-8gb`.
  package var box: String
  package var runtime: String
  package var precision: Precision
  package var networks: NetworkClass
  package var model: String
  /// GFLOP of one inference.
  package var work: Double
  package var operators: Int
  package var milliseconds: Double

  package init(
    box: String, runtime: String, precision: Precision, networks: NetworkClass, model: String,
    work: Double, operators: Int, milliseconds: Double
  ) {
    self.box = box
    self.runtime = runtime
    self.precision = precision
    self.networks = networks
    self.model = model
    self.work = work
    self.operators = operators
    self.milliseconds = milliseconds
  }
}

/// How far the 99th percentile of a network's latency lies above the median on a box.
package struct BoxTail: Equatable, Sendable {
  package var box: String
  package var model: String
  /// At least 1.
  package var ratio: Double
}

/// Rows of `boards/latencies.csv`: those that are latencies of whole networks in a known mode.
///
/// Left out, and why: throughput as a latency (Xavier NX, GPU and DLAs together), PyTorch (no runtime
/// for deployment), a 32-bit system, Raspberry Pi 5 (another processor), and GPU compute without the
/// transfers. YOLOv8n on Orin Nano is kept apart by `isTransfer`: nothing is fitted on it.
package struct BoxRows: Sendable {
  package private(set) var measurements: [BoxMeasurement] = []
  /// Other networks than those of the fits.
  package private(set) var transfers: [BoxMeasurement] = []
  package private(set) var tails: [BoxTail] = []

  package init(_ text: String, file: String = "boards/latencies.csv") throws(InputError) {
    let table = try CommaSeparated(text, file: file)
    var medians: [String: Double] = [:]
    for row in table.rows {
      guard let box = Self.boxes[try table.text("board", row)],
        let run = Self.runs[try table.text("runtime", row)]
      else { continue }
      let model = try table.text("model", row)
      let stat = try table.text("stat", row)
      let milliseconds = try table.number("latency_ms", row)
      guard milliseconds > 0 else {
        throw InputError(
          file: file, at: .line(row.line), "expected a latency above 0, found \(milliseconds)")
      }
      switch stat {
      case "p99":
        if let median = medians["\(box) \(model)"], milliseconds >= median {
          tails.append(BoxTail(box: box, model: model, ratio: milliseconds / median))
        }
      case "p50", "mean", "1000/FPS inference only":
        if stat == "p50" { medians["\(box) \(model)"] = milliseconds }
        guard let network = Self.networks[model] else { continue }
        let stated = Precision(rawValue: try table.text("precision", row).lowercased())
        let measurement = BoxMeasurement(
          box: box, runtime: run.name, precision: run.precision ?? stated ?? .fp32,
          networks: network.networks, model: model, work: network.work,
          operators: network.operators, milliseconds: milliseconds)
        if run.isTransfer {
          transfers.append(measurement)
        } else {
          measurements.append(measurement)
        }
      default: continue
      }
    }
  }

  private static let boxes = [
    "Orin Nano Super": "orin-nano-8gb", "Orin NX 16GB": "orin-nx-16gb",
    "Xavier NX": "xavier-nx", "Raspberry Pi 4B": "cortex-a72",
  ]

  private struct Run {
    var name: String
    /// Nil takes the table's.
    var precision: Precision?
    var isTransfer = false
  }

  private static let runs = [
    "TensorRT FP32": Run(name: "tensorrt"), "TensorRT FP16": Run(name: "tensorrt"),
    "TensorRT INT8": Run(name: "tensorrt"), "TensorRT 8.5.2": Run(name: "tensorrt"),
    "TensorRT": Run(name: "tensorrt"), "NCNN CPU": Run(name: "ncnn"),
    "TFLite CPU": Run(name: "tflite"),
    "trtexec host (H2D+D2H)": Run(name: "tensorrt", isTransfer: true),
    "INT8 TFLite @1925MHz 64b": Run(name: "tflite"),
    // “FP32/16”: no A72 computes in FP16.
    "ncnn @1950MHz": Run(name: "ncnn", precision: .fp32),
  ]

  private struct Network {
    var networks: NetworkClass
    var work: Double
    var operators: Int
  }

  /// GFLOP as the table has them, or as the authors of a network publish them where it has none; those
  /// who count multiply–accumulates (NanoDet, PicoDet, YOLO-Fastest) are doubled. Operators are those
  /// of the fused network, counted from the published architectures. Both from memory where the table
  /// is silent.
  private static let networks: [String: Network] = [
    "YOLO11n": Network(networks: .branching, work: 6.5, operators: 100),
    "YOLO11s": Network(networks: .branching, work: 21.5, operators: 100),
    "YOLO11m": Network(networks: .branching, work: 68, operators: 125),
    "YOLO11l": Network(networks: .branching, work: 86.9, operators: 190),
    "YOLO11x": Network(networks: .branching, work: 194.9, operators: 190),
    "YOLOv8n": Network(networks: .branching, work: 8.7, operators: 72),
    "YOLOv8s": Network(networks: .branching, work: 28.6, operators: 72),
    "YOLOv5n": Network(networks: .branching, work: 4.5, operators: 60),
    "YOLOv6n": Network(networks: .branching, work: 11.1, operators: 72),
    "YOLOv7-tiny": Network(networks: .branching, work: 13.7, operators: 58),
    "YOLOX-tiny": Network(networks: .branching, work: 6.45, operators: 90),
    "ResNet50 v1.5": Network(networks: .residual, work: 8.2, operators: 55),
    "RetinaNet R50": Network(networks: .residual, work: 300, operators: 110),
    "SSD-ResNet34": Network(networks: .residual, work: 433, operators: 51),
    "SSD-MobileNet-v1": Network(networks: .depthwise, work: 2.47, operators: 47),
    "SSD-MobileNet-v1 COCO": Network(networks: .depthwise, work: 2.47, operators: 47),
    "NanoDet": Network(networks: .depthwise, work: 1.44, operators: 90),
    "NanoDet-Plus": Network(networks: .depthwise, work: 3.04, operators: 110),
    "PP-PicoDet": Network(networks: .depthwise, work: 1.46, operators: 110),
    "YoloFastestV2": Network(networks: .depthwise, work: 0.424, operators: 75),
    "YOLOX-nano": Network(networks: .depthwise, work: 1.08, operators: 120),
  ]
}
