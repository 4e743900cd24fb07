/// What one representation does for each event and each element, counted instruction by instruction
/// like the voxel grid in `PreprocessingModel`, with the same latencies.
package struct PreprocessingWork: Equatable, Sendable {
  /// Cycles of the loop over events, for one of them, without what misses the cache.
  package var eventCycles: Double
  /// Bytes that each element of the tensor is kept in while events come in. One byte is the tensor's
  /// own; more take memory of their own, taken to lie where the tensor lies.
  package var elementState: Int
  /// Neighbouring bytes that an event reads and writes.
  package var eventState: Int
  /// Cycles that making an element's int8 of its state takes.
  package var mapCycles: Double
  /// False for state that goes on from window to window.
  package var clearsState = true

  package init(eventCycles: Double, elementState: Int, eventState: Int, mapCycles: Double) {
    self.eventCycles = eventCycles
    self.elementState = elementState
    self.eventState = eventState
    self.mapCycles = mapCycles
  }

  /// Counts by polarity or sign, in time bins or in one: the loop in `PreprocessingModel`. Mapped
  /// through a table by two loads and a store.
  package static let counts = PreprocessingWork(
    eventCycles: 15, elementState: 1, eventState: 1, mapCycles: 2)

  /// A pixel is set: no bin, and nothing is loaded, added or clamped before the store. The store
  /// issues at 9, once the address is ready (ldrd, sub, ubfx, ubfx, two shifted adds), and the back
  /// edge at 10.
  package static let binary = PreprocessingWork(
    eventCycles: 11, elementState: 1, eventState: 1, mapCycles: 2)

  /// The bin is a count of leading zeros of the age, clamped: `clz`, `rsb` and `usat` in the place
  /// of `umull`, each waiting for the one before. Mapping adds up the bins of a pixel and clamps the
  /// sum: `sadd` and `ssat` more.
  package static let mixedDensity = PreprocessingWork(
    eventCycles: 17, elementState: 1, eventState: 1, mapCycles: 4)

  /// Shares of an event in two bins of single floats. The place in time is a chain of the FPU at 3
  /// cycles each, from the difference of times at 2: to float, × (B − 1) / length, to integer and
  /// back, minus itself: 17. One more for 1 − share (18 to 20) and its sign beside it, then
  /// load, add and store for each of the bins: 2 + 3 + 1 and, the loads together, 4 behind it; the
  /// address is long ready. 20 + 6 + 4 = 30. Mapping: `vldr`, `vmul`, `vcvta`, `vmov`, `ssat`,
  /// `strb`, unrolled by four: 6 issue slots an element.
  package static let bilinear = PreprocessingWork(
    eventCycles: 30, elementState: 4, eventState: 8, mapCycles: 6)

  /// The latest time of a pixel is stored: as `binary`, four bytes wide. Mapping an age: `ldr`,
  /// `sub`, `umull` by 1 / τ, `usat`, `ldrb` of a table of the exponential, `strb`: 6 issue slots.
  package static let exponentialSurface = PreprocessingWork(
    eventCycles: 11, elementState: 4, eventState: 4, mapCycles: 6)

  /// As the exponential one; what is left of 1 is clamped instead of looked up.
  package static let linearSurface = PreprocessingWork(
    eventCycles: 11, elementState: 4, eventState: 4, mapCycles: 5)

  /// The `depth` latest times of a pixel move by one place, a load and a store each, which do not
  /// pair; the address takes a multiplication by the depth (one cycle, and one to wait for it).
  /// Mapping: `ldr`, `sub`, `clz`, two shifts to a table's index, `usat`, `ldrb`, `strb`: 8 slots.
  package static func tore(depth: Int) -> PreprocessingWork {
    PreprocessingWork(
      eventCycles: 13 + 2 * Double(depth - 1), elementState: 4, eventState: 4 * depth, mapCycles: 8)
  }
}
