package import Bytes
package import Events
import Glibc

/// Zstandard by libzstd and DEFLATE by zlib, both opened when a recording needs them.
package struct SystemCompression: CompressionLibraries {
  package init() {}

  package func zstandard() throws(InputError) -> any Zstandard { try LibZstd() }

  package func inflater() throws(InputError) -> any Inflater { try ZlibInflater() }
}

/// Source: zstd.h of libzstd 1.5, functions of the stable interface.
private final class LibZstd: Zstandard, @unchecked Sendable {
  private typealias CreateContext = @convention(c) () -> OpaquePointer?
  private typealias FreeContext = @convention(c) (OpaquePointer?) -> Int
  private typealias DecompressStream =
    @convention(c) (
      OpaquePointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer
    ) -> Int
  private typealias Reset = @convention(c) (OpaquePointer, Int32) -> Int
  private typealias IsError = @convention(c) (Int) -> UInt32
  private typealias Compress =
    @convention(c) (
      UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int, Int32
    ) -> Int
  private typealias CompressBound = @convention(c) (Int) -> Int

  /// `ZSTD_inBuffer` and `ZSTD_outBuffer`.
  private struct Buffer {
    var start: UnsafeMutableRawPointer?
    var size: Int
    var position: Int
  }

  private let context: OpaquePointer
  private let free: FreeContext
  private let decompress: DecompressStream
  private let reset: Reset
  private let isError: IsError
  private let compress: Compress
  private let bound: CompressBound

  init() throws(InputError) {
    let library = try SystemLibrary(
      ["libzstd.so.1", "libzstd.so"], purpose: "Zstandard compression", package: "libzstd1")
    decompress = try library.function("ZSTD_decompressStream", as: DecompressStream.self)
    reset = try library.function("ZSTD_DCtx_reset", as: Reset.self)
    isError = try library.function("ZSTD_isError", as: IsError.self)
    compress = try library.function("ZSTD_compress", as: Compress.self)
    bound = try library.function("ZSTD_compressBound", as: CompressBound.self)
    free = try library.function("ZSTD_freeDCtx", as: FreeContext.self)
    let create = try library.function("ZSTD_createDCtx", as: CreateContext.self)
    guard let context = create() else {
      throw InputError(at: .nowhere, "expected memory for Zstandard, found none")
    }
    self.context = context
  }

  deinit { _ = free(context) }

  /// The library writes straight into the output and refuses windows above 128 MiB by itself.
  func decode(_ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]) -> Int? {
    _ = reset(context, 1)  // ZSTD_reset_session_only
    var input = Buffer(
      start: UnsafeMutableRawPointer(mutating: bytes.baseAddress), size: bytes.count, position: 0)
    var count = 0
    while true {
      if count == output.count {
        guard count < limit else { return nil }
        let wanted = min(limit, max(65_536, 2 * bytes.count, 2 * count))
        output.append(contentsOf: repeatElement(0, count: wanted - count))
      }
      let hint = output.withUnsafeMutableBytes { target in
        var room = Buffer(start: target.baseAddress, size: target.count, position: count)
        let hint = decompress(context, &room, &input)
        count = room.position
        return hint
      }
      if isError(hint) != 0 { return nil }
      let isAtEnd = input.position == input.size
      if isAtEnd && hint == 0 { return count <= limit ? count : nil }
      // Neither input nor a lack of room: the frame is cut short.
      if isAtEnd && count < output.count { return nil }
    }
  }

  func encode(_ bytes: [UInt8], level: Int) -> [UInt8] {
    let capacity = bound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      count = bytes.withUnsafeBytes {
        compress(target.baseAddress, capacity, $0.baseAddress, $0.count, Int32(level))
      }
      precondition(isError(count) == 0, "the bound suffices for every input")
    }
  }
}

/// Source: zlib.h 1.2, `inflate` on a raw DEFLATE stream.
private final class ZlibInflater: Inflater {
  /// `z_stream` on 64-bit systems.
  private struct Stream {
    var nextIn: UnsafeMutablePointer<UInt8>?
    var availableIn: UInt32 = 0
    var totalIn: UInt = 0
    var nextOut: UnsafeMutablePointer<UInt8>?
    var availableOut: UInt32 = 0
    var totalOut: UInt = 0
    var message: UnsafePointer<CChar>?
    var state: OpaquePointer?
    var allocate: OpaquePointer?
    var release: OpaquePointer?
    var opaque: OpaquePointer?
    var dataType: Int32 = 0
    var adler: UInt = 0
    var reserved: UInt = 0
  }

  private typealias Initialize =
    @convention(c) (
      UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32
    ) -> Int32
  private typealias Inflate = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
  private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

  /// On the heap: the library keeps the address.
  private let stream: UnsafeMutablePointer<Stream>
  private let inflate: Inflate
  private let end: End

  init() throws(InputError) {
    let library = try SystemLibrary(
      ["libz.so.1", "libz.so"], purpose: "DEFLATE compression", package: "zlib1g")
    inflate = try library.function("inflate", as: Inflate.self)
    end = try library.function("inflateEnd", as: End.self)
    let initialize = try library.function("inflateInit2_", as: Initialize.self)
    stream = .allocate(capacity: 1)
    stream.initialize(to: Stream())
    // Negative window bits: no header. The version only has to agree in its first digit.
    guard initialize(stream, -15, "1.2.0", Int32(MemoryLayout<Stream>.size)) == 0 else {
      stream.deallocate()
      throw InputError(at: .nowhere, "expected zlib 1 on a 64-bit system, found another")
    }
  }

  deinit {
    _ = end(stream)
    stream.deallocate()
  }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (used: Int, written: Int, isEnd: Bool)? {
    let (given, room) = (min(input.count, 1 << 30), min(output.count, 1 << 30))
    stream.pointee.nextIn = UnsafeMutableRawPointer(mutating: input.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
    stream.pointee.availableIn = UInt32(given)
    stream.pointee.nextOut = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.availableOut = UInt32(room)
    let result = inflate(stream, 0)
    // 0: more to come; 1: the end; -5: nothing to do for want of input or room.
    guard result == 0 || result == 1 || result == -5 else { return nil }
    return (
      given - Int(stream.pointee.availableIn), room - Int(stream.pointee.availableOut), result == 1
    )
  }
}
