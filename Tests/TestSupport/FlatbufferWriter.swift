/// A value of the FlatBuffers encoding that is reached by an offset.
package indirect enum Node {
  case table([Int: Field])
  case string(String)
  case bytes([UInt8])
  case int32s([Int])
  case int64s([Int])
  case floats([Float])
  case tables([Node])
}

/// A field of a table, by its id in the schema.
package enum Field {
  case int8(Int)
  case int32(Int)
  case uint64(UInt64)
  case float(Float)
  case offset(Node)

  fileprivate var size: Int {
    switch self {
    case .int8: 1
    case .int32, .float, .offset: 4
    case .uint64: 8
    }
  }
}

/// Lays values out front to back: every table behind its vtable, every child behind its parent.
package struct FlatbufferWriter {
  package private(set) var bytes: [UInt8] = []

  package init(root: Node, identifier: String) {
    put(0, size: 4)
    bytes += Array(identifier.utf8)
    patchOffset(at: 0, to: root)
  }

  private mutating func put(_ value: UInt64, size: Int) {
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  private mutating func patch(_ value: Int, at place: Int, size: Int = 4) {
    for index in 0..<size { bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  private mutating func patchOffset(at place: Int, to node: Node) {
    patch(write(node) - place, at: place)
  }

  /// Writes a node and gives the place that offsets to it mean.
  private mutating func write(_ node: Node) -> Int {
    while bytes.count % 8 != 0 { bytes.append(0) }
    let start = bytes.count
    switch node {
    case .table(let fields):
      return writeTable(fields)
    case .string(let text):
      put(UInt64(text.utf8.count), size: 4)
      bytes += Array(text.utf8) + [0]
    case .bytes(let values):
      put(UInt64(values.count), size: 4)
      bytes += values
    case .int32s(let values):
      put(UInt64(values.count), size: 4)
      for value in values { put(UInt64(bitPattern: Int64(value)), size: 4) }
    case .int64s(let values):
      put(UInt64(values.count), size: 4)
      for value in values { put(UInt64(bitPattern: Int64(value)), size: 8) }
    case .floats(let values):
      put(UInt64(values.count), size: 4)
      for value in values { put(UInt64(value.bitPattern), size: 4) }
    case .tables(let nodes):
      put(UInt64(nodes.count), size: 4)
      for _ in nodes { put(0, size: 4) }
      for (index, node) in nodes.enumerated() { patchOffset(at: start + 4 + 4 * index, to: node) }
    }
    return start
  }

  private mutating func writeTable(_ fields: [Int: Field]) -> Int {
    let vtable = bytes.count
    let entries = (fields.keys.max() ?? -1) + 1
    put(0, size: 4 + 2 * entries)
    let table = bytes.count
    put(UInt64(table - vtable), size: 4)
    var children: [(place: Int, node: Node)] = []
    for id in fields.keys.sorted() {
      patch(bytes.count - table, at: vtable + 4 + 2 * id, size: 2)
      switch fields[id]! {
      case .int8(let value): put(UInt64(bitPattern: Int64(value)), size: 1)
      case .int32(let value): put(UInt64(bitPattern: Int64(value)), size: 4)
      case .uint64(let value): put(value, size: 8)
      case .float(let value): put(UInt64(value.bitPattern), size: 4)
      case .offset(let node):
        children.append((bytes.count, node))
        put(0, size: 4)
      }
    }
    patch(4 + 2 * entries, at: vtable, size: 2)
    patch(bytes.count - table, at: vtable + 2, size: 2)
    for child in children { patchOffset(at: child.place, to: child.node) }
    return table
  }
}
