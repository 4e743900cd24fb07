import Glibc

/// σ(i ÷ 24) × 65536 for i = 0 … 255, of which int16 logistic and tanh take straight lines.
///
/// The published table of the TFLite reference (`kernels/internal/common.h`); it is neither rounded
/// nor cut consistently, so it cannot be computed.
let sigmoidTable: [UInt16] = [
  32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794,
  41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443,
  48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374,
  54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544,
  58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279,
  61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990,
  63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030,
  64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652,
  64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019,
  65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
  65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360,
  65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
  65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476,
  65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
  65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
  65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
  65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529,
  65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532,
  65532, 65532, 65532, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534,
  65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
]

/// Logistic or tanh of int16 values: inputs in Q3.12 after scaling, results in Q0.15.
package struct WideSigmoid: Sendable {
  package enum Function: Sendable { case logistic, tanh }

  private let function: Function
  /// Takes an input to the table's 1/(3 × 4096) grid, then shifts right.
  private let multiplier: Int32
  private let shift: Int32

  /// Inputs of scale 2^−12, as gates of an LSTM have, or of twice that per `doublings`.
  package init(_ function: Function, doublings: Int32 = 0) {
    self.function = function
    multiplier = 3 &<< doublings
    shift = 0
  }

  /// Inputs that are first multiplied by `multiplier` ÷ 2^`shift`; `shift` within 0…31.
  package init(_ function: Function, multiplier: Int32, shift: Int32) {
    self.function = function
    self.multiplier = multiplier
    self.shift = shift
  }

  /// Inputs of any scale, as `TanhPrepare` takes them; nil where a scale is too large.
  package init?(_ function: Function, scale: Float) {
    let exponent = log2(scale)
    let isPowerOfTwo = abs(exponent - exponent.rounded()) < 1e-3
    let doublings = exponent.rounded() + 12
    if isPowerOfTwo, doublings == 0 || (function == .tanh && doublings == 1) {
      self.init(function, doublings: Int32(doublings))
      return
    }
    var factor = Double(scale) * 4096 * 3
    var shift: Int32 = 0
    while factor <= 32767.0 / 2, shift <= 30 {
      shift += 1
      factor *= 2
    }
    guard factor <= 32767 else { return nil }
    self.init(function, multiplier: Int32(factor), shift: shift)
  }

  package func run(
    _ input: UnsafePointer<Int16>, count: Int, to output: UnsafeMutablePointer<Int16>
  ) {
    let rounding = shift > 0 ? Int32(1) &<< (shift &- 1) : 0
    sigmoidTable.withUnsafeBufferPointer { table in
      for index in 0..<count {
        let position = (Int32(input[index]) &* multiplier &+ rounding) &>> shift
        output[index] =
          function == .logistic ? logistic(position, table) : hyperbolicTangent(position, table)
      }
    }
  }

  /// `position` counts 1/512 of a table step.
  @inline(__always)
  private func logistic(_ position: Int32, _ table: UnsafeBufferPointer<UInt16>) -> Int16 {
    let magnitude = position.magnitude
    let step = Int(magnitude >> 9)
    var result: UInt32 = 0x7FFF << 10
    if step < 255 {
      let base = UInt32(table[step])
      let rise = UInt32(table[step &+ 1]) &- base
      result = (base << 9) &+ (magnitude & 0x1FF) &* rise
    }
    let signed =
      position >= 0
      ? result &+ (1 << 9) : (1 << 25) &- result &+ (1 << 9) &- 1
    return Int16(truncatingIfNeeded: signed >> 10)
  }

  /// `position` counts 1/256 of a table step: tanh x = 2σ(2x) − 1.
  @inline(__always)
  private func hyperbolicTangent(_ position: Int32, _ table: UnsafeBufferPointer<UInt16>) -> Int16 {
    let magnitude = position.magnitude
    let step = Int(magnitude >> 8)
    var result: Int32 = 0xFFFF << 8
    if step < 255 {
      let base = Int32(table[step])
      let rise = Int32(table[step &+ 1]) &- base
      result = (base << 8) &+ Int32(magnitude & 0xFF) &* rise
    }
    let signed =
      position >= 0
      ? result &- (1 << 23) &+ (1 << 7) : (1 << 23) &- result &+ (1 << 7) &- 1
    return Int16(truncatingIfNeeded: signed >> 8)
  }
}
