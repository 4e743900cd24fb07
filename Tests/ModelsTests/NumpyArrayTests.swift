import Bytes
import Models
import TestSupport
import Testing

/// The start of a file as NumPy 2 writes it: magic, version, length, header padded with blanks.
private func numpyFile(_ version: UInt8, _ length: Int, _ header: String) -> [UInt8] {
  let size: [UInt8] = version == 1 ? [UInt8(length), 0] : [UInt8(length), 0, 0, 0]
  let padding = String(repeating: " ", count: length - 1 - header.utf8.count)
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array((header + padding + "\n").utf8)
}

/// From `numpy.save`, byte for byte.
private let files: [(bytes: [UInt8], shape: [Int], type: ElementType, reals: [Double])] = [
  (
    numpyFile(1, 118, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }")
      + [0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 1, 0, 2, 0, 3, 0],
    [2, 3], .int16, [-2, -1, 0, 1, 2, 3]
  ),
  (
    numpyFile(1, 118, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }")
      + [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0],
    [2], .float32, [1.5, -2]
  ),
  (
    numpyFile(1, 118, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }")
      + [7, 0, 0, 0, 0, 0, 0, 0],
    [], .int64, [7]
  ),
]

@Suite("NumPy arrays")
struct NumpyArrayTests {
  @Test("read and write as NumPy does", arguments: files.indices)
  func roundTrip(index: Int) throws {
    let file = files[index]
    let array = try NumpyArray(npy: file.bytes, name: "a.npy")
    #expect(array.shape == file.shape)
    #expect(array.type == file.type)
    #expect(array.reals == file.reals)
    #expect(array.npy() == file.bytes)
  }

  @Test("read from files of version 2")
  func version2() throws {
    let bytes =
      numpyFile(2, 116, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }") + [0, 1, 2]
    #expect(try NumpyArray(npy: bytes, name: "b.npy").integers == [0, 1, 2])
  }

  @Test(
    "of a kind that is not read say what is wrong and where",
    arguments: [
      ("{'descr': '>i2', 'fortran_order': False, 'shape': (1,), }", "byte 0x14", "‘>i2’"),
      ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "byte 0x14", "‘|O’"),
      ("{'descr': '<i2', 'fortran_order': True, 'shape': (1,), }", "byte 0x2c", "Fortran order"),
      ("{'descr': '<i2', 'fortran_order': False, 'shape': (x,), }", "byte 0x3d", "a dimension"),
      ("{'descr': '<i2', 'fortran_order': False, }", "byte 0xa", "found fewer"),
      (
        "{'descr': '<i2', 'fortran_order': False, 'shape': (9223372036854775807, 9), }",
        "byte 0xa", "fits in memory"
      ),
      (
        "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", "byte 0x80", "expected 4 bytes"
      ),
    ])
  func faults(header: String, place: String, message: String) {
    let error = #expect(throws: InputError.self) {
      try NumpyArray(npy: numpyFile(1, 118, header) + [0, 0], name: "odd.npy")
    }
    #expect(error?.description.contains(place) == true, "\(String(describing: error))")
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test("that were damaged load or throw, and never trap", .timeLimit(.minutes(5)))
  func mutations() throws {
    var mutator = Mutator(seed: 11)
    let runs = SharedData.runsSlowTests ? 40_000 : 1_500
    for file in files {
      for _ in 0..<runs {
        do throws(InputError) {
          let array = try NumpyArray(npy: mutator.mutated(file.bytes), name: "mutant")
          _ = array.reals
        } catch {
          #expect(error.file == "mutant")
        }
      }
    }
  }
}

@Suite("Quantized values")
struct QuantizedValuesTests {
  private let quantization = Quantization(scales: [0.5], zeroPoints: [3])

  @Test(
    "round halves away from zero and stop at the type's ends",
    arguments: [
      (0, 3), (0.25, 4), (-0.25, 2), (0.24, 3), (0.75, 5), (-0.75, 1), (1000, 127), (-1000, -128),
      (Float.greatestFiniteMagnitude, 127),
    ] as [(Float, Int)])
  func rounding(real: Float, element: Int) {
    #expect(quantization.quantized(real, as: .int8) == element)
  }

  @Test("come back as the numbers they stand for")
  func real() {
    #expect(quantization.real(4) == 0.5)
    #expect(quantization.real(-128) == -65.5)
  }

  @Test("of real zero are the zero point")
  func zeros() {
    var tensor = Tensor(name: "x", shape: [2], type: .int16, quantization: quantization)
    #expect(tensor.zeros == [3, 0, 3, 0])
    tensor.type = .float32
    tensor.quantization = nil
    #expect(tensor.zeros == [UInt8](repeating: 0, count: 8))
  }

  @Test("feed a tensor, whose shape may differ in dimensions of 1")
  func feed() throws {
    let tensor = Tensor(name: "x", shape: [1, 2], type: .int8, quantization: quantization)
    let reals = NumpyArray(shape: [2], type: .float32, bytes: [0, 0, 0, 0x3F, 0, 0, 0x80, 0x3F])
    let fed = try tensor.bytes(from: reals)
    #expect(fed.bytes == [4, 5] && fed.wasQuantized)
    let whole = NumpyArray(shape: [1, 2, 1], type: .int8, bytes: [7, 0xFF])
    let kept = try tensor.bytes(from: whole)
    #expect(kept.bytes == [7, 0xFF] && !kept.wasQuantized)
    #expect(throws: InputError.self) {
      try tensor.bytes(from: NumpyArray(shape: [3], type: .int8, bytes: [1, 2, 3]))
    }
    #expect(throws: InputError.self) {
      try tensor.bytes(from: NumpyArray(shape: [2], type: .uint8, bytes: [1, 2]))
    }
    let infinite = NumpyArray(
      shape: [2], type: .float32, bytes: [0, 0, 0x80, 0x7F, 0, 0, 0, 0])
    #expect(throws: InputError.self) { try tensor.bytes(from: infinite) }
  }
}
