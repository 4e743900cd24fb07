package import Bytes
package import Images

/// libjpeg-turbo, as boxes encode with it; opened when crops are sized.
///
/// Source: turbojpeg.h of 2.1, functions of the stable interface.
package struct TurboJPEG: JPEGSizing {
  private typealias Create = @convention(c) () -> OpaquePointer?
  private typealias Destroy = @convention(c) (OpaquePointer) -> Int32
  private typealias BufferSize = @convention(c) (Int32, Int32, Int32) -> UInt
  private typealias Compress =
    @convention(c) (
      OpaquePointer, UnsafePointer<UInt8>, Int32, Int32, Int32, Int32,
      UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<UInt>, Int32, Int32,
      Int32
    ) -> Int32

  private static let greyPixels: Int32 = 6
  private static let greySampling: Int32 = 3
  /// Write into the given buffer, and transform as libjpeg's own interface does unless told otherwise.
  private static let flags: Int32 = 1_024 | 4_096

  private let create: Create
  private let destroy: Destroy
  private let bufferSize: BufferSize
  private let compress: Compress
  private let quality: Int32

  /// - Parameter quality: 1…100.
  /// - Throws: `InputError` when the system has no such library.
  package init(quality: Int) throws(InputError) {
    let library = try SystemLibrary(
      ["libturbojpeg.so.0", "libturbojpeg.so"], purpose: "JPEG", package: "libturbojpeg0")
    destroy = try library.function("tjDestroy", as: Destroy.self)
    bufferSize = try library.function("tjBufSize", as: BufferSize.self)
    compress = try library.function("tjCompress2", as: Compress.self)
    create = try library.function("tjInitCompress", as: Create.self)
    self.quality = Int32(quality)
  }

  package func bytes(_ pixels: GreyImage.Pixels) -> [UInt8] {
    let (width, height) = (Int32(pixels.width), Int32(pixels.height))
    // One for each picture, so that threads share none.
    guard let handle = create() else { preconditionFailure("no memory for a JPEG encoder") }
    defer { _ = destroy(handle) }
    let capacity = Int(bufferSize(width, height, Self.greySampling))
    return [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      var start = target.baseAddress
      var size = UInt(capacity)
      let status = pixels.bytes.withUnsafeBufferPointer {
        compress(
          handle, $0.baseAddress!, width, 0, height, Self.greyPixels, &start, &size,
          Self.greySampling, quality, Self.flags)
      }
      precondition(status == 0, "the buffer suffices for every picture")
      count = Int(size)
    }
  }

  package func byteCount(_ pixels: GreyImage.Pixels) -> Int { bytes(pixels).count }
}
