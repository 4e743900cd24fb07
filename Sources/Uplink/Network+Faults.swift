import Boards
import VirtualTime

/// What a proxy of streams between client and server does to single connections.
extension Network {
  /// Nobody listens: the SYN is answered with a reset.
  mutating func refuse(_ slot: Int32) {
    offer(
      Packet(flow: slot, kind: .reset, isFromClient: false, size: Int32(WireFormat.tcpHeaders)))
  }

  /// Sets the times at which a connection just made will be reset.
  mutating func scheduleFaults(_ slot: Int32) {
    let number = connections[Int(slot)].number
    for effect in connections[Int(slot)].faults {
      switch effect {
      case .reset(let after), .silence(_, closesAfter: let after?):
        agenda.schedule(.broken(slot, number: number), at: now + after)
      case .refuse, .silence, .limit: break
      }
    }
  }

  /// Whether what has arrived stays where the proxy is; a limit that was passed ends the connection.
  mutating func isFaulty(_ slot: Int32, atServer: Bool) -> Bool {
    guard !connections[Int(slot)].faults.isEmpty else { return false }
    let arrived =
      atServer
      ? connections[Int(slot)].server.receiver.next : connections[Int(slot)].client.receiver.next
    for effect in connections[Int(slot)].faults {
      switch effect {
      case .silence(let isUplink, _) where isUplink == atServer: return true
      case .limit(let isUplink, let bytes) where isUplink == atServer && arrived > Int64(bytes):
        fail(slot, .reset)
        return true
      case .refuse, .reset, .silence, .limit: break
      }
    }
    return false
  }
}
