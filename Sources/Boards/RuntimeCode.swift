/// Flash and static RAM of a runtime's code, by the set of operators that a model uses.
package struct RuntimeCode: Sendable, Equatable {
  /// Code that several operators use and that is linked once.
  package struct Shared: Sendable, Equatable {
    /// Bytes that each of `operators` counts and only the first one costs.
    package var bytes: Int
    /// Initialized variables that come with it.
    package var data: Int
    /// Zeroed variables that come with it.
    package var zeroed: Int
    package var operators: [String]
  }

  /// Bytes of code and constants without any operator.
  package var base: Int
  package var data: Int
  package var zeroed: Int
  /// Generated code per layer.
  package var perLayer: Double
  /// Tables of a compiler per tensor, and its scales and zero points per output channel.
  package var perTensor: Double
  package var perChannel: Double
  /// Kernels of a compiler that not every network is linked with.
  package var kernels: [CompiledKernel: Int]
  /// Bytes that one operator adds to `base`, by its schema name.
  package var operators: [String: Int]
  /// Bytes of an operator that `operators` does not have.
  package var otherOperator: Int
  package var shared: [Shared]

  package struct Size: Sendable, Equatable {
    /// Bytes in flash: code, constants and initial values of variables.
    package var flash: Int
    /// Bytes of static RAM.
    package var ram: Int
    /// Operators whose size is an assumption, sorted.
    package var assumed: [String]
  }

  /// The size of code and tables that a compiler makes.
  package func size(compiled counts: CompiledCounts) -> Size {
    var bytes = Double(base) + perLayer * Double(counts.steps)
    bytes += perTensor * Double(counts.tensors) + perChannel * Double(counts.channels)
    let linked = counts.kernels.reduce(0) { $0 + (kernels[$1] ?? 0) }
    return Size(flash: Int(bytes.rounded()) + data + linked, ram: data + zeroed, assumed: [])
  }

  /// The size for an interpreter that is linked with these operators (schema names).
  ///
  /// Sub-additive: what a set shares is counted once.
  package func size(operators used: Set<String>, layers: Int) -> Size {
    var flash = base + data + Int((perLayer * Double(layers)).rounded())
    var ram = data + zeroed
    for name in used { flash += operators[name] ?? otherOperator }
    for part in shared {
      let users = part.operators.reduce(0) { $0 + (used.contains($1) ? 1 : 0) }
      guard users > 0 else { continue }
      flash += part.data - (users - 1) * part.bytes
      ram += part.data + part.zeroed
    }
    let assumed = otherOperator == 0 ? [] : used.filter { operators[$0] == nil }.sorted()
    return Size(flash: flash, ram: ram, assumed: assumed)
  }
}
