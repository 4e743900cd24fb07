import Bytes
import Inference
import Kernels
import Models
import TestSupport
import Testing
import VirtualTime

@Suite("Damaged models", .enabled(if: SharedData.isPresent))
struct MutationTests {
  /// Small ones that together hold every family of int8 operators.
  private static let files = [
    "hello_world_int8", "micro_speech_quantized", "kws_ref_model_int8", "keyword_scrambled_8bit",
    "trained_lstm_int8", "ic_resnet8_int8", "ssd_slim_120x160x1_int8",
  ]

  @Test("A damaged file that still loads prepares and runs, or is an error", arguments: files)
  func neverTraps(file: String) throws {
    let original = try SharedData.bytes("models/\(file).tflite")
    var random = SeededRandom(seed: 20)
    var ran = 0
    for round in 0..<(SharedData.runsSlowTests ? 2000 : 200) {
      var bytes = original
      for _ in 0...random.next() % 4 {
        // Tables and shapes are a small part of the file: aim at words that look like them.
        var position = Int(random.next() % UInt64(bytes.count))
        for _ in 0..<64 where bytes[position] == 0 || bytes[position] > 64 {
          position = Int(random.next() % UInt64(bytes.count))
        }
        bytes[position] = UInt8(truncatingIfNeeded: random.next())
      }
      do throws(InputError) {
        let model = try Model(tflite: bytes, name: "\(file) \(round)")
        for arithmetic in Arithmetic.allCases {
          var interpreter = try Interpreter(model, arithmetic: arithmetic)
          try interpreter.invoke()
        }
        ran += 1
      } catch {
        #expect(!error.problem.isEmpty)
      }
    }
    #expect(ran > 0, "some damage, such as to a weight, must leave a model that runs")
  }

  @Test("Damage to a graph's description, one field at a time", arguments: files)
  func fieldsNeverTrap(file: String) throws {
    let model = try Model(tflite: SharedData.bytes("models/\(file).tflite"), name: file)
    var random = SeededRandom(seed: 7)
    for _ in 0..<(SharedData.runsSlowTests ? 3000 : 300) {
      var damaged = model
      damage(&damaged.graphs[0], &random)
      do throws(InputError) {
        var interpreter = try Interpreter(damaged, arithmetic: .doubleRounding)
        try interpreter.invoke()
      } catch {
        #expect(!error.problem.isEmpty)
      }
    }
  }

  private func damage(_ graph: inout Graph, _ random: inout SeededRandom) {
    func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }
    let sizes = [-1, 0, 1, 2, 3, 7, 8, 9, 64, 1 << 16, 1 << 31, Int.max]
    let index = pick(graph.tensors.count)
    switch pick(8) {
    case 0 where !graph.tensors[index].shape.isEmpty:
      let dimension = pick(graph.tensors[index].shape.count)
      graph.tensors[index].shape[dimension] = sizes[pick(sizes.count)]
    case 1: graph.tensors[index].shape.append(sizes[pick(sizes.count)])
    case 2: graph.tensors[index].shape = Array(graph.tensors[index].shape.dropLast())
    case 3: graph.tensors[index].type = ElementType.allCases[pick(ElementType.allCases.count)]
    case 4:
      let scales: [Float] = [0, -1, .nan, .infinity, 1e-38, 1e38, .leastNonzeroMagnitude]
      graph.tensors[index].quantization?.scales = [scales[pick(scales.count)]]
    case 5: graph.tensors[index].quantization?.zeroPoints = [sizes[pick(sizes.count)]]
    case 6: graph.tensors[index].constant = graph.tensors[index].constant?.dropLast()
    default: damage(&graph.operators[pick(graph.operators.count)], graph.tensors.count, &random)
    }
  }

  private func damage(_ op: inout Operator, _ tensors: Int, _ random: inout SeededRandom) {
    func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }
    let sizes = [-1, 0, 1, 2, 3, 100, 1 << 20, 1 << 31, Int.max]
    func stride() -> Stride { Stride(height: sizes[pick(sizes.count)], width: 1) }
    switch (pick(4), op.options) {
    case (0, _): op.inputs = Array(op.inputs.dropLast())
    case (1, _) where !op.inputs.isEmpty: op.inputs[pick(op.inputs.count)] = pick(tensors)
    case (2, _): op.outputs = [pick(tensors)]
    case (_, .convolution(var options)):
      switch pick(4) {
      case 0: options.stride = stride()
      case 1: options.dilation = stride()
      case 2: options.padding = options.padding == .same ? .valid : .same
      default: options.depthMultiplier = sizes[pick(sizes.count)]
      }
      op.options = .convolution(options)
    case (_, .pool(var options)):
      if pick(2) == 0 { options.filter = stride() } else { options.stride = stride() }
      op.options = .pool(options)
    case (_, .concatenation): op.options = .concatenation(axis: sizes[pick(9)], activation: .none)
    case (_, .softmax): op.options = .softmax(beta: [0, -1, .nan, .infinity, 1e30][pick(5)])
    default: op.options = .none
    }
  }
}
