/// HTTP/2's flow control and framing of what a client uploads (RFC 9113 §5.2, §6.9), both windows at
/// their initial 65,535 bytes and enlarged by half of that once the server has read so much.
struct FlowControl: Sendable {
  static let initialWindow = 65_535
  static let frame = 16_384
  static let frameHeader = 9
  /// Connection preface and SETTINGS, before the first request.
  static let preface = 24 + frameHeader + 18
  /// Two WINDOW_UPDATE frames, for the stream and for the connection.
  static let update = 2 * (frameHeader + 4)

  struct Upload: Sendable {
    var token: Int
    var remaining: Int
    var window = initialWindow
  }

  /// In the order of their turns.
  private(set) var uploads: [Upload] = []
  private var window = initialWindow
  /// What the server has read since it last opened a window.
  private var readOfConnection = 0
  private var readOfStream: [(token: Int, bytes: Int)] = []

  /// What a pair of WINDOW_UPDATE frames adds.
  struct Update: Sendable, Equatable {
    var token: Int
    var connection: Int
    var stream: Int
  }

  mutating func add(_ bytes: Int, token: Int) {
    uploads.append(Upload(token: token, remaining: bytes))
  }

  /// The next frame that may go, streams taking turns; nil when windows are shut or nothing waits.
  mutating func nextFrame() -> (token: Int, bytes: Int, isLast: Bool)? {
    guard window > 0, let index = uploads.firstIndex(where: { $0.window > 0 }) else { return nil }
    var upload = uploads.remove(at: index)
    let bytes = min(Self.frame, upload.remaining, upload.window, window)
    upload.remaining -= bytes
    upload.window -= bytes
    window -= bytes
    if upload.remaining > 0 { uploads.append(upload) }
    return (upload.token, bytes, upload.remaining == 0)
  }

  /// The server has read a frame; the windows that it now opens again, if any.
  mutating func serverRead(_ bytes: Int, token: Int, isLast: Bool) -> Update? {
    readOfConnection += bytes
    var stream = bytes
    if let index = readOfStream.firstIndex(where: { $0.token == token }) {
      stream += readOfStream.remove(at: index).bytes
    }
    var update = Update(token: token, connection: 0, stream: 0)
    if readOfConnection >= Self.initialWindow / 2 {
      update.connection = readOfConnection
      readOfConnection = 0
    }
    if !isLast {
      if stream >= Self.initialWindow / 2 {
        update.stream = stream
      } else {
        readOfStream.append((token, stream))
      }
    }
    return update.connection + update.stream > 0 ? update : nil
  }

  /// A WINDOW_UPDATE has arrived at the client.
  mutating func open(_ update: Update) {
    window += update.connection
    if let index = uploads.firstIndex(where: { $0.token == update.token }) {
      uploads[index].window += update.stream
    }
  }
}
