import Kernels
import Testing

@Suite("Requantization")
struct RequantizerTests {
  /// Sums at every magnitude, around ties, and at both ends.
  private static let sums: [Int32] = {
    var sums: [Int32] = [0, 1, -1, .max, .min, .max - 1, .min + 1]
    for bit in Int32(1)..<31 {
      let power = Int32(1) << bit
      sums += [power, power - 1, power + 1, -power, -power - 1, -power + 1, power / 2 * 3]
    }
    var state: UInt32 = 1
    for _ in 0..<2000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      sums.append(Int32(bitPattern: state) >> Int32(state % 24))
    }
    return sums
  }()

  @Test("Four lanes at a time round as one multiplication does", arguments: -31...30)
  func lanesEqualScalar(exponent: Int32) throws {
    for significand: Int32 in [1 << 30, (1 << 30) + 1, 1_518_500_250, .max - 1, .max] {
      let multiplier = QuantizedMultiplier(significand: significand, exponent: exponent)
      let requantizer = Requantizer(
        multipliers: Array(repeating: multiplier, count: 5), zeroPoint: 3, range: -128...127)
      for start in stride(from: 0, to: Self.sums.count - 5, by: 5) {
        var lanes = Array(Self.sums[start..<start + 5]) + [0, 0, 0]
        var found = [Int8](repeating: 0, count: 5)
        requantizer.apply(&lanes, count: 5, to: &found)
        let expected = Self.sums[start..<start + 5].map {
          Int8(clamping: Int64(multiplier.multiply($0)) + 3)
        }
        #expect(found == expected)
      }
    }
  }

  @Test("A half rounds away from zero twice, or to even")
  func ties() {
    let half = QuantizedMultiplier(significand: 1 << 30, exponent: 0)
    #expect([1, 3, -1, -3].map { half.multiply(Int32($0)) } == [1, 2, 0, -1])
    let quarter = QuantizedMultiplier(significand: 1 << 30, exponent: -1)
    #expect([2, 6, -2, -6].map { quarter.multiply(Int32($0)) } == [1, 2, -1, -2])
    #expect([0.5, 1.5, 2.5, -0.5, -1.5].map { roundHalfEven(clamped: $0) } == [0, 2, 2, 0, -2])
  }
}
