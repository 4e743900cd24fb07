import Boards
package import Bytes

/// The figures of a replay as committed beside its scenario: one name and one value a line.
///
/// Numbers with decimals are kept as text, so that comparing is exact on every machine.
package struct Baseline: Equatable, Sendable {
  package enum Figure: Equatable, Sendable {
    case integer(Int)
    case text(String)
    case flag(Bool)
    case missing
  }

  package struct Entry: Equatable, Sendable {
    package var name: String
    package var figure: Figure
  }

  /// One figure that is not what it was.
  package struct Change: Equatable, Sendable {
    package var name: String
    /// Nil for a figure that is new.
    package var old: Figure?
    /// Nil for a figure that is gone.
    package var new: Figure?

    package init(name: String, old: Figure?, new: Figure?) {
      self.name = name
      self.old = old
      self.new = new
    }
  }

  package private(set) var entries: [Entry] = []

  /// Every leaf of a report, named by its path: `timing.latencyFromWindowClose.p99Nanoseconds`.
  package init(_ report: JSONValue) { add(report, path: "") }

  private mutating func add(_ value: JSONValue, path: String) {
    func entry(_ figure: Figure) { entries.append(Entry(name: path, figure: figure)) }
    switch value {
    case .object(let members):
      for member in members {
        add(member.value, path: path.isEmpty ? member.key : "\(path).\(member.key)")
      }
    case .array(let values):
      for (index, value) in values.enumerated() { add(value, path: "\(path)[\(index)]") }
    case .integer(let value): entry(.integer(value))
    case .decimal(let value, let places): entry(.text(value.fixed(places)))
    case .string(let value): entry(.text(value))
    case .bool(let value): entry(.flag(value))
    case .null: entry(.missing)
    }
  }

  /// Reads `baseline.json`.
  ///
  /// - Throws: `InputError` for what is no flat object of numbers, texts, truths and nulls.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    entries = try ConfigurationFile.decode(Entries.self, bytes: bytes, file: file).entries
  }

  package var text: String {
    JSONValue.object(
      entries.map { entry in
        switch entry.figure {
        case .integer(let value): .init(entry.name, .integer(value))
        case .text(let value): .init(entry.name, .string(value))
        case .flag(let value): .init(entry.name, .bool(value))
        case .missing: .init(entry.name, .null)
        }
      }
    ).text + "\n"
  }

  /// What changed from `self` to `new`: in the order of `new`, then what is gone.
  package func changes(to new: Baseline) -> [Change] {
    let before = Dictionary(entries.map { ($0.name, $0.figure) }, uniquingKeysWith: { $1 })
    let after = Set(new.entries.map(\.name))
    var changes: [Change] = []
    for entry in new.entries where before[entry.name] != entry.figure {
      changes.append(Change(name: entry.name, old: before[entry.name], new: entry.figure))
    }
    for entry in entries where !after.contains(entry.name) {
      changes.append(Change(name: entry.name, old: entry.figure, new: nil))
    }
    return changes
  }

  /// The members of a flat object in the order of the file.
  private struct Entries: Decodable {
    var entries: [Entry] = []

    struct Name: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Name.self)
      for name in members.allKeys {
        let figure: Figure
        if try members.decodeNil(forKey: name) {
          figure = .missing
        } else if let value = try? members.decode(Int.self, forKey: name) {
          figure = .integer(value)
        } else if let value = try? members.decode(Bool.self, forKey: name) {
          figure = .flag(value)
        } else {
          figure = .text(try members.decode(String.self, forKey: name))
        }
        entries.append(Entry(name: name.stringValue, figure: figure))
      }
    }
  }
}

extension Baseline.Figure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .integer(let value): value.grouped
    case .text(let text): text
    case .flag(let value): value ? "true" : "false"
    case .missing: "none"
    }
  }
}
