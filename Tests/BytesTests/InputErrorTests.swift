import Bytes
import Testing

@Suite("Input errors")
struct InputErrorTests {
  @Test("are one line: file, place, problem, advice")
  func line() {
    let error = InputError(
      file: "model.tflite", at: .byte(0x1F4), "expected a table", advice: "is the file truncated?")
    #expect(
      "\(error)" == "model.tflite: byte 0x1f4: expected a table; is the file truncated?")
  }

  @Test(
    "name their place in the file's own terms",
    arguments: [
      (InputError.Place.byte(255), "byte 0xff: odd"), (.line(12), "line 12: odd"),
      (.key("memory[2].size"), "memory[2].size: odd"), (.nowhere, "odd"),
    ])
  func places(place: InputError.Place, text: String) {
    #expect("\(InputError(at: place, "odd"))" == text)
  }

  @Test("keep the first file that they were given")
  func file() {
    let error = InputError(at: .line(1), "odd").inFile("inner").inFile("outer")
    #expect(error.file == "inner")
  }
}

@Suite("Bytes in memory")
struct MemorySourceTests {
  @Test("come in pieces, in order, and end with nothing", arguments: [1, 3, 7, 100])
  func pieces(size: Int) throws {
    let bytes = (0..<20).map { UInt8($0) }
    var source = MemorySource(bytes, pieceSize: size)
    var collected: [UInt8] = []
    var buffer = [UInt8](repeating: 0xFF, count: 8)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
      #expect(count <= min(size, 8))
      if count == 0 { break }
      collected += buffer[..<count]
    }
    #expect(collected == bytes)
  }
}
