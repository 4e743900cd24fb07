import Foundation
import Kernels
import TestSupport
import Testing

/// One published kernel case of CMSIS-NN: parameters, arrays, and the output to reach.
struct Vector: Sendable {
  let name: String
  /// The upstream test that runs the case, such as `convolve_s8`.
  var kernel: String
  private var parameters: [String: Int]
  private var arrays: [String: [Int]]
  /// Whether sequences lie time first.
  let isTimeMajor: Bool

  init(_ name: String) throws {
    struct File: Decodable {
      struct Stored: Decodable { var data: [Int] }
      struct Number: Decodable {
        var value: Int?
        var text: String?
        init(from decoder: any Decoder) throws {
          let container = try decoder.singleValueContainer()
          value = try? container.decode(Int.self)
          text = try? container.decode(String.self)
        }
      }
      var tests: [String]
      var params: [String: Number]
      var arrays: [String: Stored]
    }
    let bytes = try SharedData.bytes("cmsis_nn_vectors/\(name).json")
    let file = try JSONDecoder().decode(File.self, from: Data(bytes))
    self.name = name
    kernel = (file.tests.first ?? "test_arm_convolve_s8").replacingOccurrences(
      of: "test_arm_", with: "")
    parameters = file.params.compactMapValues(\.value).merging(
      VectorRevisions.parameters[name] ?? [:]
    ) { $1 }
    arrays = file.arrays.mapValues(\.data)
    isTimeMajor = file.params["time_major"]?.text == "true"
  }

  subscript(_ parameter: String) -> Int { parameters[parameter] ?? 0 }

  /// A parameter, or `other` where the case lacks it.
  func value(_ parameter: String, or other: Int) -> Int { parameters[parameter] ?? other }

  /// The first of some arrays that the case has; files name the same thing differently.
  func array(_ names: String...) -> [Int] {
    for name in names { if let found = arrays[name] { return found } }
    return []
  }

  /// One layer of a case that is a whole network: the names of its parameters and arrays lose
  /// their prefixes.
  func layer(parameters prefix: String, arrays arrayPrefix: String, input: [Int]) -> Vector {
    func inside<Value>(_ all: [String: Value], _ prefix: String) -> [String: Value] {
      var kept: [String: Value] = [:]
      for (key, value) in all where key.hasPrefix(prefix) {
        kept[String(key.dropFirst(prefix.count))] = value
      }
      return kept
    }
    var layer = self
    layer.parameters = inside(parameters, prefix)
    layer.arrays = inside(arrays, arrayPrefix)
    layer.arrays["biases"] = layer.arrays["bias"]
    layer.arrays["input"] = input
    layer.arrays["input_tensor"] = input
    return layer
  }

  /// Layers of a network in order: number and name, such as `(2, "depthwise_conv_2d")`.
  var layers: [(number: Int, name: String)] {
    var found: [Int: String] = [:]
    for key in parameters.keys where key.hasSuffix("_out_ch") {
      let parts = key.dropLast("_out_ch".count).split(separator: "_")
      if let number = Int(parts[parts.count - 1]) {
        found[number] = parts.dropLast().joined(separator: "_")
      }
    }
    return found.sorted { $0.key < $1.key }.map { (number: $0.key, name: $0.value) }
  }

  var range: ClosedRange<Int32> {
    Int32(
      value("out_activation_min", or: value("activation_min", or: -128)))...Int32(
        value("out_activation_max", or: value("activation_max", or: 127)))
  }

  /// A multiplier per channel: from one pair of parameters where the case has it, else from arrays.
  func multipliers(channels: Int) -> [QuantizedMultiplier] {
    if let significand = parameters["output_mult"] ?? parameters["output_multiplier"] {
      return Array(
        repeating: multiplier(significand, self["output_shift"]), count: channels)
    }
    let significands = array("output_mult", "output_multiplier")
    let exponents = array("output_shift")
    return (0..<channels).map { multiplier(significands[$0], exponents[$0]) }
  }

  func multiplier(_ significand: Int, _ exponent: Int) -> QuantizedMultiplier {
    QuantizedMultiplier(significand: Int32(significand), exponent: Int32(exponent))
  }

  /// Weights of 8 bits, or of 4 bits packed two to a byte with the low half first.
  func weights(count: Int) -> [Int16] {
    let stored = array("weights", "input_weights")
    guard stored.count < count else { return stored.prefix(count).map { Int16($0) } }
    return (0..<count).map { index in
      let byte = UInt8(truncatingIfNeeded: stored[index / 2])
      let nibble = index.isMultiple(of: 2) ? byte & 15 : byte >> 4
      return Int16(Int8(bitPattern: nibble << 4) >> 4)
    }
  }

  func bias(count: Int) -> [Int] {
    let found = array("biases", "input_bias", "bias")
    return found.count >= count
      ? Array(found.prefix(count)) : Array(repeating: 0, count: count)
  }

  /// Of convolutions and poolings; upstream names vary between the two.
  var window: Window {
    Window(
      input: (self["input_h"], self["input_w"]),
      filter: (value("filter_y", or: self["filter_h"]), value("filter_x", or: self["filter_w"])),
      stride: (value("stride_y", or: self["stride_h"]), value("stride_x", or: self["stride_w"])),
      dilation: (value("dilation_y", or: 1), value("dilation_x", or: 1)),
      padding: (value("pad_y", or: self["padding_h"]), value("pad_x", or: self["padding_w"])),
      output: (self["output_h"], self["output_w"]))
  }
}

extension Array where Element == Int {
  var bytes: [Int8] { map(Int8.init(truncatingIfNeeded:)) }
  var words: [Int16] { map(Int16.init(truncatingIfNeeded:)) }
}

extension Array where Element: FixedWidthInteger & Sendable {
  var integers: [Int] { map { Int($0) } }
}

/// Room for scratch bytes, aligned for any element.
func withScratch(_ bytes: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
  withUnsafeTemporaryAllocation(byteCount: Swift.max(bytes, 1), alignment: 64) { buffer in
    if let base = buffer.baseAddress { body(base) }
  }
}
