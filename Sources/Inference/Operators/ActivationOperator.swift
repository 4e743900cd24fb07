import Bytes
import Kernels
import Models

/// Functions of one element: RELU and its kin, LEAKY_RELU, LOGISTIC, TANH, HARD_SWISH, ELU, EXP,
/// ABS, NEG, SQRT and RSQRT.
///
/// On int8 each is a table of 256 results. The double-rounding tables are filled by the reference's
/// fixed-point code where it has one; the fp32 tables hold the real function, rounded half to
/// even.
struct ActivationOperator: PreparedOperator {
  private enum Kernel: Sendable {
    case bytes(ByteTable)
    case sigmoid(WideSigmoid)
    case leaky(WideLeakyRectifier)
    case floats(FloatFunction)
  }

  private let input: Operand
  private let output: Operand
  private let kernel: Kernel

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    try p.requireSameShape(input, output)
    let kernel: Kernel
    switch input.type {
    case .int8: kernel = .bytes(try table(p, input, output))
    case .int16: kernel = try words(p, input, output)
    case .float32: kernel = .floats(try function(p))
    default: throw p.unsupportedType(input)
    }
    return ActivationOperator(input: input, output: output, kernel: kernel)
  }

  private static func table(
    _ p: Preparation, _ input: Operand, _ output: Operand
  ) throws(InputError) -> ByteTable {
    let (from, to) = (try p.quantization(input), try p.quantization(output))
    if p.op.kind == .logistic || p.op.kind == .tanh {
      let zeroPoint: Int32 = p.op.kind == .logistic ? -128 : 0
      try p.require(to.zeroPoint == zeroPoint, "expected an output zero point of \(zeroPoint)")
    }
    let real = try function(p)
    if p.arithmetic == .fp32HalfEven { return ByteTable(from: from, to: to, real.callAsFunction) }
    let table: ByteTable?
    switch (p.op.kind, real) {
    case (.logistic, _): table = ByteTable(logistic: from)
    case (.tanh, _): table = ByteTable(tanh: from)
    case (.hardSwish, _): table = ByteTable(hardSwish: from, to: to)
    case (_, .leaky(let alpha)): table = ByteTable(leaky: alpha, from: from, to: to)
    case (_, .clamp(let range)):
      table = ByteTable(rescaling: from, to: to, range: try p.quantized(range, output))
    default: table = ByteTable(roundingAwayFrom: from, to: to, real.callAsFunction)
    }
    guard let table else { throw p.error("expected scales of similar size") }
    return table
  }

  private static func words(
    _ p: Preparation, _ input: Operand, _ output: Operand
  ) throws(InputError) -> Kernel {
    let (from, to) = (try p.quantization(input), try p.quantization(output))
    switch (p.op.kind, try function(p)) {
    case (.logistic, _), (.tanh, _):
      try p.require(
        from.zeroPoint == 0 && to.zeroPoint == 0 && abs(to.scale * 32768 - 1) < 1e-3,
        "expected zero points of 0 and an output of scale 1/32768")
      let function: WideSigmoid.Function =
        p.op.kind == .logistic ? .logistic : .tanh
      guard let sigmoid = WideSigmoid(function, scale: from.scale) else {
        throw p.error("expected an input of a smaller scale, found \(from.scale)")
      }
      return .sigmoid(sigmoid)
    case (_, .leaky(let alpha)):
      guard let leaky = WideLeakyRectifier(alpha: alpha, from: from, to: to) else {
        throw p.error("expected scales of similar size")
      }
      return .leaky(leaky)
    default: throw p.unsupportedType(input)
    }
  }

  private static func function(_ p: Preparation) throws(InputError) -> FloatFunction {
    switch p.op.kind {
    case .relu: return .clamp(0...Float.infinity)
    case .relu6: return .clamp(0...6)
    case .reluN1To1: return .clamp(-1...1)
    case .relu0To1: return .clamp(0...1)
    case .logistic: return .logistic
    case .tanh: return .hyperbolicTangent
    case .hardSwish: return .hardSwish
    case .elu: return .elu
    case .exp: return .exponential
    case .abs: return .absolute
    case .neg: return .negative
    case .sqrt: return .squareRoot
    case .rsqrt: return .inverseSquareRoot
    case .leakyRelu:
      guard case .leakyRelu(let alpha) = p.op.options, alpha.isFinite else {
        throw p.error("expected a finite slope")
      }
      return .leaky(alpha)
    default: throw p.error("expected a function of one element")
    }
  }

  func run(_ memory: Memory) {
    switch kernel {
    case .bytes(let table):
      table.run(memory.int8(input), count: input.count, to: memory.int8(output))
    case .sigmoid(let sigmoid):
      sigmoid.run(memory.int16(input), count: input.count, to: memory.int16(output))
    case .leaky(let leaky):
      leaky.run(memory.int16(input), count: input.count, to: memory.int16(output))
    case .floats(let function):
      function.run(memory.float(input), count: input.count, to: memory.float(output))
    }
  }
}

/// PRELU on int8: a learned slope for negative values, which broadcasts.
struct ParametricRectifierOperator: PreparedOperator {
  private let input: Operand
  private let slope: Operand
  private let output: Operand
  private let kernel: ParametricRectifier

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let (input, slope) = (try p.input(0, .int8), try p.input(1, .int8))
    let output = try p.output(0, .int8)
    guard
      let kernel = ParametricRectifier(
        from: try p.quantization(input), slope: try p.quantization(slope),
        to: try p.quantization(output), broadcast: try p.broadcast(input, slope, output))
    else { throw p.error("expected scales of similar size") }
    return Self(input: input, slope: slope, output: output, kernel: kernel)
  }

  func run(_ memory: Memory) {
    kernel.run(memory.int8(input), memory.int8(slope), to: memory.int8(output))
  }
}

extension Preparation {
  /// The quantized values whose real ones lie within `range`.
  fileprivate func quantized(_ range: ClosedRange<Float>, _ output: Operand) throws(InputError)
    -> ClosedRange<Int32>
  {
    let (scale, zeroPoint) = try quantization(output)
    func bound(_ real: Float) -> Int32 {
      let steps = (real / scale).rounded(.toNearestOrAwayFromZero)
      return max(-128, min(127, Int32(max(-1e6, min(1e6, steps))) + zeroPoint))
    }
    return bound(range.lowerBound)...bound(range.upperBound)
  }
}
