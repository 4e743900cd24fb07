import Glibc

/// Arithmetic of two float arrays that broadcast against each other.
package struct FloatElementwise: Sendable {
  package enum Operation: Sendable { case add, subtract, multiply, divide, maximum, minimum }

  private let operation: Operation
  /// What the fused activation lets a result be.
  private let range: ClosedRange<Float>
  private let broadcast: Broadcast

  package init(_ operation: Operation, range: ClosedRange<Float>, broadcast: Broadcast) {
    self.operation = operation
    self.range = range
    self.broadcast = broadcast
  }

  package func run(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    to result: UnsafeMutablePointer<Float>
  ) {
    switch operation {
    case .add: each(left, right, result) { $0 + $1 }
    case .subtract: each(left, right, result) { $0 - $1 }
    case .multiply: each(left, right, result) { $0 * $1 }
    case .divide: each(left, right, result) { $0 / $1 }
    case .maximum: each(left, right, result) { $0 > $1 ? $0 : $1 }
    case .minimum: each(left, right, result) { $0 < $1 ? $0 : $1 }
    }
  }

  @inline(__always)
  private func each(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    _ result: UnsafeMutablePointer<Float>, _ function: (Float, Float) -> Float
  ) {
    broadcast.forEachRow { row in
      for index in 0..<row.count {
        let value = function(
          left[row.left + index &* row.leftStep], right[row.right + index &* row.rightStep])
        result[row.result + index] = max(range.lowerBound, min(range.upperBound, value))
      }
    }
  }
}

/// The larger or the smaller of two arrays that broadcast against each other.
package struct Extremum: Sendable {
  private let takesLarger: Bool
  private let broadcast: Broadcast

  package init(takesLarger: Bool, broadcast: Broadcast) {
    self.takesLarger = takesLarger
    self.broadcast = broadcast
  }

  package func run(
    _ left: UnsafePointer<Int8>, _ right: UnsafePointer<Int8>,
    to result: UnsafeMutablePointer<Int8>
  ) { each(left, right, result) }

  package func run(
    _ left: UnsafePointer<Int16>, _ right: UnsafePointer<Int16>,
    to result: UnsafeMutablePointer<Int16>
  ) { each(left, right, result) }

  package func run(
    _ left: UnsafePointer<Int32>, _ right: UnsafePointer<Int32>,
    to result: UnsafeMutablePointer<Int32>
  ) { each(left, right, result) }

  @inline(__always)
  private func each<Element: Comparable>(
    _ left: UnsafePointer<Element>, _ right: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Element>
  ) {
    broadcast.forEachRow { row in
      for index in 0..<row.count {
        let x = left[row.left + index &* row.leftStep]
        let y = right[row.right + index &* row.rightStep]
        result[row.result + index] = takesLarger ? max(x, y) : min(x, y)
      }
    }
  }
}

/// A function of one float.
package enum FloatFunction: Sendable {
  case logistic, hyperbolicTangent, hardSwish, elu, exponential, absolute, negative, squareRoot
  case inverseSquareRoot
  case leaky(Float)
  /// RELU and its kin.
  case clamp(ClosedRange<Float>)

  package func callAsFunction(_ x: Float) -> Float {
    switch self {
    case .logistic: 1 / (1 + expf(-x))
    case .hyperbolicTangent: tanhf(x)
    case .hardSwish: x * min(6, max(0, x + 3)) / 6
    case .elu: x < 0 ? expm1f(x) : x
    case .exponential: expf(x)
    case .absolute: abs(x)
    case .negative: -x
    case .squareRoot: sqrtf(x)
    case .inverseSquareRoot: 1 / sqrtf(x)
    case .leaky(let slope): x > 0 ? x : x * slope
    case .clamp(let range): max(range.lowerBound, min(range.upperBound, x))
    }
  }

  package func run(
    _ input: UnsafePointer<Float>, count: Int, to output: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count { output[index] = self(input[index]) }
  }
}
