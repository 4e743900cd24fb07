package import Bytes
package import Events
import Glibc

/// An HDF5 file, read by the system's libhdf5: stretches of lists, never the whole.
///
/// The library is not safe for several threads; a file belongs to one reader.
package final class HDF5File: HDF5Container, @unchecked Sendable {
  private let library: HDF5Library
  private let identifier: HDF5Library.Identifier
  private let path: String

  /// Throws `InputError` when the library is missing or the file is not HDF5.
  package init(_ path: String) throws(InputError) {
    do throws(InputError) { library = try HDF5Library() } catch { throw error.inFile(path) }
    identifier = library.openFile(path, 0, 0)
    self.path = path
    guard identifier >= 0 else {
      throw InputError(
        file: path, at: .byte(0), "expected an HDF5 file, found one that the library cannot open",
        advice: "is the file truncated?")
    }
  }

  deinit { if identifier >= 0 { _ = library.closeFile(identifier) } }

  package func dataset(_ name: String) throws(InputError) -> (any HDF5Dataset)? {
    // A link in a group can only be asked for when the group is there.
    var prefix = ""
    for part in name.split(separator: "/") {
      prefix += prefix.isEmpty ? String(part) : "/\(part)"
      guard library.linkExists(identifier, prefix, 0) > 0 else { return nil }
    }
    let dataset = library.openDataset(identifier, name, 0)
    guard dataset >= 0 else { return nil }
    do throws(InputError) {
      return try HDF5List(library, dataset, in: self)
    } catch {
      var error = error
      error.place = .key(name)
      throw error
    }
  }

  package func attribute(_ name: String) -> String? {
    guard library.attributeExists(identifier, name) > 0 else { return nil }
    let attribute = library.openAttribute(identifier, name, 0)
    guard attribute >= 0 else { return nil }
    defer { _ = library.closeAttribute(attribute) }
    let type = library.attributeType(attribute)
    guard type >= 0 else { return nil }
    defer { _ = library.closeType(type) }
    let size = library.typeSize(type)
    guard (1...4096).contains(size), library.attributeSize(attribute) <= 4096 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    guard library.readAttribute(attribute, type, &bytes) >= 0 else { return nil }
    if let number = library.number(type) {
      return bytes.withUnsafeBytes { "\(number.integer(at: $0.baseAddress!))" }
    }
    guard library.typeClass(type) == 3 else { return nil }  // H5T_STRING
    guard library.isVariableText(type) > 0 else {
      return String(decoding: bytes[..<size].prefix { $0 != 0 }, as: UTF8.self)
    }
    let text = bytes.withUnsafeBytes { $0.load(as: UnsafeMutablePointer<CChar>?.self) }
    guard let text else { return nil }
    defer { _ = library.freeMemory(text) }
    return String(cString: text)
  }
}

extension HDF5Library {
  /// A little-endian number; nil for another type.
  fileprivate func number(_ type: Identifier) -> NumberType? {
    let size = typeSize(type)
    guard size == 1 || typeOrder(type) == 0 else { return nil }  // H5T_ORDER_LE
    switch typeClass(type) {
    case 0 where [1, 2, 4, 8].contains(size):  // H5T_INTEGER
      return typeSign(type) == 0 ? .unsigned(bytes: size) : .signed(bytes: size)
    case 1 where [4, 8].contains(size):  // H5T_FLOAT
      return .float(bytes: size)
    case 8 where size == 1:  // H5T_ENUM, as which h5py writes truth values
      return .unsigned(bytes: 1)
    default: return nil
    }
  }

  fileprivate func fields(_ type: Identifier) -> [HDF5Field] {
    guard typeClass(type) == 6 else {  // H5T_COMPOUND
      return number(type).map { [HDF5Field(name: "", offset: 0, type: $0)] } ?? []
    }
    return (0..<UInt32(max(0, min(64, memberCount(type))))).compactMap { index in
      let member = memberType(type, index)
      defer { _ = closeType(member) }
      guard let name = memberName(type, index), let number = number(member) else { return nil }
      defer { _ = freeMemory(name) }
      return HDF5Field(
        name: String(cString: name), offset: memberOffset(type, index), type: number)
    }
  }
}

/// A data set of one dimension, or of none, which has one row.
private final class HDF5List: HDF5Dataset, @unchecked Sendable {
  private let library: HDF5Library
  private let identifier: HDF5Library.Identifier
  private let type: HDF5Library.Identifier
  /// Keeps the file open.
  private let file: HDF5File
  private let isScalar: Bool
  let rowCount: Int
  let rowSize: Int
  let fields: [HDF5Field]
  let chunkRows: Int?
  let filters: [Int]

  /// Takes over `dataset`, which is closed with it.
  init(
    _ library: HDF5Library, _ dataset: HDF5Library.Identifier, in file: HDF5File
  ) throws(InputError) {
    self.library = library
    self.file = file
    identifier = dataset
    type = library.datasetType(dataset)
    rowSize = type < 0 ? 0 : library.typeSize(type)
    fields = type < 0 ? [] : library.fields(type)
    let space = library.datasetSpace(dataset)
    var sizes = [UInt64](repeating: 0, count: 32)
    let rank = library.dimensionCount(space)
    if (0...32).contains(rank) { _ = library.dimensions(space, &sizes, nil) }
    _ = library.closeSpace(space)
    isScalar = rank == 0
    rowCount = isScalar ? 1 : Int(clamping: sizes[0])
    (chunkRows, filters) = Self.chunks(library, dataset)
    guard (0...1).contains(rank), (1...65_536).contains(rowSize), rowCount < 1 << 48 else {
      throw InputError(
        at: .nowhere, "expected a list, found \(rank) dimensions of \(rowSize) bytes")
    }
  }

  deinit {
    if type >= 0 { _ = library.closeType(type) }
    _ = library.closeDataset(identifier)
  }

  private static func chunks(
    _ library: HDF5Library, _ dataset: HDF5Library.Identifier
  ) -> (rows: Int?, filters: [Int]) {
    let plan = library.datasetPlan(dataset)
    guard plan >= 0 else { return (nil, []) }
    defer { _ = library.closePlan(plan) }
    guard library.layout(plan) == 2 else { return (nil, []) }  // H5D_CHUNKED
    var sizes = [UInt64](repeating: 0, count: 32)
    let rank = library.chunk(plan, 32, &sizes)
    let filters = (0..<UInt32(max(0, library.filterCount(plan)))).map { index -> Int in
      var (flags, count, configuration) = (UInt32(0), 0, UInt32(0))
      return Int(library.filter(plan, index, &flags, &count, nil, 0, nil, &configuration))
    }
    return (rank == 1 ? Int(clamping: sizes[0]) : nil, filters)
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(InputError) {
    guard let target = buffer.baseAddress, !range.isEmpty else { return }
    precondition(buffer.count >= range.count * rowSize)
    var (start, count) = (UInt64(range.lowerBound), UInt64(range.count))
    var result = Int32(-1)
    if isScalar {
      result = library.read(identifier, type, 0, 0, 0, target)  // H5S_ALL
    } else {
      let memory = library.makeSpace(1, &count, nil)
      let space = library.datasetSpace(identifier)
      if library.select(space, 0, &start, nil, &count, nil) >= 0 {  // H5S_SELECT_SET
        result = library.read(identifier, type, memory, space, 0, target)
      }
      _ = library.closeSpace(space)
      _ = library.closeSpace(memory)
    }
    guard result >= 0 else {
      let names = filters.map(String.init).joined(separator: ", ")
      throw InputError(
        at: .key("row \(range.lowerBound + 1)"),
        "expected \(range.count) rows, found some that the library cannot read"
          + (filters.isEmpty ? "" : " (filters \(names))"),
        advice: "is the file corrupt, or compressed with a filter that is not known?")
    }
  }

  func chunk(at row: Int) throws(InputError) -> (bytes: [UInt8], isFiltered: Bool) {
    var (start, size, mask) = (UInt64(row), UInt64(0), UInt32(0))
    // A chunk takes at most what its rows take, and a little more where nothing could be gained.
    let limit = UInt64((chunkRows ?? 0) * rowSize * 2 + 65_536)
    guard library.chunkSize(identifier, &start, &size) >= 0, size > 0, size <= limit else {
      throw InputError(
        at: .key("chunk at row \(row)"), "expected 1 to \(limit) bytes, found \(size)",
        advice: "is the file corrupt?")
    }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    guard library.readChunk(identifier, 0, &start, &mask, &bytes) >= 0 else {
      throw InputError(at: .key("chunk at row \(row)"), "expected bytes, found none to read")
    }
    return (bytes, mask == 0)
  }
}
