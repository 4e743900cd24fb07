/// A file in the FlatBuffers encoding: tables found through offsets, every one of them doubted.
///
/// The format: a table starts with a signed offset back to its vtable; the vtable lists, per field,
/// where in the table the field lies (0: left out). Vectors, strings and sub-tables are reached by an
/// unsigned offset from the field. See https://flatbuffers.dev/internals/.
package struct Flatbuffer {
  package let bytes: [UInt8]
  /// Elements that may still be decoded. Tables may share vectors, so that a small file could
  /// otherwise ask for the same large vector any number of times.
  private var allowance: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    allowance = 4096 + 8 * bytes.count
  }

  package var count: Int { bytes.count }

  /// A table: where it starts, how long it is, and where its vtable says the fields are.
  package struct Table {
    package let position: Int
    fileprivate let size: Int
    fileprivate let vtable: Int
    fileprivate let vtableSize: Int
  }

  /// A vector: the place of its first element and how many there are, all inside the file.
  package struct Vector {
    package let position: Int
    package let count: Int
    package let elementSize: Int

    package func place(of index: Int) -> Int { position + index * elementSize }
  }

  // MARK: Fixed-size values

  /// Little-endian; `size` is 1 to 8 bytes.
  private func raw(at position: Int, size: Int) throws(InputError) -> UInt64 {
    guard position >= 0, position <= count - size else {
      throw InputError(
        at: .byte(max(0, position)),
        "expected \(size) more bytes, found the end of the file at byte 0x\(hex(count))",
        advice: "is the file truncated?")
    }
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    return value
  }

  package func uint16(at position: Int) throws(InputError) -> Int {
    Int(try raw(at: position, size: 2))
  }

  package func uint32(at position: Int) throws(InputError) -> Int {
    Int(try raw(at: position, size: 4))
  }

  package func int32(at position: Int) throws(InputError) -> Int {
    Int(Int32(truncatingIfNeeded: try raw(at: position, size: 4)))
  }

  package func int64(at position: Int) throws(InputError) -> Int {
    Int(truncatingIfNeeded: try raw(at: position, size: 8))
  }

  package func float(at position: Int) throws(InputError) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: try raw(at: position, size: 4)))
  }

  // MARK: Tables

  /// - Parameter what: What the file as a whole is, for messages.
  package func root(_ what: String) throws(InputError) -> Table {
    try table(referredToAt: 0, what)
  }

  /// Follows the offset stored at `place`.
  package func table(referredToAt place: Int, _ what: String) throws(InputError) -> Table {
    let offset = try uint32(at: place)
    let position = place + offset
    guard offset >= 4, position <= count - 4 else {
      throw InputError(
        at: .byte(place),
        "expected \(what) inside the file’s \(count) bytes, found an offset to byte 0x\(hex(position))",
        advice: "is the file truncated?")
    }
    let vtable = position - (try int32(at: position))
    guard vtable >= 0, vtable <= count - 4 else {
      throw InputError(
        at: .byte(position),
        "expected the field list of \(what) inside the file, found it at \(signedHex(vtable))")
    }
    let vtableSize = try uint16(at: vtable)
    let size = try uint16(at: vtable + 2)
    guard vtableSize >= 4, vtableSize % 2 == 0, vtable + vtableSize <= count else {
      throw InputError(
        at: .byte(vtable), "expected a field list of \(what), found a length of \(vtableSize) bytes"
      )
    }
    guard size >= 4, position + size <= count else {
      throw InputError(
        at: .byte(vtable + 2), "expected the length of \(what), found \(size) bytes")
    }
    return Table(position: position, size: size, vtable: vtable, vtableSize: vtableSize)
  }

  /// Where field number `field` lies; nil when the writer left it out.
  package func place(of field: Int, in table: Table, size: Int) throws(InputError) -> Int? {
    let entry = 4 + 2 * field
    guard entry + 2 <= table.vtableSize else { return nil }
    let offset = try uint16(at: table.vtable + entry)
    if offset == 0 { return nil }
    guard offset >= 4, offset + size <= table.size else {
      throw InputError(
        at: .byte(table.vtable + entry),
        "expected a field within its table of \(table.size) bytes, found it at \(offset)")
    }
    return table.position + offset
  }

  package func int8(_ field: Int, of table: Table, or value: Int = 0) throws(InputError) -> Int {
    guard let place = try place(of: field, in: table, size: 1) else { return value }
    return Int(Int8(truncatingIfNeeded: try raw(at: place, size: 1)))
  }

  package func uint8(_ field: Int, of table: Table) throws(InputError) -> Int {
    guard let place = try place(of: field, in: table, size: 1) else { return 0 }
    return Int(try raw(at: place, size: 1))
  }

  package func bool(_ field: Int, of table: Table) throws(InputError) -> Bool {
    try uint8(field, of: table) != 0
  }

  package func int32(_ field: Int, of table: Table, or value: Int = 0) throws(InputError) -> Int {
    guard let place = try place(of: field, in: table, size: 4) else { return value }
    return try int32(at: place)
  }

  package func uint32(_ field: Int, of table: Table) throws(InputError) -> Int {
    guard let place = try place(of: field, in: table, size: 4) else { return 0 }
    return try uint32(at: place)
  }

  package func uint64(_ field: Int, of table: Table) throws(InputError) -> UInt64 {
    guard let place = try place(of: field, in: table, size: 8) else { return 0 }
    return try raw(at: place, size: 8)
  }

  package func float(_ field: Int, of table: Table) throws(InputError) -> Float {
    guard let place = try place(of: field, in: table, size: 4) else { return 0 }
    return try float(at: place)
  }

  package func table(_ field: Int, of table: Table, _ what: String) throws(InputError) -> Table? {
    guard let place = try place(of: field, in: table, size: 4) else { return nil }
    return try self.table(referredToAt: place, what)
  }

  // MARK: Vectors

  /// A vector that was left out reads as an empty one at its table.
  package func vector(
    _ field: Int, of table: Table, elementSize: Int, _ what: String
  ) throws(InputError) -> Vector {
    guard let place = try place(of: field, in: table, size: 4) else {
      return Vector(position: table.position, count: 0, elementSize: elementSize)
    }
    let offset = try uint32(at: place)
    let start = place + offset
    guard offset >= 4, start <= count - 4 else {
      throw InputError(
        at: .byte(place),
        "expected \(what) inside the file’s \(count) bytes, found an offset to byte 0x\(hex(start))",
        advice: "is the file truncated?")
    }
    let length = try uint32(at: start)
    guard length <= (count - start - 4) / elementSize else {
      throw InputError(
        at: .byte(start),
        "expected \(what) to end inside the file, found a count of \(length)",
        advice: "is the file truncated?")
    }
    return Vector(position: start + 4, count: length, elementSize: elementSize)
  }

  package mutating func int32s(_ field: Int, of table: Table, _ what: String) throws(InputError)
    -> [Int]
  {
    try elements(vector(field, of: table, elementSize: 4, what), int32)
  }

  package mutating func int64s(_ field: Int, of table: Table, _ what: String) throws(InputError)
    -> [Int]
  {
    try elements(vector(field, of: table, elementSize: 8, what), int64)
  }

  package mutating func floats(_ field: Int, of table: Table, _ what: String) throws(InputError)
    -> [Float]
  {
    try elements(vector(field, of: table, elementSize: 4, what), float)
  }

  private mutating func elements<T>(
    _ vector: Vector, _ read: (Int) throws(InputError) -> T
  ) throws(InputError) -> [T] {
    try charge(vector.count, at: vector.position)
    var values: [T] = []
    values.reserveCapacity(vector.count)
    for index in 0..<vector.count { values.append(try read(vector.place(of: index))) }
    return values
  }

  package mutating func string(_ field: Int, of table: Table, _ what: String) throws(InputError)
    -> String
  {
    let vector = try vector(field, of: table, elementSize: 1, what)
    try charge(vector.count, at: vector.position)
    let text = String(
      decoding: bytes[vector.position..<vector.position + vector.count], as: UTF8.self)
    // Names end up in messages of one line and on terminals, which obey control characters.
    guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      return text
    }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
  }

  /// Not copied: a slice of the file.
  package func slice(
    _ field: Int, of table: Table, _ what: String
  ) throws(InputError) -> ArraySlice<UInt8> {
    let vector = try vector(field, of: table, elementSize: 1, what)
    return bytes[vector.position..<vector.position + vector.count]
  }

  package mutating func tables(
    _ field: Int, of table: Table, _ what: String
  ) throws(InputError) -> [Table] {
    let vector = try vector(field, of: table, elementSize: 4, "the list of \(what)s")
    try charge(vector.count, at: vector.position)
    var tables: [Table] = []
    tables.reserveCapacity(vector.count)
    for index in 0..<vector.count {
      tables.append(try self.table(referredToAt: vector.place(of: index), "\(what) \(index)"))
    }
    return tables
  }

  private mutating func charge(_ elements: Int, at position: Int) throws(InputError) {
    allowance -= elements
    if allowance < 0 {
      throw InputError(
        at: .byte(position),
        "expected each list to be used about once, found the same bytes listed over and over",
        advice: "is the file corrupt?")
    }
  }

  private func hex(_ value: Int) -> String { String(value, radix: 16) }

  private func signedHex(_ value: Int) -> String {
    value < 0 ? "byte -0x\(hex(-value))" : "byte 0x\(hex(value))"
  }
}
