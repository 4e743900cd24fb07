package import Bytes
package import Kernels
package import Models

/// Runs a model under a named arithmetic.
///
/// ```swift
/// var interpreter = try Interpreter(model, arithmetic: .doubleRounding)
/// try interpreter.setInput(0, bytes: window)
/// try interpreter.invoke()
/// let scores = interpreter.output(0)
/// ```
/// Every tensor keeps its bytes until the next `invoke`, so each layer's output can be read. A copy
/// is independent of the original.
package struct Interpreter: Sendable {
  package let model: Model
  package let arithmetic: Arithmetic
  private let layout: TensorLayout
  private let operators: [any PreparedOperator]
  /// Every tensor's bytes, constants included, then the scratch area.
  private var memory: [UInt8]

  private var graph: Graph { model.main }

  /// Checks the whole model and prepares every operator.
  ///
  /// Throws when the model holds operators or types that do not run here (one error names all
  /// such operators), or when its shapes, sizes or quantization contradict each other.
  package init(_ model: Model, arithmetic: Arithmetic) throws(InputError) {
    do {
      try OperatorRegistry.checkSupport(of: model.main)
      var layout = try TensorLayout(model.main)
      var operators: [any PreparedOperator] = []
      for (position, op) in model.main.operators.enumerated() {
        guard let prepare = OperatorRegistry.rows[op.kind] else { continue }
        var preparation = Preparation(
          graph: model.main, position: position, arithmetic: arithmetic, layout: layout)
        operators.append(try prepare(&preparation))
        layout = preparation.layout
      }
      self.model = model
      self.arithmetic = arithmetic
      self.layout = layout
      self.operators = operators
      memory = Array(repeating: 0, count: max(layout.byteCount, 1))
    } catch {
      throw error.inFile(model.name)
    }
    for (index, tensor) in graph.tensors.enumerated() {
      if let constant = tensor.constant { write(constant, toTensor: index) }
    }
    resetVariables()
  }

  package var inputCount: Int { graph.inputs.count }
  package var outputCount: Int { graph.outputs.count }
  package func inputTensor(_ index: Int) -> Tensor { graph.tensors[graph.inputs[index]] }
  package func outputTensor(_ index: Int) -> Tensor { graph.tensors[graph.outputs[index]] }

  /// Sets the graph's input number `index` from little-endian elements.
  ///
  /// Throws when there is no such input or the size is not the input's.
  package mutating func setInput(_ index: Int, bytes: [UInt8]) throws(InputError) {
    guard graph.inputs.indices.contains(index) else {
      throw InputError(
        file: model.name, at: .key("input \(index)"),
        "expected an input below \(graph.inputs.count)")
    }
    let expected = inputTensor(index).byteCount
    guard bytes.count == expected else {
      throw InputError(
        file: model.name, at: .key("input \(index)"),
        "expected \(expected) bytes for \(inputTensor(index).shape) of "
          + "\(inputTensor(index).type.name), found \(bytes.count)")
    }
    write(bytes[...], toTensor: graph.inputs[index])
  }

  /// Lets `body` write the bytes of an input in place: no copy, for replays of many windows.
  package mutating func withInput<Result>(
    _ index: Int, _ body: (UnsafeMutableRawBufferPointer) -> Result
  ) -> Result {
    let range = byteRange(ofTensor: graph.inputs[index])
    return memory.withUnsafeMutableBytes {
      body(UnsafeMutableRawBufferPointer(rebasing: $0[range]))
    }
  }

  /// Runs every operator once.
  ///
  /// Throws when the data ask for something impossible, such as an index beyond a table's end.
  package mutating func invoke() throws(InputError) {
    var failure: InputError?
    memory.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      let memory = Memory(base: base)
      do throws(InputError) {
        for op in operators { try op.run(memory) }
      } catch { failure = error }
    }
    if let failure { throw failure.inFile(model.name) }
  }

  /// The little-endian elements of the graph's output number `index`, after `invoke`.
  package func output(_ index: Int) -> [UInt8] { tensorBytes(graph.outputs[index]) }

  /// Lets `body` read the bytes of an output in place.
  package func withOutput<Result>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let range = byteRange(ofTensor: graph.outputs[index])
    return memory.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// The little-endian elements of any tensor, by its index in the graph: a layer's output.
  package func tensorBytes(_ index: Int) -> [UInt8] { Array(memory[byteRange(ofTensor: index)]) }

  /// Puts the state of stateful operators back to the start: real zero.
  package mutating func resetVariables() {
    for (index, tensor) in graph.tensors.enumerated() where tensor.isVariable {
      // As the reference does: bytes of the zero point for int8, zero bits for all other types.
      let zero = tensor.type == .int8 ? tensor.quantization?.zeroPoints.first ?? 0 : 0
      for position in byteRange(ofTensor: index) {
        memory[position] = UInt8(truncatingIfNeeded: zero)
      }
    }
  }

  private func byteRange(ofTensor index: Int) -> Range<Int> {
    layout.offsets[index]..<layout.offsets[index] + graph.tensors[index].byteCount
  }

  private mutating func write(_ bytes: ArraySlice<UInt8>, toTensor index: Int) {
    memory.replaceSubrange(byteRange(ofTensor: index), with: bytes)
  }
}
