package import Bytes

/// Adds an attachment to a `.tflite` file without touching what is in it.
///
/// A new beginning goes in front of the whole old file: a root table whose fields refer to the old
/// vectors, and new lists of buffers and of metadata that refer to the old entries and one more.
/// Offsets only ever point forward in this encoding, and those of the old part stay as they are.
package enum TFLiteMetadata {
  /// The old part keeps its alignment: no buffer asks for more.
  private static let alignment = 64
  /// Fields of `Model` in `schema.fbs` (version 3): the version, then seven references.
  private static let fieldCount = 8

  /// - Parameters:
  ///   - data: Replaces an attachment of this name, if there is one.
  /// - Throws: `InputError` for a file that does not read, and for one with fields or buffers outside
  ///   the encoding, whose places would change.
  package static func adding(
    _ name: String, _ data: [UInt8], to bytes: [UInt8]
  ) throws(InputError) -> [UInt8] {
    var file = Flatbuffer(bytes)
    let root = try file.root("the model")
    for field in fieldCount..<16 where try file.place(of: field, in: root, size: 4) != nil {
      throw InputError(at: .byte(root.position), "expected a model of 8 fields, found one more")
    }
    let buffers = try file.tables(4, of: root, "buffer")
    for table in buffers where try file.uint64(1, of: table) > 1 {
      throw InputError(
        at: .byte(table.position), "expected buffers inside the encoding, found one appended to it")
    }
    var kept: [Flatbuffer.Table] = []
    for table in try file.tables(6, of: root, "metadata entry")
    where try file.string(0, of: table, "a metadata name") != name { kept.append(table) }

    var front = Front()
    front.word(0)  // the root, known when it is placed
    front.append(Array("TFL3".utf8))
    let rootVtable = front.vtable(fieldCount: fieldCount, tableSize: 4 + 4 * fieldCount)
    let rootTable = front.table(vtable: rootVtable)
    front.patch(0, rootTable)
    for _ in 0..<fieldCount { front.word(0) }

    front.refer(from: rootTable + 4 + 4 * 6, to: front.place)
    front.word(kept.count + 1)
    let entries = (0...kept.count).map { _ in front.reserveWord() }
    front.refer(from: rootTable + 4 + 4 * 4, to: front.place)
    front.word(buffers.count + 1)
    let items = (0...buffers.count).map { _ in front.reserveWord() }

    let entryVtable = front.vtable(fieldCount: 2, tableSize: 12)
    let entry = front.table(vtable: entryVtable)
    front.refer(from: entries[kept.count], to: entry)
    let nameField = front.reserveWord()
    front.word(buffers.count)
    front.refer(from: nameField, to: front.place)
    front.word(name.utf8.count)
    front.append(Array(name.utf8) + [0])

    let bufferVtable = front.vtable(fieldCount: 1, tableSize: 8)
    let buffer = front.table(vtable: bufferVtable)
    front.refer(from: items[buffers.count], to: buffer)
    let dataField = front.reserveWord()
    front.pad(to: 16, less: 4)
    front.refer(from: dataField, to: front.place)
    front.word(data.count)
    front.append(data)
    front.pad(to: alignment, less: 0)

    let shift = front.place
    for (place, table) in zip(entries, kept) {
      front.refer(from: place, to: shift + table.position)
    }
    for (place, table) in zip(items, buffers) {
      front.refer(from: place, to: shift + table.position)
    }
    front.patch(rootTable + 4, try file.uint32(0, of: root))
    for field in [1, 2, 3, 5, 7] {
      let place = rootTable + 4 + 4 * field
      if let old = try file.place(of: field, in: root, size: 4) {
        front.refer(from: place, to: shift + old + (try file.uint32(at: old)))
      } else {
        front.leaveOut(field, of: rootVtable)
      }
    }
    guard shift + bytes.count < 1 << 31 else {
      throw InputError(at: .nowhere, "expected a file below 2 GiB, found \(bytes.count) bytes")
    }
    return front.bytes + bytes
  }
}

/// What goes in front of the old file.
private struct Front {
  private(set) var bytes: [UInt8] = []

  /// Where the next word goes.
  var place: Int { bytes.count }

  mutating func append(_ more: [UInt8]) {
    bytes += more
    pad(to: 4, less: 0)
  }

  mutating func word(_ value: Int) {
    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  mutating func reserveWord() -> Int {
    word(0)
    return place - 4
  }

  /// Until `less` bytes before a multiple.
  mutating func pad(to alignment: Int, less: Int) {
    while (place + less) % alignment != 0 { bytes.append(0) }
  }

  mutating func patch(_ place: Int, _ value: Int) {
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  mutating func refer(from place: Int, to target: Int) { patch(place, target - place) }

  /// All fields present, four bytes each, in order.
  mutating func vtable(fieldCount: Int, tableSize: Int) -> Int {
    let start = place
    for value in [4 + 2 * fieldCount, tableSize] + (0..<fieldCount).map({ 4 + 4 * $0 }) {
      bytes.append(UInt8(truncatingIfNeeded: value))
      bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    }
    pad(to: 4, less: 0)
    return start
  }

  mutating func leaveOut(_ field: Int, of vtable: Int) {
    bytes[vtable + 4 + 2 * field] = 0
    bytes[vtable + 5 + 2 * field] = 0
  }

  /// The start of a table, with its way back to its vtable.
  mutating func table(vtable: Int) -> Int {
    let start = place
    word(start - vtable)
    return start
  }
}
