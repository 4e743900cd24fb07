/// Rearranges elements without looking at them: every dimension of the result names where in the
/// source each of its positions starts.
///
/// One kernel for transposition, slices with any stride, mirrored borders, repetition, gathering,
/// nearest-neighbour resizing and blocks that move between space and depth.
package struct IndexedCopy: Sendable {
  /// Of the source, in bytes, per position of a dimension; outermost dimension first.
  private let offsets: [[Int]]
  /// Bytes that lie together at every place that the offsets name.
  private let run: Int
  /// Of the first element in the source, in bytes.
  private let start: Int
  private let isEmpty: Bool

  /// - Parameters:
  ///   - offsets: per dimension of the result, outermost first, the source offset in elements of
  ///     each position; they add up.
  ///   - start: an offset in elements that all places share.
  ///   - elementSize: in bytes.
  package init(offsets: [[Int]], start: Int = 0, elementSize: Int) {
    var run = elementSize
    var kept = offsets.map { dimension in dimension.map { $0 * elementSize } }
    // Innermost dimensions that merely continue become part of the run.
    while let last = kept.last, last.indices.allSatisfy({ last[$0] == $0 * run }) {
      run *= last.count
      kept.removeLast()
    }
    self.offsets = kept
    self.run = run
    self.start = start * elementSize
    isEmpty = offsets.contains { $0.isEmpty }
  }

  /// Offsets of the positions of a dimension that advances evenly.
  package static func steps(_ count: Int, by stride: Int) -> [Int] {
    (0..<count).map { $0 * stride }
  }

  package func run(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    guard !isEmpty else { return }
    guard !offsets.isEmpty else {
      target.copyMemory(from: source + start, byteCount: run)
      return
    }
    var next = target
    copy(0, from: source + start, to: &next)
  }

  private func copy(
    _ depth: Int, from source: UnsafeRawPointer, to target: inout UnsafeMutableRawPointer
  ) {
    guard depth == offsets.count - 1 else {
      for offset in offsets[depth] { copy(depth + 1, from: source + offset, to: &target) }
      return
    }
    offsets[depth].withUnsafeBufferPointer { offsets in
      switch run {
      case 1: copyElements(UInt8.self, offsets, source, target)
      case 2: copyElements(UInt16.self, offsets, source, target)
      case 4: copyElements(UInt32.self, offsets, source, target)
      default:
        for index in 0..<offsets.count {
          (target + index &* run).copyMemory(from: source + offsets[index], byteCount: run)
        }
      }
      target += offsets.count * run
    }
  }

  @inline(__always)
  private func copyElements<Element: BitwiseCopyable>(
    _: Element.Type, _ offsets: UnsafeBufferPointer<Int>, _ source: UnsafeRawPointer,
    _ target: UnsafeMutableRawPointer
  ) {
    let elements = target.assumingMemoryBound(to: Element.self)
    for index in 0..<offsets.count {
      elements[index] = source.loadUnaligned(fromByteOffset: offsets[index], as: Element.self)
    }
  }
}
