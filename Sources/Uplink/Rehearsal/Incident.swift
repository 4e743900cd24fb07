package import VirtualTime

/// Something that happens to a part of the network for a while.
package struct Incident: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case linkDown
    /// Part of the capacity that is left.
    case linkSlow(Double)
    /// Lost besides what the link loses.
    case linkLossy(Double)
    /// Added to the delay of each direction.
    case linkLatency(Duration)
    case nameFailure(ResolverState)
    case captivePortal
    /// The carrier's address translation forgets every mapping, at one instant.
    case addressRebinding
    /// How far the stations' clocks are ahead; negative for behind.
    case clockSkew(Duration)
    case provider(ProviderIncident)
  }

  package var kind: Kind
  package var start: Instant
  package var duration: Duration
  /// Numbers of the stations that it strikes, ascending; of no use to a provider's.
  package var stations: [Int]
  /// What it is and whom it strikes, for a timeline: `link down at line-1`.
  package var title: String

  package var end: Instant { start + duration }

  /// What no two incidents may change at once: the component of each kind.
  var component: String {
    switch kind {
    case .linkDown, .linkSlow, .linkLossy, .linkLatency: "link"
    case .nameFailure: "name service"
    case .captivePortal: "portal"
    case .addressRebinding: "address translation"
    case .clockSkew: "clock"
    case .provider(let incident): "provider \(incident.provider)"
    }
  }

  func overlaps(_ other: Incident) -> Bool {
    guard component == other.component, start < other.end, other.start < end else { return false }
    if case .provider(let a) = kind, case .provider(let b) = other.kind {
      return a.key == nil || b.key == nil || a.key == b.key
    }
    return !Set(stations).isDisjoint(with: other.stations)
  }
}
