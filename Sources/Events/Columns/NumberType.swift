/// A little-endian number in a row of a table.
package enum NumberType: Equatable, Sendable {
  case unsigned(bytes: Int)
  case signed(bytes: Int)
  case float(bytes: Int)

  /// By NumPy's name, such as `<u2` or `|b1`; nil for big-endian and other kinds.
  init?(numpy descriptor: String) {
    guard let size = Int(descriptor.dropFirst(2)), descriptor.count >= 3 else { return nil }
    let order = descriptor.first
    guard order == "<" || (size == 1 && order == "|") else { return nil }
    switch (descriptor.dropFirst().first, size) {
    case ("u", 1), ("u", 2), ("u", 4), ("u", 8), ("b", 1): self = .unsigned(bytes: size)
    case ("i", 1), ("i", 2), ("i", 4), ("i", 8): self = .signed(bytes: size)
    case ("f", 4), ("f", 8): self = .float(bytes: size)
    default: return nil
    }
  }

  package var size: Int {
    switch self {
    case .unsigned(let bytes), .signed(let bytes), .float(let bytes): bytes
    }
  }

  /// The number at `place` as a whole one; values beyond 63 bits come out as the largest, fractions
  /// are cut off.
  package func integer(at place: UnsafeRawPointer) -> Int64 {
    switch self {
    case .unsigned(1): Int64(place.load(as: UInt8.self))
    case .unsigned(2): Int64(UInt16(littleEndian: place.loadUnaligned(as: UInt16.self)))
    case .unsigned(4): Int64(UInt32(littleEndian: place.loadUnaligned(as: UInt32.self)))
    case .unsigned: Int64(clamping: UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)))
    case .signed(1): Int64(place.load(as: Int8.self))
    case .signed(2): Int64(Int16(littleEndian: place.loadUnaligned(as: Int16.self)))
    case .signed(4): Int64(Int32(littleEndian: place.loadUnaligned(as: Int32.self)))
    case .signed: Int64(littleEndian: place.loadUnaligned(as: Int64.self))
    case .float: Self.clamped(real(at: place))
    }
  }

  func real(at place: UnsafeRawPointer) -> Double {
    switch self {
    case .float(4):
      Double(Float(bitPattern: UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))))
    case .float: Double(bitPattern: UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)))
    default: Double(integer(at: place))
    }
  }

  /// NaN comes out as the least.
  static func clamped(_ real: Double) -> Int64 {
    if real >= 0x1p63 { return .max }
    return real >= -0x1p63 ? Int64(real) : .min
  }
}
