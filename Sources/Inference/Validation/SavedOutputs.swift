package import Bytes
package import Models

/// Inputs with the outputs that other runtimes gave, to hold a model's own against.
///
/// Arrays are recognized by name. `inputs` (or `inputs_0`, `inputs_1`, …) feed the model's inputs;
/// `logits` are what a runtime gave, `logits_NAME` when there are several runtimes; a number at the end
/// names the model's output: `logits_1`, `logits_pytorch_1`. The first dimension of each array counts
/// the cases.
package struct SavedOutputs: Sendable {
  package struct Reference: Sendable {
    /// Such as `pytorch`; empty for plain `logits`.
    package var name: String
    /// Of the model's outputs.
    package var output: Int
    var array: NumpyArray
  }

  package let caseCount: Int
  /// By the model's inputs.
  private let inputs: [NumpyArray]
  /// By name, then by output.
  package let references: [Reference]

  /// - Throws: `InputError` with the array that is missing or does not fit the model.
  package init(
    _ arrays: [(name: String, array: NumpyArray)], for model: Model
  ) throws(InputError) {
    let graph = model.main
    var inputs = [NumpyArray?](repeating: nil, count: graph.inputs.count)
    var references: [Reference] = []
    for (name, array) in arrays {
      if let (rest, number) = Self.place(name, "inputs"), rest.isEmpty,
        inputs.indices.contains(number)
      {
        guard inputs[number] == nil else {
          throw InputError(at: .key(name), "expected input \(number) once, found it twice")
        }
        inputs[number] = array
        try Self.check(array, name, graph.tensors[graph.inputs[number]])
      } else if let (runtime, number) = Self.place(name, "logits"),
        graph.outputs.indices.contains(number)
      {
        references.append(Reference(name: runtime, output: number, array: array))
        try Self.check(array, name, graph.tensors[graph.outputs[number]])
      } else {
        throw InputError(
          at: .key(name),
          "expected inputs of \(graph.inputs.count) or logits of \(graph.outputs.count) outputs, "
            + "found another array", advice: "name arrays inputs, logits or logits_NAME")
      }
    }
    if let missing = inputs.firstIndex(where: { $0 == nil }) {
      throw InputError(
        at: .nowhere,
        "expected an array ‘inputs\(inputs.count == 1 ? "" : "_\(missing)")’, found none")
    }
    guard !references.isEmpty else {
      throw InputError(at: .nowhere, "expected an array ‘logits’ or ‘logits_NAME’, found none")
    }
    self.inputs = inputs.compactMap { $0 }
    caseCount = self.inputs.first?.shape.first ?? 0
    for (name, array) in arrays where array.shape[0] != caseCount {
      throw InputError(
        at: .key(name), "expected \(caseCount) cases as in the inputs, found \(array.shape[0])")
    }
    self.references = references.sorted { ($0.name, $0.output) < ($1.name, $1.output) }
    for (one, next) in zip(self.references, self.references.dropFirst())
    where one.name == next.name && one.output == next.output {
      throw InputError(
        at: .nowhere, "expected logits of output \(one.output) once, found them twice")
    }
  }

  /// What follows `kind` in an array's name: the runtime's name and the number at the end, 0 if there
  /// is none; nil for arrays of another kind.
  private static func place(_ name: String, _ kind: String) -> (name: String, number: Int)? {
    guard name == kind || name.hasPrefix(kind + "_") else { return nil }
    var words = name.dropFirst(kind.count).split(separator: "_")
    let number = words.last.flatMap { Int($0) }
    if number != nil { words.removeLast() }
    return (words.joined(separator: "_"), number ?? 0)
  }

  private static func check(
    _ array: NumpyArray, _ name: String, _ tensor: Tensor
  ) throws(InputError) {
    guard let count = array.shape.first, count > 0,
      array.shape.dropFirst().filter({ $0 != 1 }) == tensor.shape.filter({ $0 != 1 })
    else {
      throw InputError(
        at: .key(name),
        "expected cases of \(tensor.shape) for ‘\(tensor.name)’, found shape \(array.shape)")
    }
  }

  /// The bytes that feed input number `index` with a case.
  func input(
    _ index: Int, case number: Int, _ tensor: Tensor
  ) throws(InputError) -> [UInt8] {
    do throws(InputError) {
      return try tensor.bytes(from: inputs[index].slice(number)).bytes
    } catch {
      var error = error
      error.place = .key("inputs[\(number)]")
      throw error
    }
  }
}

extension NumpyArray {
  /// Element `index` of the first dimension.
  fileprivate func slice(_ index: Int) -> NumpyArray {
    let size = bytes.count / max(1, shape[0])
    return NumpyArray(
      shape: Array(shape.dropFirst()), type: type,
      bytes: Array(bytes[index * size..<(index + 1) * size]))
  }
}

extension SavedOutputs.Reference {
  /// All elements as real numbers; integers of the tensor's own type stand for what it says.
  func reals(_ tensor: Tensor) throws(InputError) -> [Double] {
    let quantization = tensor.quantization
    if array.type == tensor.type, let quantization, !quantization.isPerChannel,
      let integers = array.integers
    {
      return integers.map { Double(quantization.real($0)) }
    }
    guard let reals = array.reals else {
      throw InputError(
        at: .key(name.isEmpty ? "logits" : "logits_\(name)"),
        "expected numbers such as float32, found \(array.type.name)")
    }
    return reals
  }
}
