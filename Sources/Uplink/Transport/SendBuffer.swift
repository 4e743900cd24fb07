/// Bytes that the application has written, and those of them that the socket has taken.
///
/// Linux lets the buffer hold twice the window, counted at 2,304 bytes a segment
/// (tcp_sndbuf_expand), lets a waiting writer go on once a third of it is free, and enlarges it only
/// when a writer waits and the window is not full. A large upload on a connection whose buffer is
/// still small therefore waits for a round trip although the window would take it. The size of a
/// piece and the growth were read off Linux 6.18 with `ss -m`.
struct SendBuffer: Sendable {
  private static let bytesPerSegment: Int64 = 2_304
  /// Bytes that go into one sk_buff.
  private static let piece = Int64(16 * WireFormat.segmentPayload)
  /// net.ipv4.tcp_wmem[2].
  private static let most: Int64 = 4 << 20

  /// QUIC buffers in the application.
  private let isLimited: Bool
  private(set) var written: Int64 = 0
  /// The first byte that the socket has not taken.
  private(set) var end: Int64 = 0
  private var acknowledged: Int64 = 0
  private var capacity = 2 * Int64(CubicWindow.initial) * bytesPerSegment

  init(isLimited: Bool) { self.isLimited = isLimited }

  mutating func write(_ bytes: Int64) {
    written += bytes
    fill()
  }

  /// Whether a writer need not wait.
  var hasRoom: Bool { end == written && (!isLimited || held < capacity) }

  mutating func acknowledged(_ position: Int64) { acknowledged = position }

  /// Takes more of what a writer waits to write; false when nothing could be taken.
  mutating func refill(isWindowFull: Bool, window: Int) -> Bool {
    guard end < written else { return false }
    if !isWindowFull {
      let size = 2 * Int64(max(window, CubicWindow.initial)) * Self.bytesPerSegment
      capacity = max(capacity, min(size, Self.most))
    }
    guard held * 3 <= capacity * 2 else { return false }
    let before = end
    fill()
    return end > before
  }

  /// Bytes of memory: each piece also takes the 552 of its sk_buff.
  private var held: Int64 { (end - acknowledged) * (Self.piece + 552) / Self.piece }

  private mutating func fill() {
    while end < written, !isLimited || held < capacity {
      end += min(Self.piece, written - end)
    }
  }
}
