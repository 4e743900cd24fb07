/// Which position of one dimension a resized position shows: the reference's float32 arithmetic.
package struct NearestNeighbor: Sendable {
  private let size: Int
  private let scale: Float
  private let alignsCorners: Bool
  private let halfPixelCenters: Bool

  /// Both sizes are above 0.
  package init(from size: Int, to target: Int, alignsCorners: Bool, halfPixelCenters: Bool) {
    self.size = size
    scale =
      alignsCorners && target > 1
      ? Float(size - 1) / Float(target - 1) : Float(size) / Float(target)
    self.alignsCorners = alignsCorners
    self.halfPixelCenters = halfPixelCenters
  }

  package func source(of position: Int) -> Int {
    let place = (Float(position) + (halfPixelCenters ? 0.5 : 0)) * scale
    let rounded = place.rounded(alignsCorners ? .toNearestOrAwayFromZero : .down)
    return max(0, min(size - 1, Int(rounded)))
  }
}
