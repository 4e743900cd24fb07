package import Bytes

/// One published latency of one model on one board.
package struct Measurement: Sendable, Equatable {
  /// The model's file, by the last part of its path.
  package var file: String
  /// Networks of one architecture share a family: a model that is new to a user is of a new one.
  package var family: String
  /// The runtime profile that it belongs to: `x-cube-ai-7.3`.
  package var runtime: String
  package var board: String
  package var cycles: Double
  /// On the board of the published baselines, so that errors compare with theirs.
  package var isScored: Bool

  package init(
    file: String, family: String, runtime: String, board: String, cycles: Double, isScored: Bool
  ) {
    self.file = file
    self.family = family
    self.runtime = runtime
    self.board = board
    self.cycles = cycles
    self.isScored = isScored
  }
}

extension Measurement {
  /// The profiles that measurements calibrate, by the tool version that the tables print. 4.0.0 is
  /// one row (ST MNIST) of the runtime that 3.0.0 introduced.
  private static let runtimes = [
    "7.3.0": "x-cube-ai-7.3", "8.1.0": "x-cube-ai-8.1", "10.0.0": "x-cube-ai-10.0",
    "3.0.0": "st-edge-ai-3.0", "4.0.0": "st-edge-ai-3.0",
  ]

  static func runtime(of toolVersion: String) -> String? { runtimes[toolVersion] }

  package static func family(of file: String) -> String {
    let rules: [(String, String)] = [
      ("fdmobilenet", "FdMobileNet"), ("ssd", "SSD"), ("model.tflite", "SSD"),
      ("mobilenet", "MobileNetV1"), ("vww", "MobileNetV1"), ("person_detect", "MobileNetV1"),
      ("resnet", "ResNet8"), ("mnist", "ST MNIST"), ("kws", "DS-CNN"), ("ad01", "AutoEncoder"),
      ("str_ww", "Streaming"),
    ]
    return rules.first { file.contains($0.0) }?.1 ?? file
  }

  /// Rows of `st_shapes/measured.csv`: ST's model zoo, STM32H747 at 400 MHz and STM32F769 at 216.
  package static func modelZoo(_ text: String) throws(InputError) -> [Measurement] {
    let table = try CommaSeparated(text, file: "st_shapes/measured.csv")
    var out: [Measurement] = []
    for row in table.rows {
      guard let runtime = runtimes[try table.text("toolversion", row)] else { continue }
      let file = try table.text("file", row)
      let board = try table.text("board", row)
      out.append(
        Measurement(
          file: file, family: family(of: file), runtime: runtime, board: board,
          cycles: try table.number("inference_ms", row) * 1000 * table.number("freq_mhz", row),
          isScored: board.contains("H747")))
    }
    return out
  }

  /// Rows of `mcu/mlperf_tiny_m7.csv`: MLPerf Tiny results on NUCLEO-H7A3ZI-Q.
  package static func mlperf(_ text: String) throws(InputError) -> [Measurement] {
    let table = try CommaSeparated(text, file: "mcu/mlperf_tiny_m7.csv")
    let files = [
      "ad": "ad01_int8.tflite", "ic": "ic_resnet8_int8.tflite", "kws": "kws_ref_model_int8.tflite",
      "vww": "vww_96_int8.tflite",
    ]
    var out: [Measurement] = []
    for row in table.rows {
      let benchmark = try table.text("benchmark", row)
      let tool = try table.text("framework", row)
      let version = tool.split(separator: "v").last.map(String.init) ?? ""
      guard let runtime = runtimes[version], let file = files[benchmark] else { continue }
      // From 8.1 on the tool removes dead channels of this model: 38 % of its work, told by the
      // values of its weights.
      if benchmark == "vww" && version != "7.3.0" { continue }
      out.append(
        Measurement(
          file: file, family: family(of: file), runtime: runtime,
          board: try table.text("board", row), cycles: try table.number("cycles", row),
          isScored: false))
    }
    return out
  }
}
