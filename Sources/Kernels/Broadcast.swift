/// How two arrays line up under a result whose shape they are stretched to.
///
/// Neighbouring dimensions that both operands walk alike are joined, so that equal shapes are one
/// long row.
package struct Broadcast: Sendable {
  /// A stretch of the result: where each operand starts and how far it advances per element.
  package struct Row {
    package let left: Int
    package let right: Int
    package let result: Int
    package let count: Int
    /// 0 where the operand repeats one element, 1 where it advances.
    package let leftStep: Int
    package let rightStep: Int
  }

  private struct Dimension {
    var size: Int
    var left: Int
    var right: Int
  }

  /// Outermost first, innermost excluded.
  private var outer: [Dimension]
  private let inner: Dimension

  /// Nil where the shapes do not broadcast to `result`: aligned at the end, each dimension must be
  /// the result's or 1.
  package init?(left: [Int], right: [Int], result: [Int]) {
    guard left.count <= result.count, right.count <= result.count else { return nil }
    guard let leftSteps = Self.steps(left, in: result),
      let rightSteps = Self.steps(right, in: result)
    else { return nil }
    var joined: [Dimension] = []
    for position in result.indices where result[position] != 1 {
      let next = Dimension(
        size: result[position], left: leftSteps[position], right: rightSteps[position])
      if let last = joined.last, last.left == next.left * next.size,
        last.right == next.right * next.size
      {
        joined[joined.count - 1] = Dimension(
          size: last.size * next.size, left: next.left, right: next.right)
      } else {
        joined.append(next)
      }
    }
    inner = joined.popLast() ?? Dimension(size: 1, left: 0, right: 0)
    outer = joined
  }

  /// Elements to skip per step of each of the result's dimensions; 0 where the operand repeats.
  private static func steps(_ shape: [Int], in result: [Int]) -> [Int]? {
    var steps = Array(repeating: 0, count: result.count)
    var step = 1
    for (offset, size) in shape.reversed().enumerated() {
      let position = result.count - 1 - offset
      guard size == result[position] || size == 1 else { return nil }
      steps[position] = size == 1 ? 0 : step
      step *= size
    }
    return steps
  }

  package func forEachRow(_ body: (Row) -> Void) {
    visit(0, left: 0, right: 0, result: 0, body)
  }

  /// Walks dimension `depth`, whose elements start at the given places.
  private func visit(_ depth: Int, left: Int, right: Int, result: Int, _ body: (Row) -> Void) {
    guard depth < outer.count else {
      body(
        Row(
          left: left, right: right, result: result, count: inner.size,
          leftStep: inner.left, rightStep: inner.right))
      return
    }
    let dimension = outer[depth]
    let stride = outer[(depth + 1)...].reduce(inner.size) { $0 * $1.size }
    for index in 0..<dimension.size {
      visit(
        depth + 1, left: left + index * dimension.left, right: right + index * dimension.right,
        result: result + index * stride, body)
    }
  }
}
