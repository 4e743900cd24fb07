/// The published files of some cases mix two revisions of upstream's test data: where both named an
/// array alike, the older one was kept, while parameters are the newer revision's.
///
/// Older arrays are complete, so the cases run as of the older revision, with its parameters from
/// the history of upstream's `config_data.h`. Only parameters that changed are listed.
enum VectorRevisions {
  static let parameters: [String: [String: Int]] = [
    "basic_2_int4": ["input_offset": 0],
    "conv_1_x_n_1_int4": ["input_offset": 0, "stride_y": 1, "out_activation_min": -127],
    "conv_1_x_n_2_int4": ["out_activation_min": -111],
    "conv_1_x_n_3_int4": ["input_offset": 0, "out_activation_min": -111],
    "conv_1_x_n_4_int4": ["input_offset": 0, "out_activation_min": -88],
    "conv_1_x_n_5_int4": ["input_offset": 0, "out_activation_min": -88],
    "conv_2_int4": ["input_offset": 0, "out_activation_min": -101],
    "conv_2x2_dilation_5x5_input_int4": narrow,
    "conv_2x2_dilation_int4": narrow,
    "conv_2x3_dilation_int4": narrow.merging(["dilation_y": 2, "pad_y": 2]) { $1 },
    "conv_3_int4": ["out_activation_min": -127],
    "conv_3x2_dilation_int4": narrow,
    // Arrays of a revision between the two: its channels and offset are already the newer ones.
    "conv_3x3_dilation_5x5_input_int4": [
      "input_w": 9, "input_h": 11, "dilation_x": 2, "dilation_y": 2, "output_w": 9,
      "output_h": 11, "pad_x": 2, "pad_y": 2, "out_activation_min": -61,
      "out_activation_max": 107,
    ],
    "conv_4_int4": ["input_offset": 0, "out_activation_min": -109],
    "conv_5_int4": ["out_activation_min": -88],
    "conv_dilation_golden_int4": ["input_offset": 0],
    "conv_out_activation_int4": ["input_offset": 0, "out_activation_max": 107],
    "kernel1x1_int4_2": [
      "input_offset": 0, "input_w": 60, "output_w": 60, "out_activation_min": -126,
    ],
    "kernel1x1_int4_3": ["input_offset": 0, "out_activation_min": -126],
    "kernel1x1_stride_x_int4": ["input_offset": 0, "out_activation_min": -126],
    "kernel1x1_stride_x_y_2_int4": ["input_offset": 0, "out_activation_min": -126],
    "kernel1x1_stride_x_y_int4": ["input_offset": 0],
    "stride2pad1_int4": ["input_offset": 0],
  ]

  private static let narrow = [
    "input_offset": 0, "out_activation_min": -61, "out_activation_max": 107,
  ]

  /// Cases whose gates have no bias; the published ones are the older revision's, unlike all else.
  static let withoutGateBias: Set<String> = ["lstm_2", "lstm_one_time_step"]
}
