package import Bytes

/// A `.npz` file: a zip archive of `.npy` files.
package enum NumpyArchive {
  /// DEFLATE cannot pack more tightly than this (RFC 1951: 258 bytes in 2 bits).
  private static let greatestRatio = 1_032

  /// The arrays' files by the names that they were saved under, in the archive's order.
  ///
  /// - Throws: `InputError` with the byte of what is wrong.
  package static func files(
    _ archive: [UInt8], name: String, libraries: any CompressionLibraries
  ) throws(InputError) -> [(name: String, bytes: [UInt8])] {
    do throws(InputError) {
      return try files(ZipArchive(MemorySource(archive)), libraries)
    } catch {
      // A damaged list of members can name any place.
      var error = error
      if case .byte(let offset) = error.place { error.place = .byte(min(offset, archive.count)) }
      throw error.inFile(name)
    }
  }

  private static func files(
    _ archive: ZipArchive, _ libraries: any CompressionLibraries
  ) throws(InputError) -> [(name: String, bytes: [UInt8])] {
    var files: [(name: String, bytes: [UInt8])] = []
    for member in archive.members where member.name.hasSuffix(".npy") {
      var contents = try archive.contents(of: member, libraries: libraries)
      let (most, isTooLarge) = member.compressedSize.multipliedReportingOverflow(
        by: greatestRatio)
      guard isTooLarge || contents.byteCount <= most else {
        throw InputError(
          at: .byte(member.headerPlace),
          "expected at most \(most) bytes of \(member.compressedSize) compressed ones, "
            + "found \(contents.byteCount)", advice: "is the file corrupt?")
      }
      let bytes = try contents.bytes(at: 0, count: contents.byteCount)
      files.append((String(member.name.dropLast(4)), bytes))
    }
    return files
  }
}
