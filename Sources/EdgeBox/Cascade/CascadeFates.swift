/// How a frame ends: each in exactly one of these ways.
package enum FrameFate: Int, Sendable, CaseIterable {
  /// The detector was sure, or saw nothing.
  case answeredAtEdge
  /// Doubtful, and the cloud answered every crop while the frame was still in the buffer.
  case answeredByCloud
  // Doubtful, and the detector's answer stands, because …
  /// … the belt's buffer ended before the cloud's answer came, if it ever did.
  case missedDeadline
  /// … the network or the cloud failed before that.
  case cloudFailed
  /// … there was no link, and the crop went to the disk, if there was room.
  case keptOffline
  /// … the cost ceiling was reached: flagged for review.
  case refusedByCeiling
  /// The box was busy with others: nobody has looked at it.
  case dropped
  /// The cloud's answer was still awaited when everything ended.
  case unfinished

  package var name: String {
    switch self {
    case .answeredAtEdge: "answered at the edge"
    case .answeredByCloud: "answered by the cloud in time"
    case .missedDeadline: "edge's answer: the cloud's came too late"
    case .cloudFailed: "edge's answer: the cloud failed"
    case .keptOffline: "edge's answer: no link"
    case .refusedByCeiling: "edge's answer: over the ceiling, for review"
    case .dropped: "dropped: the box was busy"
    case .unfinished: "unfinished at the end"
    }
  }
}

/// How an escalated crop ends: each in exactly one of these ways.
package enum EscalationFate: Int, Sendable, CaseIterable {
  /// While its frame was still in the belt's buffer.
  case answeredInTime
  /// After that.
  case answeredLate
  // Never answered, and not kept. `CascadeOutcome.Escalations.failures` has the details.
  case timedOut
  case refused
  case notSent
  // Kept on the disk, sent when there was a link again, and answered …
  case batchedInTime
  /// … too late for the belt, for the record.
  case batchedLate
  /// Older than the disk keeps crops.
  case expired
  /// To be kept, but the disk was full.
  case queueFull
  /// Flagged for review.
  case refusedByCeiling
  /// On the disk when everything ended.
  case stillQueued
  /// Under way when everything ended.
  case unfinished

  package var name: String {
    switch self {
    case .answeredInTime: "answered in time"
    case .answeredLate: "answered late"
    case .timedOut: "timed out"
    case .refused: "refused or failed by the cloud"
    case .notSent: "not sent"
    case .batchedInTime: "batched, in time"
    case .batchedLate: "batched for the record"
    case .expired: "expired on the disk"
    case .queueFull: "lost: the disk was full"
    case .refusedByCeiling: "refused by the ceiling"
    case .stillQueued: "still on the disk at the end"
    case .unfinished: "under way at the end"
    }
  }
}
