import Bytes
import Models
import TestSupport
import Testing

/// Operators, tensors and constant bytes of third-party models, counted by the TensorFlow package's
/// own schema reader.
private let counts: [(model: String, operators: Int, tensors: Int, constantBytes: Int)] = [
  ("models/ad01_int8", 10, 31, 270880),
  ("models/hello_world_int8", 3, 10, 420),
  ("models/ic_resnet8_int8", 16, 38, 78752),
  ("models/keyword_scrambled_8bit", 15, 54, 22728),
  ("models/kws_ref_model_int8", 13, 35, 24376),
  ("models/mcunet_person_detection_int8", 79, 197, 175400),
  ("models/micro_speech_quantized", 4, 10, 16704),
  ("models/person_detect", 31, 89, 218928),
  ("models/pretrainedResnet", 16, 38, 310832),
  ("models/ssd_slim_120x160x1_int8", 68, 156, 268520),
  ("models/str_ww_ref_model_int8", 11, 31, 49420),
  ("models/trained_lstm_int8", 4, 27, 9808),
  ("models/vww_96_float", 31, 89, 843408),
  ("models/vww_96_int8", 31, 89, 219072),
  ("st_shapes/fdmobilenet_0.25_128_int8", 36, 91, 131424),
  ("st_shapes/fdmobilenet_0.25_128_tfs_int8", 36, 91, 131424),
  ("st_shapes/fdmobilenet_0.25_224_int8", 36, 91, 131424),
  ("st_shapes/fdmobilenet_0.25_224_tfs_int8", 36, 91, 131424),
  ("st_shapes/mobilenet_v1_0.25_224_fft_int8", 36, 95, 219884),
  ("st_shapes/mobilenet_v1_0.25_224_int8", 36, 95, 219884),
  ("st_shapes/mobilenet_v1_0.25_96_fft_int8", 36, 95, 219884),
  ("st_shapes/mobilenet_v1_0.25_96_grayscale_int8", 36, 95, 219740),
  ("st_shapes/mobilenet_v1_0.25_96_grayscale_tfs_int8", 36, 95, 219740),
  ("st_shapes/mobilenet_v1_0.25_96_int8", 36, 95, 219884),
  ("st_shapes/mobilenet_v1_0.5_224_fft_int8", 36, 95, 832156),
  ("st_shapes/mobilenet_v1_0.5_224_int8", 36, 95, 832156),
  ("st_shapes/model", 152, 268, 448948),
  ("st_shapes/resnet_v1_8_32_int8", 18, 40, 78752),
  ("st_shapes/resnet_v1_8_32_tfs_int8", 18, 40, 78752),
  ("st_shapes/ssd_mobilenet_v1_025_192_int8", 152, 268, 448948),
  ("st_shapes/ssd_mobilenet_v1_025_224_int8", 179, 314, 610180),
  ("st_shapes/ssd_mobilenet_v1_025_224_int8_2", 179, 314, 610180),
  ("st_shapes/ssd_mobilenet_v1_025_256_int8", 176, 308, 610084),
  ("st_shapes/ssd_mobilenet_v1_025_256_int8_2", 176, 308, 610084),
  ("st_shapes/st_fdmobilenet_v1_128_tfs_int8", 36, 91, 148432),
  ("st_shapes/st_fdmobilenet_v1_224_tfs_int8", 36, 91, 148432),
  ("st_shapes/st_mnist_v1_28_tfs_int8", 10, 24, 10328),
  ("st_shapes/st_ssd_mobilenet_v1_025_192_int8", 142, 258, 448948),
  ("st_shapes/st_ssd_mobilenet_v1_025_224_int8", 167, 302, 610180),
  ("st_shapes/st_ssd_mobilenet_v1_025_256_int8", 164, 296, 610084),
  ("st_shapes/stmnist_v1_int8", 10, 24, 10328),
]

@Suite("Third-party .tflite files", .enabled(if: SharedData.isPresent))
struct TFLiteFilesTests {
  @Test("load with the operators, tensors and constants that TensorFlow counts", arguments: counts)
  func loads(model: String, operators: Int, tensors: Int, constantBytes: Int) throws {
    let bytes = try SharedData.bytes(model + ".tflite")
    let loaded = try Model(tflite: bytes, name: model)
    #expect(loaded.graphs.count == 1)
    #expect(loaded.main.operators.count == operators)
    #expect(loaded.main.tensors.count == tensors)
    #expect(loaded.main.tensors.reduce(0) { $0 + ($1.constant?.count ?? 0) } == constantBytes)
    #expect(loaded.fileSize == bytes.count)
  }

  @Test(
    "with a single operator load too",
    arguments: [
      "add", "conv", "leaky_relu", "pad", "quantize", "strided_slice", "sub", "transpose_conv",
    ])
  func loadsSeanet(folder: String) throws {
    let files = SharedData.names(in: "tflm_seanet/" + folder, suffix: ".tflite")
    #expect(!files.isEmpty)
    for file in files {
      let name = "tflm_seanet/\(folder)/\(file)"
      let model = try Model(tflite: try SharedData.bytes(name), name: name)
      #expect(model.main.operators.count == 1)
    }
  }
}
