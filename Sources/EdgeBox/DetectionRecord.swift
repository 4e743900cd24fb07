package import Metrics

/// One box that a detector found in a frame.
package struct Detection: Sendable, Equatable {
  package var box: PixelBox
  /// The class with the best score, counted from 0.
  package var category: Int32
  /// 0…1.
  package var score: Float
  /// The second best class and its score.
  package var runnerUp: Int32
  package var runnerUpScore: Float
  /// Bytes of the crop around the box as JPEG.
  package var cropBytes: Int32
  /// Perceptual: crops that look alike differ in few bits.
  package var cropHash: UInt64

  package init(
    box: PixelBox, category: Int32, score: Float, runnerUp: Int32, runnerUpScore: Float,
    cropBytes: Int32, cropHash: UInt64
  ) {
    self.box = box
    self.category = category
    self.score = score
    self.runnerUp = runnerUp
    self.runnerUpScore = runnerUpScore
    self.cropBytes = cropBytes
    self.cropHash = cropHash
  }
}

/// What a detector said of every frame of a recording, and what was there.
package struct DetectionRecord: Sendable, Equatable {
  package var classNames: [String]
  /// Microseconds between two frames.
  package var framePeriod: Int64
  /// Microseconds of each frame on the recording's clock.
  package var times: [Int64] = []
  /// All frames' detections; those of frame `f` are `starts[f]..<starts[f + 1]`.
  package var detections: [Detection] = []
  package var starts: [Int] = [0]
  /// The truth, `image` being the frame.
  package var truth: [TrueBox] = []
  /// Whether crops were sized by a JPEG encoder, or estimated from their pixels.
  package var areCropsEncoded = true
  /// The detector's name, as its card has it, and FNV-1a of its file; empty and 0 when nobody knows.
  package var modelName = ""
  package var modelChecksum: UInt64 = 0

  package init(classNames: [String], framePeriod: Int64) {
    self.classNames = classNames
    self.framePeriod = framePeriod
  }

  package var frameCount: Int { times.count }

  package subscript(frame: Int) -> ArraySlice<Detection> {
    detections[starts[frame]..<starts[frame + 1]]
  }

  package mutating func append(time: Int64, _ found: [Detection]) {
    times.append(time)
    detections += found
    starts.append(detections.count)
  }
}
