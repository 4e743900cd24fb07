/// What is wrong with an input, and where: a file, a place in it, the problem, the next step.
///
/// Printed as one line: `model.tflite: byte 0x4: expected “TFL3”, found “PK..”; is this a .tflite file?`
package struct InputError: Error, Equatable, Sendable {
  package enum Place: Equatable, Sendable {
    /// Offset from the start of the file.
    case byte(Int)
    /// Counted from 1.
    case line(Int)
    /// A dotted path into a structured file, such as `memory[2].size`.
    case key(String)
    case nowhere
  }

  package var file: String?
  package var place: Place
  /// What was expected and what was found.
  package var problem: String
  /// What the reader of the message can do about it.
  package var advice: String?

  package init(
    file: String? = nil, at place: Place, _ problem: String, advice: String? = nil
  ) {
    self.file = file
    self.place = place
    self.problem = problem
    self.advice = advice
  }

  /// The same error with the file's name filled in, unless it already has one.
  package func inFile(_ name: String) -> InputError {
    var error = self
    if error.file == nil { error.file = name }
    return error
  }
}

extension InputError.Place {
  /// `byte 0x1c`, `line 3` or the path itself; nil for nowhere.
  package var text: String? {
    switch self {
    case .byte(let offset): "byte 0x\(String(offset, radix: 16))"
    case .line(let line): "line \(line)"
    case .key(let path): path
    case .nowhere: nil
    }
  }
}

extension InputError: CustomStringConvertible {
  package var description: String {
    var parts: [String] = []
    if let file { parts.append(file) }
    if let text = place.text { parts.append(text) }
    parts.append(problem)
    let line = parts.joined(separator: ": ")
    guard let advice else { return line }
    return "\(line); \(advice)"
  }
}
