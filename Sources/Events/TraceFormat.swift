import Bytes

/// The encodings that `EventReader` decodes.
package enum TraceFormat: String, CaseIterable, Sendable {
  /// jAER records of an address and a time; AEDAT 1.0 as well.
  case aedat2 = "aedat2.0"
  /// cAER packets; what DVS128 Gesture is published in.
  case aedat31 = "aedat3.1"
  /// DV's packets, compressed or not.
  case aedat4
  /// Prophesee RAW, 32-bit words.
  case evt2
  /// Prophesee RAW, 64-bit words of up to 32 events.
  case evt21 = "evt2.1"
  /// EVT2.1 with the halves of each word swapped.
  case evt21Legacy = "evt2.1-legacy"
  /// Prophesee RAW, 16-bit words with state.
  case evt3
  /// Prophesee RAW, 32-bit words and vectors.
  case evt4
  /// Prophesee DAT, 8-byte records.
  case dat
  /// Event Stream: times as differences.
  case eventStream = "es"
  /// 40-bit big-endian records: N-MNIST and N-Caltech101 `.bin`, SLAYER `.bs2`.
  case nmnist
  /// A structured NumPy array.
  case npy
  /// An archive of NumPy arrays, one a field.
  case npz
  /// Prophesee's and DSEC's layouts.
  case hdf5
  /// One event a line.
  case csv

  /// The name that people know.
  package var title: String {
    switch self {
    case .aedat2: "AEDAT 2.0"
    case .aedat31: "AEDAT 3.1"
    case .aedat4: "AEDAT 4"
    case .evt2: "Prophesee EVT2"
    case .evt21: "Prophesee EVT2.1"
    case .evt21Legacy: "Prophesee EVT2.1, legacy"
    case .evt3: "Prophesee EVT3"
    case .evt4: "Prophesee EVT4"
    case .dat: "Prophesee DAT"
    case .eventStream: "Event Stream"
    case .nmnist: "N-MNIST 40-bit"
    case .npy: "NumPy .npy"
    case .npz: "NumPy .npz"
    case .hdf5: "HDF5"
    case .csv: "CSV"
    }
  }

  /// What a file is by its first bytes and, where those say nothing, by its name.
  ///
  /// Throws `InputError` for a format that is recognized but not decoded here.
  static func detect(_ start: [UInt8], name: String) throws(InputError) -> Family {
    if let known = try byContent(start, name: name) { return known }
    let extensionOfName = name.split(separator: ".").last.map { $0.lowercased() }
    if extensionOfName == "aedat" {
      // jAER's first files have no header. One that lost its first bytes has it all the same.
      guard start.firstRange(of: Array("!AER-DAT".utf8)) == nil else {
        throw InputError(
          file: name, at: .byte(0),
          "expected ‘#!AER-DAT’ at the start, found other bytes before it",
          advice: "is the file corrupt?")
      }
      return .plain(.aedat2)
    }
    switch extensionOfName {
    case "bin", "bs2": return .plain(.nmnist)
    case "dat": return .prophesee
    case "csv", "txt": return .plain(.csv)
    default: break
    }
    if looksLikeText(start) { return .plain(.csv) }
    throw InputError(
      file: name, at: .byte(0), "expected an event recording, found unknown content",
      advice: "known are AEDAT, Prophesee RAW and DAT, Event Stream, N-MNIST .bin, .bs2, .csv")
  }

  /// What an HDF5 file starts with.
  package static let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Prophesee headers have to be read before one knows which decoder follows.
  enum Family: Equatable {
    case plain(TraceFormat)
    case prophesee
  }

  private static func byContent(_ start: [UInt8], name: String) throws(InputError) -> Family? {
    let unsupported: [(prefix: [UInt8], title: String)] = [
      ([0x1F, 0x8B], "gzip")
    ]
    for (prefix, title) in unsupported where start.starts(with: prefix) {
      throw InputError(
        file: name, at: .byte(0), "expected a readable event format, found \(title)",
        advice: "export it as CSV with the columns t,x,y,p or as AEDAT 3.1")
    }
    if start.starts(with: Array("#!AER-DAT1".utf8)) || start.starts(with: Array("#!AER-DAT2".utf8))
    {
      return .plain(.aedat2)
    }
    if start.starts(with: EventStreamHeader.magic) { return .plain(.eventStream) }
    if start.starts(with: Array("#!AER-DAT3".utf8)) { return .plain(.aedat31) }
    if start.starts(with: AEDAT4Header.version) { return .plain(.aedat4) }
    if start.starts(with: hdf5Signature) { return .plain(.hdf5) }
    if start.starts(with: NumpyHeader.magic) { return .plain(.npy) }
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .plain(.npz) }
    if start.starts(with: PropheseeHeader.lineStart) { return .prophesee }
    return nil
  }

  private static func looksLikeText(_ start: [UInt8]) -> Bool {
    !start.isEmpty
      && start.allSatisfy { (0x20...0x7E).contains($0) || [0x09, 0x0A, 0x0D].contains($0) }
  }
}
