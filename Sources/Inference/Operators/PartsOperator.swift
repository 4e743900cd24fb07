import Bytes
import Kernels
import Models

/// SPLIT, SPLIT_V and UNPACK cut a tensor along an axis; PACK joins equal tensors along a new one.
struct PartsOperator: PreparedOperator {
  private let whole: Operand
  private let parts: [Part]
  /// How many times all parts follow each other in the whole.
  private let repeats: Int
  private let wholeStride: Int
  private let joins: Bool

  /// Sizes in bytes.
  private struct Part: Sendable {
    let operand: Operand
    let size: Int
    let start: Int
  }

  static func prepareSplit(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let axis = try p.integerConstant(try p.input(p.op.kind == .splitV ? 2 : 0))
    let whole = try p.input(p.op.kind == .splitV ? 0 : 1)
    try p.require(axis.count == 1, "expected one axis, found \(axis.count)")
    return try cut(&p, whole, axis: try p.axis(axis[0], rank: whole.shape.count), drops: false)
  }

  static func prepareUnpack(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .unpack(let axis, _) = p.op.options else {
      throw p.error("expected unpack options")
    }
    let whole = try p.input(0)
    return try cut(&p, whole, axis: try p.axis(axis, rank: whole.shape.count), drops: true)
  }

  private static func cut(
    _ p: inout Preparation, _ whole: Operand, axis: Int, drops: Bool
  ) throws(InputError) -> any PreparedOperator {
    var parts: [Operand] = []
    for position in 0..<p.outputCount { parts.append(try p.output(position, whole.type)) }
    return try prepare(p, whole, parts, axis: axis, addsAxis: drops, joins: false)
  }

  static func preparePack(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .pack(let value, _) = p.op.options else { throw p.error("expected pack options") }
    let first = try p.input(0)
    let whole = try p.output(0, first.type)
    let axis = try p.axis(value, rank: whole.shape.count)
    var parts: [Operand] = []
    for position in 0..<p.inputCount { parts.append(try p.input(position, first.type)) }
    return try prepare(p, whole, parts, axis: axis, addsAxis: true, joins: true)
  }

  /// `addsAxis`: the whole has a dimension of one per part that the parts lack.
  private static func prepare(
    _ p: Preparation, _ whole: Operand, _ operands: [Operand], axis: Int, addsAxis: Bool,
    joins: Bool
  ) throws(InputError) -> any PreparedOperator {
    guard let size = whole.type.size else { throw p.unsupportedType(whole) }
    try p.requireArrangeable(whole)
    let inner = whole.strides[axis] * size
    var parts: [Part] = []
    var start = 0
    for operand in operands {
      var shape = operand.shape
      if addsAxis { shape.insert(1, at: min(axis, shape.count)) }
      try p.require(
        shape.count == whole.shape.count
          && shape.indices.allSatisfy { $0 == axis || shape[$0] == whole.shape[$0] }
          && shape[axis] <= whole.shape[axis],
        "expected parts of \(whole.shape), found \(operand.shape)")
      parts.append(Part(operand: operand, size: shape[axis] * inner, start: start))
      start += shape[axis] * inner
      try p.require(
        start <= whole.shape[axis] * inner, "expected parts that make up \(whole.shape)")
    }
    try p.require(
      start == whole.shape[axis] * inner, "expected parts that make up \(whole.shape)")
    return PartsOperator(
      whole: whole, parts: parts, repeats: whole.shape[..<axis].reduce(1, *), wholeStride: start,
      joins: joins)
  }

  func run(_ memory: Memory) {
    for part in parts where part.size > 0 {
      for index in 0..<repeats {
        let inWhole = memory.bytes(whole) + (index * wholeStride + part.start)
        let inPart = memory.bytes(part.operand) + index * part.size
        if joins {
          inWhole.copyMemory(from: inPart, byteCount: part.size)
        } else {
          inPart.copyMemory(from: inWhole, byteCount: part.size)
        }
      }
    }
  }
}

extension Preparation {
  /// An axis counted from either end.
  func axis(_ value: Int, rank: Int) throws(InputError) -> Int {
    let axis = value < 0 ? value &+ rank : value
    try require(
      (0..<rank).contains(axis), "expected an axis within a rank of \(rank), found \(value)")
    return axis
  }
}
