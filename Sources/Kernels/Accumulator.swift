/// The type that a convolution sums in, and what it multiplies.
///
/// | sum | activations | weights |
/// |---|---|---|
/// | `Int32` | int8 | int8, widened |
/// | `Int64` | int16 | int8, widened |
/// | `Float` | float32 | float32 |
package protocol Accumulator: Sendable {
  associatedtype Activation: Sendable
  associatedtype Weight: Sendable

  static var none: Self { get }
  /// Σ activations × weights.
  static func dot(
    _ activations: UnsafePointer<Activation>, _ weights: UnsafePointer<Weight>, _ count: Int
  ) -> Self
  static func multiply(_ activation: Activation, _ weight: Weight) -> Self
  func adding(_ other: Self) -> Self
}

extension Int32: Accumulator {
  package typealias Activation = Int8
  package typealias Weight = Int16

  package static var none: Int32 { 0 }

  @inline(__always)
  package static func dot(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int16>, _ count: Int
  ) -> Int32 {
    var sum: Int32 = 0
    for index in 0..<count { sum &+= Int32(activations[index]) &* Int32(weights[index]) }
    return sum
  }

  @inline(__always)
  package static func multiply(_ activation: Int8, _ weight: Int16) -> Int32 {
    Int32(activation) &* Int32(weight)
  }

  @inline(__always)
  package func adding(_ other: Int32) -> Int32 { self &+ other }
}

extension Int64: Accumulator {
  package typealias Activation = Int16
  package typealias Weight = Int16

  package static var none: Int64 { 0 }

  @inline(__always)
  package static func dot(
    _ activations: UnsafePointer<Int16>, _ weights: UnsafePointer<Int16>, _ count: Int
  ) -> Int64 {
    var sum: Int64 = 0
    var done = 0
    while done < count {
      // 256 products of 23 bits fit 32 bits, which the compiler sums four and eight at a time.
      let end = Swift.min(count, done &+ 256)
      var part: Int32 = 0
      for index in done..<end { part &+= Int32(activations[index]) &* Int32(weights[index]) }
      sum &+= Int64(part)
      done = end
    }
    return sum
  }

  @inline(__always)
  package static func multiply(_ activation: Int16, _ weight: Int16) -> Int64 {
    Int64(Int32(activation) &* Int32(weight))
  }

  @inline(__always)
  package func adding(_ other: Int64) -> Int64 { self &+ other }
}

extension Float: Accumulator {
  package typealias Activation = Float
  package typealias Weight = Float

  package static var none: Float { 0 }

  /// In eight interleaved partial sums: one running sum would forbid vector instructions.
  @inline(__always)
  package static func dot(
    _ activations: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ count: Int
  ) -> Float {
    var sums = SIMD8<Float>()
    var index = 0
    while index &+ 8 <= count {
      let x = UnsafeRawPointer(activations + index).loadUnaligned(as: SIMD8<Float>.self)
      let w = UnsafeRawPointer(weights + index).loadUnaligned(as: SIMD8<Float>.self)
      sums += x * w
      index &+= 8
    }
    var sum = sums.sum()
    while index < count {
      sum += activations[index] * weights[index]
      index &+= 1
    }
    return sum
  }

  @inline(__always)
  package static func multiply(_ activation: Float, _ weight: Float) -> Float {
    activation * weight
  }

  @inline(__always)
  package func adding(_ other: Float) -> Float { self + other }
}
