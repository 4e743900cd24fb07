import Bytes

/// Which operators a runtime has, for which element types, and what it gets wrong.
package struct OperatorSupport: Sendable, Equatable {
  /// Element types of an operator's data, by the operator's schema name; empty for all types.
  package var types: [String: [String]]
  /// Operators outside the schema.
  package var custom: [String]
  package var limits: [OperatorLimit]
  /// Nobody has checked the list and the limits against the runtime.
  package var isFromMemory: Bool

  /// Schema names, sorted.
  package var names: [String] { types.keys.sorted() }

  package func has(_ operatorName: String) -> Bool { types[operatorName] != nil }

  /// Whether an operator that it has takes data of a type.
  package func takes(_ type: String, _ operatorName: String) -> Bool {
    types[operatorName].map { $0.isEmpty || $0.contains(type) } ?? false
  }
}

/// Something that a runtime refuses, gets wrong or does slowly.
package struct OperatorLimit: Sendable, Equatable, Decodable {
  package enum Severity: String, Sendable, CaseIterable, Decodable {
    /// The model does not run, or answers wrongly.
    case blocks
    /// The model runs, slowly or with a doubt.
    case warns
  }

  /// What about an operator the limit is about.
  package enum Condition: String, Sendable, CaseIterable, Decodable {
    /// A convolution whose filter spans only a part of the input channels.
    case grouped
    case groupedInt16 = "grouped-int16"
    case groupedInt4 = "grouped-int4"
    /// Weights and data of types that no kernel has together, such as int8 weights and float data.
    case hybrid
    case dilated
    case batchAbove1 = "batch-above-1"
    case rankAbove4 = "rank-above-4"
    case rankAbove5 = "rank-above-5"
    case inputsAbove10 = "inputs-above-10"
    /// float32 data.
    case float
    /// int8 inputs with another scale or zero point than the output.
    case unequalScales = "unequal-scales"
    case fusedActivation = "fused-activation"
    /// Paddings, axes, ranges or sizes that are computed at run time.
    case computedSteering = "computed-steering"
  }

  /// Schema names.
  package var operators: [String]
  package var when: Condition
  package var severity: Severity
  package var problem: String
  package var remedy: String
  package var source: String
}

/// The part of a profile's file that says all this.
struct OperatorSupportFile {
  /// Element types that a profile may name.
  private static let typeNames = [
    "int8", "int16", "int32", "int64", "uint8", "uint32", "float32", "bool",
  ]

  /// - Parameter lists: names of operators, by their types as words: `int8 float32`, or `any`.
  /// - Throws: `InputError` for a type that does not exist and an operator that is listed twice.
  static func types(_ lists: [String: [String]]) throws(InputError) -> [String: [String]] {
    var types: [String: [String]] = [:]
    for (words, names) in lists.sorted(by: { $0.key < $1.key }) {
      var listed: [String] = []
      for word in words.split(separator: " ").map(String.init) where words != "any" {
        guard typeNames.contains(word) else {
          throw InputError(
            at: .key("operators"), "expected ‘any’ or types of elements, found ‘\(word)’",
            advice: word.closest(in: typeNames).map { "did you mean \($0)?" }
              ?? "types are \(typeNames.joined(separator: ", "))")
        }
        listed.append(word)
      }
      guard words == "any" || !listed.isEmpty else {
        throw InputError(at: .key("operators"), "expected ‘any’ or types of elements, found none")
      }
      for name in names {
        guard types.updateValue(listed, forKey: name) == nil else {
          throw InputError(
            at: .key("operators"), "expected each operator once, found \(name) again")
        }
      }
    }
    return types
  }
}
