import Bytes
import Events
import Reports

/// Cuts a recording into frames of equal time, one after the other: one frame is held, whatever the
/// recording's length.
struct FrameStream {
  /// So many windows without events are shown in a row; of a longer gap the rest is left out.
  private static let longestGap: Int64 = 25

  private var reader: EventReader
  private let window: Int64
  private var frame: AccumulatedFrame?
  private let size: SensorSize
  private var batch = EventBatch()
  private var position = 0
  private var isOver = false
  private var gap: Int64 = 0
  private(set) var emptyWindows = 0

  init(_ reader: EventReader, size: SensorSize, window: Int64) {
    precondition(window > 0)
    self.reader = reader
    self.size = size
    self.window = window
  }

  /// The next frame; nil when the recording is over. Windows start with the first event. An event
  /// that goes back in time counts where it comes.
  mutating func next() throws(InputError) -> AccumulatedFrame? {
    while true {
      guard position < batch.count else {
        if isOver { return nil }
        position = 0
        if try !reader.next(into: &batch) {
          isOver = true
          return frame
        }
        continue
      }
      let event = batch[position]
      if frame == nil {
        frame = AccumulatedFrame(
          size: size, start: event.time,
          end: event.time.addingReportingOverflow(window).partialValue)
      }
      if event.time >= frame!.end {
        let done = frame!
        advance(to: event.time)
        return done
      }
      frame!.add(event)
      position += 1
    }
  }

  /// Starts the next window, or one nearer to `time` when too many would be empty.
  private mutating func advance(to time: Int64) {
    let start = frame!.end
    gap = frame!.eventCount == 0 ? gap + 1 : 0
    // Times reach the limits of 64 bits in broken files.
    let (distance, overflow) = time.subtractingReportingOverflow(start)
    let missing = overflow ? Int64.max / window : distance / window
    var next = start
    if gap + missing > Self.longestGap && missing > 0 && gap >= Self.longestGap {
      next = start + missing * window
      emptyWindows += Int(missing)
    }
    let end = next.addingReportingOverflow(window)
    frame!.restart(at: next, end: end.overflow ? .max : end.partialValue)
  }
}
