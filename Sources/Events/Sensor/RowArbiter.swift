/// Reads events row by row, as the arbiter of a sensor does: all events that wait in a row leave at
/// one time, and the next row follows a fixed time later.
///
/// Rows are served in the order in which they asked. An idle arbiter answers at once. Times never go
/// back, and no event is lost, only delayed. Within a burst OFF comes before ON, each from left to
/// right: the order that EVT3 packs into vectors.
struct RowArbiter: Sendable {
  private struct Request {
    var row: Int
    /// Nanoseconds.
    var time: Int64
  }

  private let nanoseconds: Int64
  /// When the arbiter is free again.
  private var freeAt = Int64.min
  /// Waiting events of each row.
  private var waiting: [[Event]]
  private var requests: [Request] = []
  private var served = 0

  init(size: SensorSize, nanoseconds: Int64) {
    precondition(nanoseconds > 0)
    self.nanoseconds = nanoseconds
    waiting = Array(repeating: [], count: size.height)
  }

  /// Events must come in order of time; `batch` takes those of the rows that are read before.
  mutating func admit(_ event: Event, into batch: inout EventBatch) {
    read(before: event.time, into: &batch)
    let row = Int(event.y)
    if waiting[row].isEmpty { requests.append(Request(row: row, time: event.time * 1000)) }
    waiting[row].append(event)
  }

  /// - Parameter end: Microseconds; rows read at that time or later keep waiting.
  mutating func read(before end: Int64, into batch: inout EventBatch) {
    while served < requests.count, grantTime < end * 1000 { grant(into: &batch) }
    if served > 4096 {
      requests.removeFirst(served)
      served = 0
    }
  }

  mutating func finish(into batch: inout EventBatch) {
    while served < requests.count { grant(into: &batch) }
  }

  private var grantTime: Int64 { max(freeAt, requests[served].time) }

  private mutating func grant(into batch: inout EventBatch) {
    let time = grantTime
    let row = requests[served].row
    served += 1
    freeAt = time + nanoseconds
    waiting[row].sort { ($0.isOn ? 1 : 0, $0.x) < ($1.isOn ? 1 : 0, $1.x) }
    for var event in waiting[row] {
      event.time = time / 1000
      batch.append(event)
    }
    waiting[row].removeAll(keepingCapacity: true)
  }
}
