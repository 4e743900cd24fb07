/// Where every event of a recording went. Each is counted once, even when windows overlap.
package struct EventAccount: Equatable, Sendable {
  /// Everything that the recording held, malformed records included.
  package var total = 0
  /// Removed by the scenario's filters, before the device.
  package var filtered = 0
  /// Read for at least one window that the model answered.
  package var used = 0
  /// Arrived, out of order, after the last window that they belong to had closed.
  package var late = 0
  /// Found the buffer full.
  package var bufferFull = 0
  /// Belonged only to windows that were dropped.
  package var windowDropped = 0
  /// Before the first window, after the last complete one, or in a gap between two.
  package var outsideWindows = 0
  /// Outside the model's pixel area, or records that are no events at all.
  package var malformed = 0

  package init() {}

  package var dropped: Int { bufferFull + windowDropped + outsideWindows }
  package var isBalanced: Bool { total == filtered + used + late + dropped + malformed }
}

/// Where every complete window went.
package struct WindowAccount: Equatable, Sendable {
  package var total = 0
  package var scored = 0
  package var unlabelled = 0
  package var straddling = 0
  /// Turned away because the core was busy.
  package var dropped = 0

  package init() {}

  package var processed: Int { scored + unlabelled + straddling }
  package var isBalanced: Bool { total == processed + dropped }
}
