/// What a vector's mask spreads to.
struct EVT3Tables: Sendable {
  /// For each mask of eight bits its set bits, lowest first, in eight places; then how many.
  private let positions: [UInt16]
  private let counts: [UInt8]

  struct Pointers {
    let positions: UnsafeRawPointer
    let counts: UnsafePointer<UInt8>

    /// Writes eight events at `count`; returns as how many of them the low eight bits of `mask` ask
    /// for. What is behind those will be overwritten.
    @inline(__always)
    func spread(
      _ mask: UInt64, from base: UInt32, _ burst: EVT3Burst, _ output: inout EventOutput,
      at count: Int
    ) -> Int {
      let mask = Int(truncatingIfNeeded: mask & 0xFF)
      let columns = positions.loadUnaligned(fromByteOffset: mask &* 16, as: SIMD8<UInt16>.self)
      let xs = columns &+ SIMD8(repeating: UInt16(truncatingIfNeeded: base))
      let times = UnsafeMutableRawPointer(output.times + count)
      let pair = SIMD2(repeating: burst.time)
      times.storeBytes(of: pair, as: SIMD2<Int64>.self)
      times.storeBytes(of: pair, toByteOffset: 16, as: SIMD2<Int64>.self)
      times.storeBytes(of: pair, toByteOffset: 32, as: SIMD2<Int64>.self)
      times.storeBytes(of: pair, toByteOffset: 48, as: SIMD2<Int64>.self)
      UnsafeMutableRawPointer(output.xs + count).storeBytes(of: xs, as: SIMD8<UInt16>.self)
      UnsafeMutableRawPointer(output.ys + count).storeBytes(
        of: SIMD8(repeating: burst.y), as: SIMD8<UInt16>.self)
      UnsafeMutableRawPointer(output.polarities + count).storeBytes(
        of: burst.polarities, as: UInt64.self)
      return Int(counts[mask])
    }
  }

  init() {
    var positions = [UInt16](repeating: 0, count: 256 * 8)
    var counts = [UInt8](repeating: 0, count: 256)
    for mask in 0..<256 {
      for bit in 0..<8 where mask >> bit & 1 == 1 {
        positions[mask * 8 + Int(counts[mask])] = UInt16(bit)
        counts[mask] += 1
      }
    }
    (self.positions, self.counts) = (positions, counts)
  }

  func withPointers<R>(_ body: (Pointers) -> R) -> R {
    positions.withUnsafeBytes { positions in
      counts.withUnsafeBufferPointer { counts in
        body(Pointers(positions: positions.baseAddress!, counts: counts.baseAddress!))
      }
    }
  }
}

/// What all events of a vector share.
struct EVT3Burst {
  let time: Int64
  let y: UInt16
  /// Eight times the polarity, a byte each.
  let polarities: UInt64

  @inline(__always)
  init(time: Int64, y: UInt16, polarity: UInt32) {
    self.time = time
    self.y = y
    polarities = UInt64(polarity) &* 0x0101_0101_0101_0101
  }
}
