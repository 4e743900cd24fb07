import Events
package import Scenarios

/// What `synthesize trace` made, beside what was committed.
package struct TraceSynthesisReport: Sendable {
  private let folder: String
  private let part: TraceRecipe.Part
  private let made: TraceChecksums.Recording
  /// Nil before the first time that it was made.
  private let committed: TraceChecksums.Recording?
  /// Written ones.
  private let files: [String]

  package init(
    folder: String, part: TraceRecipe.Part, made: TraceChecksums.Recording,
    committed: TraceChecksums.Recording?, files: [String]
  ) {
    self.folder = folder
    self.part = part
    self.made = made
    self.committed = committed
    self.files = files
  }

  private func status(_ index: Int) -> String {
    guard let checksum = made.parts[index].checksum else { return "" }
    guard let committed = committed?.parts[index].checksum else { return "new" }
    return committed == checksum ? "as committed" : "changed"
  }

  package var text: String {
    var lines = ["\(folder), the \(part.rawValue) recording:"]
    for (index, (name, checksum)) in made.parts.enumerated() {
      guard let checksum else { continue }
      lines.append(
        "  \(checksum.count.grouped) \(name), SHA-256 \(checksum.sha256.prefix(12))…: "
          + status(index))
    }
    lines += files.map { "  wrote \($0)" }
    return lines.joined(separator: "\n")
  }

  package var json: JSONValue {
    [
      "folder": .string(folder), "recording": .string(part.rawValue), "made": made.json,
      "committed": committed?.json ?? .null, "files": .array(files.map { .string($0) }),
    ]
  }
}
