import Bytes

/// How many events, frames or boxes there are, and the SHA-256 of what they say.
package struct ContentChecksum: Decodable, Equatable, Sendable {
  package var count: Int
  /// 64 lower-case hexadecimal digits.
  package var sha256: String

  package init(count: Int, sha256: String) {
    self.count = count
    self.sha256 = sha256
  }
}

/// Checksums of what a recording says, whatever format or compression it lies in.
///
/// - Events: of each, in order, `t: u64, x: u16, y: u16, p: u8`, little end first, without padding.
/// - Frames: their pixels, a byte each, row by row, frame after frame.
/// - Boxes: the file of NumPy's that holds them, in Prophesee's layout.
package struct RecordingDigest: Sendable {
  private var events = SHA256()
  private var frames = SHA256()
  private var eventCount = 0
  private var frameCount = 0

  package init() {}

  package mutating func add(_ batch: EventBatch) {
    let size = 13
    let bytes = [UInt8](unsafeUninitializedCapacity: batch.count * size) { bytes, count in
      count = batch.count * size
      let target = UnsafeMutableRawBufferPointer(bytes)
      for index in 0..<batch.count {
        let place = index * size
        target.storeBytes(of: batch.times[index].littleEndian, toByteOffset: place, as: Int64.self)
        target.storeBytes(
          of: batch.xs[index].littleEndian, toByteOffset: place + 8, as: UInt16.self)
        target.storeBytes(
          of: batch.ys[index].littleEndian, toByteOffset: place + 10, as: UInt16.self)
        target[place + 12] = batch.polarities[index]
      }
    }
    events.update(bytes)
    eventCount += batch.count
  }

  /// - Parameter frame: Pixels, row by row.
  package mutating func add(frame: [UInt8]) {
    frames.update(frame)
    frameCount += 1
  }

  package var eventChecksum: ContentChecksum {
    ContentChecksum(count: eventCount, sha256: events.digest())
  }

  package var frameChecksum: ContentChecksum {
    ContentChecksum(count: frameCount, sha256: frames.digest())
  }

  package static func checksum(of boxes: [BoxLabel]) -> ContentChecksum {
    var digest = SHA256()
    digest.update(PropheseeBoxes.npy(boxes))
    return ContentChecksum(count: boxes.count, sha256: digest.digest())
  }
}
