package import Bytes

extension Model {
  /// Reads a `.tflite` file (schema version 3).
  ///
  /// Constant tensors are slices of `bytes`, not copies. Everything that a graph is later trusted
  /// for is checked here: indices, sizes, quantization, the order of operators and their shapes.
  /// Throws `InputError` with the byte offset of what does not check out.
  package init(tflite bytes: [UInt8], name: String) throws(InputError) {
    do throws(InputError) {
      var reader = try TFLiteReader(bytes)
      self = try reader.model(named: name)
    } catch {
      throw error.inFile(name)
    }
  }
}

/// Decodes the tables of the TFLite schema; numbers are field ids of `schema.fbs`.
struct TFLiteReader {
  var file: Flatbuffer
  var buffers: [ArraySlice<UInt8>] = []
  var codes: [OperatorCode] = []
  var graphCount = 0

  /// What an operator's index into the file's list of operator kinds stands for.
  struct OperatorCode {
    var kind: OperatorKind
    var customName: String?
    var version: Int
  }

  init(_ bytes: [UInt8]) throws(InputError) {
    guard bytes.count >= 8 else {
      throw InputError(
        at: .byte(bytes.count), "expected a header of 8 bytes, found the end of the file",
        advice: "is the file truncated?")
    }
    guard Array(bytes[4..<8]) == Array("TFL3".utf8) else {
      throw InputError(
        at: .byte(4), "expected “TFL3”, found \(quoted(bytes[4..<8]))",
        advice: "is this a .tflite file?")
    }
    file = Flatbuffer(bytes)
  }

  mutating func model(named name: String) throws(InputError) -> Model {
    let root = try file.root("the model")
    let version = try file.uint32(0, of: root)
    guard version == 3 else {
      throw InputError(
        at: .byte(root.position), "expected schema version 3, found \(version)")
    }
    for table in try file.tables(4, of: root, "buffer") { buffers.append(try buffer(table)) }
    for table in try file.tables(1, of: root, "operator code") {
      codes.append(try operatorCode(table))
    }
    let subgraphs = try file.tables(2, of: root, "subgraph")
    guard !subgraphs.isEmpty else {
      throw InputError(at: .byte(root.position), "expected at least one subgraph, found none")
    }
    graphCount = subgraphs.count
    var graphs: [Graph] = []
    for table in subgraphs { graphs.append(try graph(table)) }
    return Model(
      name: name, summary: try file.string(3, of: root, "the description"), graphs: graphs,
      fileSize: file.count, metadata: try metadata(root))
  }

  // MARK: Buffers

  /// A buffer's bytes: inside the encoding, or (files of 2 GB and more) appended after it.
  private func buffer(_ table: Flatbuffer.Table) throws(InputError) -> ArraySlice<UInt8> {
    let offset = try file.uint64(1, of: table)
    let size = try file.uint64(2, of: table)
    guard offset > 1 else { return try file.slice(0, of: table, "a buffer’s data") }
    let end = offset.addingReportingOverflow(size)
    guard !end.overflow, end.partialValue <= UInt64(file.count) else {
      throw InputError(
        at: .byte(table.position),
        "expected a buffer of \(size) bytes inside the file’s \(file.count) bytes, found it at \(offset)",
        advice: "is the file truncated?")
    }
    return file.bytes[Int(offset)..<Int(end.partialValue)]
  }

  private mutating func metadata(
    _ root: Flatbuffer.Table
  ) throws(InputError) -> [String: ArraySlice<UInt8>] {
    var metadata: [String: ArraySlice<UInt8>] = [:]
    for table in try file.tables(6, of: root, "metadata entry") {
      let name = try file.string(0, of: table, "a metadata name")
      let index = try file.uint32(1, of: table)
      guard index < buffers.count else {
        throw InputError(
          at: .byte(table.position),
          "expected one of \(buffers.count) buffers for metadata ‘\(name)’, found number \(index)")
      }
      // The first of a name counts, as in the reference reader.
      if metadata[name] == nil { metadata[name] = buffers[index] }
    }
    return metadata
  }

  // MARK: Operator codes

  private mutating func operatorCode(_ table: Flatbuffer.Table) throws(InputError) -> OperatorCode {
    // Old writers fill only the byte, new ones both; numbers above 126 fit only the wide field.
    let code = max(try file.int8(0, of: table), try file.int32(3, of: table))
    guard let kind = OperatorKind(rawValue: code) else {
      throw InputError(
        at: .byte(table.position),
        "expected an operator code of 0 to \(OperatorKind.allCases.count - 1), found \(code)",
        advice: "is the file newer than this program, or corrupt?")
    }
    let customName =
      kind == .custom ? try file.string(1, of: table, "a custom operator’s name") : nil
    return OperatorCode(
      kind: kind, customName: customName, version: try file.int32(2, of: table, or: 1))
  }

  // MARK: Graphs

  private mutating func graph(_ table: Flatbuffer.Table) throws(InputError) -> Graph {
    let name = try file.string(4, of: table, "a subgraph’s name")
    var tensors: [Tensor] = []
    for tensorTable in try file.tables(0, of: table, "tensor") {
      tensors.append(try tensor(tensorTable))
    }
    var graph = Graph(
      name: name.isEmpty ? "main" : name, tensors: tensors, operators: [],
      inputs: try indices(1, of: table, tensors.count, "a subgraph input"),
      outputs: try indices(2, of: table, tensors.count, "a subgraph output"))
    let tables = try file.tables(3, of: table, "operator")
    for operatorTable in tables {
      graph.operators.append(try operation(operatorTable, tensorCount: tensors.count))
    }
    do throws(GraphProblem) {
      try graph.check()
    } catch {
      let place = error.operatorIndex.map { tables[$0].position } ?? table.position
      throw InputError(at: .byte(place), error.description)
    }
    return graph
  }

  /// Tensor numbers, each one of `count`.
  mutating func indices(
    _ field: Int, of table: Flatbuffer.Table, _ count: Int, _ what: String
  ) throws(InputError) -> [Int] {
    let values = try file.int32s(field, of: table, "the list of \(what)s")
    for value in values where value < 0 || value >= count {
      throw InputError(
        at: .byte(table.position),
        "expected \(what) to be one of \(count) tensors, found number \(value)")
    }
    return values
  }
}

/// Bytes as a person would write them down: printable ones as they are, others as dots.
private func quoted(_ bytes: ArraySlice<UInt8>) -> String {
  "“" + bytes.map { (32..<127).contains($0) ? String(UnicodeScalar($0)) : "." }.joined() + "”"
}
