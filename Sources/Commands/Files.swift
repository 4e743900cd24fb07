package import Bytes
import Glibc

/// The only place that opens files.
package enum Files {
  /// The whole file, or an error that says why not.
  package static func read(_ path: String) throws(InputError) -> [UInt8] {
    var source = try FileSource(path)
    let size = source.size
    var bytes = [UInt8](repeating: 0, count: size)
    var filled = 0
    while true {
      if filled == bytes.count {
        bytes.append(contentsOf: [UInt8](repeating: 0, count: max(65536, bytes.count)))
      }
      let start = filled
      let result: Result<Int, InputError> = bytes.withUnsafeMutableBytes { buffer in
        do throws(InputError) {
          return .success(
            try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...])))
        } catch {
          return .failure(error)
        }
      }
      let count = try result.get()
      if count == 0 { break }
      filled += count
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// Writes to a temporary name beside `path`, then renames: nobody sees half a file.
  package static func write(_ bytes: [UInt8], to path: String) throws(InputError) {
    var sink = try FileSink(path)
    try sink.write(bytes)
    try sink.finish()
  }

  /// Makes a folder where there is none.
  package static func makeFolder(_ path: String) throws(InputError) {
    if isDirectory(path) { return }
    guard mkdir(path, 0o755) == 0 else { throw cannot("make the folder", path) }
  }

  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
  }

  package static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFLNK
  }

  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Names in a folder, sorted by bytes so that every machine sees one order.
  package static func names(in path: String) throws(InputError) -> [String] {
    guard let folder = opendir(path) else { throw cannot("open", path) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }

  static func cannot(_ verb: String, _ path: String) -> InputError {
    InputError(file: path, at: .nowhere, "cannot \(verb): \(String(cString: strerror(errno)))")
  }
}

/// A file read front to back or, when it is a regular one, from any place.
package struct FileSource: SeekableSource {
  /// Closes the descriptor when the last copy of the source goes.
  private final class Handle: Sendable {
    let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  private let handle: Handle
  package let path: String
  /// Bytes in the file; 0 for pipes and devices, which are only read front to back.
  package let size: Int
  /// Time of the last change, in nanoseconds since 1970.
  package let changed: Int64
  package let isRegular: Bool
  private var position = 0

  package init(_ path: String) throws(InputError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Files.cannot("open", path) }
    handle = Handle(descriptor)
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Files.cannot("read", path) }
    if (status.st_mode & S_IFMT) == S_IFDIR {
      throw InputError(file: path, at: .nowhere, "expected a file, found a folder")
    }
    isRegular = (status.st_mode & S_IFMT) == S_IFREG
    size = isRegular ? Int(status.st_size) : 0
    changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }

  package mutating func seek(to offset: Int) { position = max(0, offset) }

  /// The first `count` bytes of a regular file, or all that it has.
  package func head(_ count: Int) throws(InputError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(size, count))
    let read = bytes.withUnsafeMutableBytes {
      pread(handle.descriptor, $0.baseAddress, $0.count, 0)
    }
    guard read >= 0 else { throw Files.cannot("read", path) }
    bytes.removeLast(bytes.count - read)
    return bytes
  }

  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    while true {
      let count =
        isRegular
        ? pread(handle.descriptor, buffer.baseAddress, buffer.count, position)
        : Glibc.read(handle.descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        position += count
        return count
      }
      if errno != EINTR { throw Files.cannot("read", path) }
    }
  }
}

/// A file written under a temporary name and renamed by `finish`; dropped without it, it vanishes.
package struct FileSink: ~Copyable {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isFinished = false

  package init(_ path: String) throws(InputError) {
    self.path = path
    temporary = "\(path).\(getpid()).part"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Files.cannot("write", path) }
  }

  package mutating func write(_ bytes: [UInt8]) throws(InputError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw Files.cannot("write", path)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Replaces the first bytes of what was written, as many as `bytes` has.
  package mutating func overwrite(_ bytes: [UInt8]) throws(InputError) {
    let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == bytes.count else { throw Files.cannot("write", path) }
  }

  package mutating func finish() throws(InputError) {
    guard rename(temporary, path) == 0 else { throw Files.cannot("write", path) }
    isFinished = true
  }

  deinit {
    close(descriptor)
    if !isFinished { unlink(temporary) }
  }
}
