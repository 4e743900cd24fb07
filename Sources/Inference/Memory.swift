import Bytes
import Models

/// The bytes of every tensor and of the scratch area, while a model runs.
///
/// Operators check every offset and count when they are prepared; nothing is checked here.
struct Memory {
  let base: UnsafeMutableRawPointer

  func bytes(_ operand: Operand) -> UnsafeMutableRawPointer { base + operand.offset }

  func int8(_ operand: Operand) -> UnsafeMutablePointer<Int8> { pointer(at: operand.offset) }

  func int16(_ operand: Operand) -> UnsafeMutablePointer<Int16> { pointer(at: operand.offset) }

  func int32(_ operand: Operand) -> UnsafeMutablePointer<Int32> { pointer(at: operand.offset) }

  func float(_ operand: Operand) -> UnsafeMutablePointer<Float> { pointer(at: operand.offset) }

  func scratch<Element>(_ scratch: Scratch, as: Element.Type = Element.self)
    -> UnsafeMutablePointer<Element>
  {
    pointer(at: scratch.offset)
  }

  private func pointer<Element>(at offset: Int) -> UnsafeMutablePointer<Element> {
    (base + offset).assumingMemoryBound(to: Element.self)
  }
}

/// A tensor as one operator sees it: its description and where its bytes lie.
struct Operand: Sendable {
  /// Index into the graph's tensors.
  let index: Int
  let tensor: Tensor
  /// Of the first byte in `Memory`; a multiple of `TensorLayout.alignment`.
  let offset: Int
  /// Elements.
  let count: Int

  var shape: [Int] { tensor.shape }
  var type: ElementType { tensor.type }
  var byteCount: Int { tensor.byteCount }
}

/// Bytes that an operator may use while it runs; their content does not survive it.
struct Scratch: Sendable {
  let offset: Int
}

/// Where each tensor lies: one after the other, none sharing, so that every layer can be inspected.
///
/// The scratch area, shared by all operators, follows the tensors.
struct TensorLayout: Sendable {
  static let alignment = 64
  /// More than any model for a device of this class; a damaged file may claim anything.
  static let limit = 1 << 29

  /// Per tensor of the graph.
  private(set) var offsets: [Int] = []
  private(set) var tensorBytes = 0
  private(set) var scratchBytes = 0

  var byteCount: Int { tensorBytes + scratchBytes }

  init(_ graph: Graph) throws(InputError) {
    for (index, tensor) in graph.tensors.enumerated() {
      offsets.append(tensorBytes)
      let place = InputError.Place.key("tensor \(index) “\(tensor.name)”")
      guard let bytes = Self.checkedByteCount(tensor) else {
        throw InputError(
          at: place,
          "expected a static shape of at most \(Self.limit) bytes and a numeric type, "
            + "found \(tensor.shape) of \(tensor.type.name)")
      }
      if let constant = tensor.constant, constant.count != bytes {
        throw InputError(
          at: place, "expected \(bytes) bytes of data for \(tensor.shape), found \(constant.count)")
      }
      tensorBytes += Self.aligned(bytes)
      guard tensorBytes <= Self.limit else {
        throw InputError(at: place, "expected tensors of at most \(Self.limit) bytes in total")
      }
    }
  }

  /// Makes room for an operator's scratch bytes.
  mutating func reserveScratch(_ bytes: Int) -> Scratch? {
    guard bytes >= 0, bytes <= Self.limit else { return nil }
    scratchBytes = max(scratchBytes, Self.aligned(bytes))
    return Scratch(offset: tensorBytes)
  }

  private static func aligned(_ bytes: Int) -> Int {
    (bytes + alignment - 1) / alignment * alignment
  }

  private static func checkedByteCount(_ tensor: Tensor) -> Int? {
    var count = 1
    for dimension in tensor.shape {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product <= limit else { return nil }
      count = product
    }
    // A type that has neither a size nor a packed form would silently take no bytes.
    guard tensor.type.size != nil || [.int4, .uint4, .int2].contains(tensor.type) else {
      return nil
    }
    return tensor.byteCount
  }
}
