package import Boards
package import Models

/// Where the activations of a compiled network lie: one pool, in which a layer may write its output
/// over the rows of its input that it has read.
///
/// ST's planner is not public; the order of placing reproduces published sizes, see `Activations`.
package struct CompiledArena: Equatable, Sendable {
  package struct Placement: Equatable, Sendable {
    package var name: String
    package var offset: Int
    package var bytes: Int
    /// First and last step that need it; −1 stands for before the first.
    package var first: Int
    package var last: Int

    package var end: Int { offset + bytes }

    package func overlapsInTime(_ other: Placement) -> Bool {
      first <= other.last && other.first <= last
    }
  }

  /// A step's input that its output may lie over, if it begins `lead` bytes earlier.
  package struct Overlap: Equatable, Sendable {
    package var input: Int
    package var output: Int
    package var lead: Int
  }

  package private(set) var placements: [Placement]
  package private(set) var overlaps: [Overlap]
  /// Bytes from the lowest to the highest, scratch included.
  package private(set) var size = 0
  /// Position in the graph's list of operators of the first step that fills the pool.
  package private(set) var peakOperator: Int?
  /// What the compiled code has to hold.
  package private(set) var counts: CompiledCounts

  package init(of graph: Graph, rules: Activations) {
    let compiled = CompiledSteps(graph, rules: rules)
    placements = compiled.buffers.map {
      Placement(name: $0.name, offset: 0, bytes: $0.bytes, first: .max, last: -1)
    }
    overlaps = []
    counts = compiled.counts
    for buffer in compiled.inputs { placements[buffer].first = -1 }
    for (time, step) in compiled.steps.enumerated() {
      for buffer in step.inputs + step.outputs {
        placements[buffer].first = min(placements[buffer].first, time)
        placements[buffer].last = max(placements[buffer].last, time)
      }
    }
    for buffer in compiled.outputs {
      // A constant among the outputs is there from the start.
      if placements[buffer].first == .max { placements[buffer].first = -1 }
      placements[buffer].last = compiled.steps.count
    }
    for (time, step) in compiled.steps.enumerated() {
      guard let lead = step.lead, let input = step.inputs.first, let output = step.outputs.first,
        placements[input].last == time, input != output
      else { continue }
      overlaps.append(Overlap(input: input, output: output, lead: lead))
    }
    var packer = Packer(placements, overlaps, rules.packing)
    packer.run()
    placements = packer.placements
    measure(compiled.steps)
  }

  /// Scratch lies above what is alive in its step: the tools leave gaps below empty.
  private mutating func measure(_ steps: [CompiledSteps.Step]) {
    for (time, step) in steps.enumerated() {
      var end = 0
      for placement in placements where placement.first <= time && time <= placement.last {
        end = max(end, placement.end)
      }
      end += step.scratch.roundedUp(to: 4)
      if end > size { (size, peakOperator) = (end, step.operatorIndex) }
    }
    size = max(size, placements.map(\.end).max() ?? 0)
  }
}

/// Places the largest buffer first, then those before it in time, then those after it.
private struct Packer {
  private(set) var placements: [CompiledArena.Placement]
  private let packing: Activations.Packing
  /// The overlap in which a buffer is the input, and in which it is the output.
  private var asInput: [CompiledArena.Overlap?]
  private var asOutput: [CompiledArena.Overlap?]
  private var isPlaced: [Bool]
  private var lowest = 0
  private var highest = 0

  init(
    _ placements: [CompiledArena.Placement], _ overlaps: [CompiledArena.Overlap],
    _ packing: Activations.Packing
  ) {
    self.placements = placements
    self.packing = packing
    asInput = Array(repeating: nil, count: placements.count)
    asOutput = asInput
    isPlaced = Array(repeating: false, count: placements.count)
    for overlap in overlaps {
      asInput[overlap.input] = overlap
      asOutput[overlap.output] = overlap
    }
  }

  mutating func run() {
    guard
      let anchor = placements.indices.max(by: {
        (placements[$0].bytes, $1) < (placements[$1].bytes, $0)
      })
    else { return }
    let first = placements[anchor].first
    let others = placements.indices.filter { $0 != anchor }
    let before = others.filter { placements[$0].first < first }.sorted {
      (placements[$1].first, placements[$1].bytes, $0)
        < (placements[$0].first, placements[$0].bytes, $1)
    }
    let after = others.filter { placements[$0].first >= first }.sorted {
      (placements[$0].first, placements[$1].bytes, $0)
        < (placements[$1].first, placements[$0].bytes, $1)
    }
    put(anchor, at: 0)
    for buffer in before {
      let forced = packing == .overlapFirst ? aboveOutput(buffer) : nil
      put(buffer, at: forced.flatMap { fits(buffer, at: $0) ? $0 : nil } ?? tightest(buffer))
    }
    for buffer in after { put(buffer, at: tightest(buffer)) }
    for buffer in placements.indices { placements[buffer].offset -= lowest }
  }

  private mutating func put(_ buffer: Int, at offset: Int) {
    placements[buffer].offset = offset
    isPlaced[buffer] = true
    lowest = min(lowest, offset)
    highest = max(highest, offset + placements[buffer].bytes)
  }

  private func aboveOutput(_ buffer: Int) -> Int? {
    guard let overlap = asInput[buffer], isPlaced[overlap.output] else { return nil }
    return (placements[overlap.output].offset + overlap.lead).roundedUp(to: 4)
  }

  /// The offset at which the pool grows least; the lowest of several.
  private func tightest(_ buffer: Int) -> Int {
    let bytes = placements[buffer].bytes
    var candidates = [lowest, highest == 0 ? 0 : (highest - bytes).roundedDown(to: 4)]
    for other in placements.indices
    where isPlaced[other] && placements[other].overlapsInTime(placements[buffer]) {
      candidates.append(placements[other].end.roundedUp(to: 4))
      candidates.append((placements[other].offset - bytes).roundedDown(to: 4))
    }
    if let above = aboveOutput(buffer) { candidates.append(above) }
    if let overlap = asOutput[buffer], isPlaced[overlap.input] {
      candidates.append((placements[overlap.input].offset - overlap.lead).roundedDown(to: 4))
    }
    var best = (growth: Int.max, offset: highest.roundedUp(to: 4))
    for offset in candidates {
      let growth = max(highest, offset + bytes) - min(lowest, offset)
      if (growth, offset) < best && fits(buffer, at: offset) { best = (growth, offset) }
    }
    return best.offset
  }

  private func fits(_ buffer: Int, at offset: Int) -> Bool {
    let end = offset + placements[buffer].bytes
    for other in placements.indices where isPlaced[other] {
      let placed = placements[other]
      if !placed.overlapsInTime(placements[buffer]) || placed.end <= offset
        || end <= placed.offset
      {
        continue
      }
      if let overlap = asInput[buffer], overlap.output == other,
        offset >= placed.offset + overlap.lead
      {
        continue
      }
      if let overlap = asOutput[buffer], overlap.input == other,
        offset <= placed.offset - overlap.lead
      {
        continue
      }
      return false
    }
    return true
  }
}

extension Int {
  /// The next lower multiple of a power of two.
  fileprivate func roundedDown(to alignment: Int) -> Int { self & ~(alignment - 1) }
}
