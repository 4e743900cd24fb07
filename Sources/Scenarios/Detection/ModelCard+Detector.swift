package import Bytes
package import Inference
package import Models

extension ModelCard {
  /// What reads the boxes off the outputs of the model that this describes.
  ///
  /// - Throws: `InputError` for a card of no detector, and for a model with other outputs.
  package func head(of model: Model) throws(InputError) -> CentreGridHead {
    guard let detector else {
      throw InputError(at: .key("detector"), "expected how boxes are read, found none")
    }
    return try CentreGridHead(
      model, classCount: classes.count, stride: detector.stride,
      scoreThreshold: Float(detector.scoreThreshold),
      suppression: BoxSuppression(
        overlap: Float(detector.overlap), mostBoxes: detector.mostBoxes))
  }
}

extension ModelCard.Detector {
  func check() throws(InputError) {
    func require(_ condition: Bool, _ key: String, _ problem: String) throws(InputError) {
      if !condition { throw InputError(at: .key("detector.\(key)"), problem) }
    }
    try require((1...1_024).contains(stride), "stride", "expected 1 to 1024, found \(stride)")
    for (key, share) in [("scoreThreshold", scoreThreshold), ("overlap", overlap)] {
      try require((0...1).contains(share), key, "expected 0 to 1, found \(share)")
    }
    try require(
      (1...10_000).contains(mostBoxes), "mostBoxes", "expected 1 to 10000, found \(mostBoxes)")
  }
}
