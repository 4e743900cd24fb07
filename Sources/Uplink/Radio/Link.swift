import VirtualTime

/// A link: two directions and the radio that they share.
package struct Link: Sendable {
  package var uplink: LinkDirection
  package var downlink: LinkDirection
  package var radio: Radio

  package init(uplink: LinkDirection, downlink: LinkDirection, radio: RadioStates? = nil) {
    self.uplink = uplink
    self.downlink = downlink
    self.radio = Radio(radio)
  }
}
