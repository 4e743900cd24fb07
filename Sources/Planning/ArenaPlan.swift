/// Where each buffer of a model lies in the arena, by TFLM's greedy planner
/// (tflite-micro @90b983c, `memory_planner/greedy_memory_planner.cc`).
///
/// - Buffers with an offset of their own come first and stay where they are.
/// - The others go in by size, largest first; of equals, the one added last goes first.
/// - Each takes the first gap, from offset 0 up, between buffers that live at the same time.
///
/// A good layout, not always the best one.
package struct ArenaPlan: Equatable, Sendable {
  /// Offsets and sizes are multiples of this many bytes.
  package static let alignment = 16

  package struct Placement: Equatable, Sendable {
    package var buffer: ArenaBuffer
    package var offset: Int
    package var end: Int { offset + buffer.alignedBytes }

    package init(buffer: ArenaBuffer, offset: Int) {
      self.buffer = buffer
      self.offset = offset
    }
  }

  /// In the order of the buffers that were planned.
  package var placements: [Placement]

  package init(placements: [Placement]) { self.placements = placements }

  package init(greedy lifetimes: TensorLifetimes) {
    let buffers = lifetimes.buffers
    let fixed = buffers.indices.filter { buffers[$0].fixedOffset != nil }
    let free = buffers.indices.filter { buffers[$0].fixedOffset == nil }.reversed()
    // Sorting is stable, so that equals keep the reversed order of being added.
    let bySize = free.sorted { buffers[$0].alignedBytes > buffers[$1].alignedBytes }

    var offsets = Array(repeating: 0, count: buffers.count)
    var placed: [Int] = []
    for index in fixed + bySize {
      let buffer = buffers[index]
      let offset = buffer.fixedOffset ?? Self.firstGap(for: buffer, placed, buffers, offsets)
      offsets[index] = offset
      let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
      placed.insert(index, at: position)
    }
    placements = buffers.indices.map { Placement(buffer: buffers[$0], offset: offsets[$0]) }
  }

  /// - Parameter placed: Indices of placed buffers in ascending order of offset.
  private static func firstGap(
    for buffer: ArenaBuffer, _ placed: [Int], _ buffers: [ArenaBuffer], _ offsets: [Int]
  ) -> Int {
    var candidate = 0
    for index in placed where buffers[index].overlapsInTime(buffer) {
      if offsets[index] - candidate >= buffer.alignedBytes { break }
      candidate = max(candidate, offsets[index] + buffers[index].alignedBytes)
    }
    return candidate
  }

  /// Bytes from the start of the arena to the end of the highest buffer: the interpreter's head.
  package var size: Int { placements.map(\.end).max() ?? 0 }

  package struct Collision: Equatable, Sendable {
    package var one: Placement
    package var other: Placement
  }

  /// Pairs that live at the same time in the same bytes: none, unless fixed offsets are wrong.
  ///
  /// Compares every pair and knows nothing of how the plan was made.
  package var collisions: [Collision] {
    var found: [Collision] = []
    for (index, one) in placements.enumerated() {
      for other in placements[(index + 1)...]
      where one.buffer.overlapsInTime(other.buffer) && one.offset < other.end
        && other.offset < one.end
      {
        found.append(Collision(one: one, other: other))
      }
    }
    return found
  }
}
