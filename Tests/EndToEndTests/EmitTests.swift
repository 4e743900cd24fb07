import Foundation
import TestSupport
import Testing

/// What `fit --emit` writes goes through a real compiler and a real linker.
@Suite struct EmitTests {
  static let model = "\(SharedData.repository)/models/gesture/gesture_int8.tflite"

  static func find(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static func call(_ path: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  /// Section headers of a little-endian 32-bit ELF file: name to address and size.
  static func sections(_ bytes: [UInt8]) -> [String: [Int]] {
    func number(_ offset: Int, _ size: Int) -> Int {
      (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    let (table, entry, count) = (number(32, 4), number(46, 2), number(48, 2))
    let names = number(table + number(50, 2) * entry + 16, 4)
    var found: [String: [Int]] = [:]
    for index in 0..<count {
      let header = table + index * entry
      let name = bytes[(names + number(header, 4))...].prefix { $0 != 0 }
      found[String(decoding: name, as: UTF8.self)] = [
        number(header + 12, 4), number(header + 20, 4),
      ]
    }
    return found
  }

  static func number(_ name: String, in header: String) -> Int? {
    for line in header.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[1] == name else { continue }
      let digits = words[2].dropLast()
      return digits.hasPrefix("0x") ? Int(digits.dropFirst(2), radix: 16) : Int(digits)
    }
    return nil
  }

  static let tools = (clang: find("clang"), linker: find("ld.lld"))

  @Test(
    "a firmware compiled and linked with the files has its sections where the placement says",
    .enabled(if: tools.clang != nil && tools.linker != nil),
    arguments: ["stm32h743zi", "stm32h750b-dk", "stm32f746g-disco"])
  func links(board: String) throws {
    let (clang, linker) = (try #require(Self.tools.clang), try #require(Self.tools.linker))
    try Folder.temporary { folder in
      let outcome = try Tool.run([
        "fit", Self.model, "--board", board, "--emit", folder.file("out"), "--reserve",
        "flash=20KB,ram=4KB,stack=8KiB,buffer=32KiB",
      ])
      #expect(outcome.status != 2, "\(outcome.errors)")
      let header = try String(contentsOfFile: folder.file("out/preflash_config.h"), encoding: .utf8)
      let source = """
        #include "preflash_config.h"
        PREFLASH_ARENA_SECTION unsigned char arena[PREFLASH_ARENA_SIZE];
        PREFLASH_STACK_SECTION unsigned char stack[PREFLASH_STACK_SIZE];
        PREFLASH_BUFFER_SECTION unsigned char buffer[PREFLASH_BUFFER_SIZE];
        PREFLASH_WEIGHTS_SECTION const unsigned char weights[PREFLASH_WEIGHTS_SIZE] = {1};
        int state = 3;
        int main(void) { return arena[0] + stack[0] + buffer[0] + weights[0] + state; }
        """
      let script = """
        INCLUDE "\(folder.file("out/preflash_memory.ld"))"
        ENTRY(main)
        SECTIONS { .text : { *(.text*) } > FLASH .ARM.exidx : { *(.ARM.exidx*) } > FLASH }
        INCLUDE "\(folder.file("out/preflash_sections.ld"))"
        SECTIONS { .data : { *(.data*) } > DTCM }
        """
      let (c, object) = (try folder.write(Array(source.utf8), to: "a.c"), folder.file("a.o"))
      let ld = try folder.write(Array(script.utf8), to: "a.ld")
      let compiled = try Self.call(
        clang,
        [
          "--target=thumbv7em-none-eabihf", "-mcpu=cortex-m7", "-ffreestanding", "-Wall", "-Werror",
          "-I", folder.file("out"), "-c", c, "-o", object,
        ])
      #expect(compiled.status == 0, "\(compiled.text)")
      let linked = try Self.call(linker, ["-T", ld, object, "-o", folder.file("a.elf")])
      #expect(linked.status == 0, "\(linked.text)")
      let sections = Self.sections(try folder.bytes("a.elf"))
      for name in ["arena", "stack", "buffer", "weights"] {
        let prefix = "PREFLASH_\(name.uppercased())"
        let address = try #require(Self.number("\(prefix)_ADDRESS", in: header))
        let size = try #require(Self.number("\(prefix)_SIZE", in: header))
        #expect(sections[".preflash_\(name)"] == [address, size], "\(name)")
        #expect(address % (try #require(Self.number("\(prefix)_ALIGNMENT", in: header))) == 0)
      }
    }
  }

  @Test(
    "an arena larger than the header says does not link",
    .enabled(if: tools.clang != nil && tools.linker != nil))
  func tooLarge() throws {
    let (clang, linker) = (try #require(Self.tools.clang), try #require(Self.tools.linker))
    try Folder.temporary { folder in
      _ = try Tool.run(["fit", Self.model, "--emit", folder.file("out")])
      let source = """
        #include "preflash_config.h"
        PREFLASH_ARENA_SECTION unsigned char arena[PREFLASH_ARENA_SIZE + 16];
        int main(void) { return arena[0]; }
        """
      let script = """
        INCLUDE "\(folder.file("out/preflash_memory.ld"))"
        ENTRY(main)
        SECTIONS { .text : { *(.text*) } > FLASH .ARM.exidx : { *(.ARM.exidx*) } > FLASH }
        INCLUDE "\(folder.file("out/preflash_sections.ld"))"
        """
      let c = try folder.write(Array(source.utf8), to: "a.c")
      let ld = try folder.write(Array(script.utf8), to: "a.ld")
      let compiled = try Self.call(
        clang,
        [
          "--target=thumbv7em-none-eabihf", "-ffreestanding", "-I", folder.file("out"), "-c", c,
          "-o",
          folder.file("a.o"),
        ])
      #expect(compiled.status == 0, "\(compiled.text)")
      let linked = try Self.call(
        linker, ["-T", ld, folder.file("a.o"), "-o", folder.file("a.elf")])
      #expect(linked.status != 0)
      #expect(linked.text.contains(".preflash_arena is larger than placed"), "\(linked.text)")
    }
  }

  @Test("what does not fit is not written, and one line says why")
  func misfit() throws {
    try Folder.temporary { folder in
      let outcome = try Tool.run([
        "fit", Self.model, "--emit", folder.file("out"), "--reserve", "ram=4MB",
      ])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("firmware variables needs 4,000,000 B"))
      #expect(outcome.errors.split(separator: "\n").count == 1)
      #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    }
  }

  @Test(
    "bad words end with one line and exit code 2",
    arguments: [
      (["--board", "stm32h999"], "expected a board"),
      (["--runtime", "tflm-9"], "runtime"),
      (["--place", "arena=AXI_SRM"], "did you mean AXI_SRAM?"),
      (["--place", "weight=FLASH"], "did you mean weights?"),
      (["--place", "buffer=DTCM", "--reserve", "buffer=1KB"], "a region that DMA reaches"),
      (["--reserve", "heap=1KB"], "expected flash, ram, stack or buffer"),
      (["--reserve", "ram=1parsec"], "expected a size"),
      (["--budget", "ram=1parsec"], "expected a size"),
      (["--budget", "rom=1MB"], "expected flash, ram or latency"),
      (["--budget", "latency=12"], "expected a duration"),
      (["--plan", "worst"], "--plan takes quick or best"),
      (["--emit", "/dev/null/x"], "cannot make the folder"),
      (["--runtime", "all", "--emit", "x"], "--emit needs one --runtime"),
    ])
  func badWords(words: [String], message: String) throws {
    let outcome = try Tool.run(["fit", Self.model] + words)
    #expect(outcome.status == 2, "\(words)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  @Test("a board file without sense ends with one line and exit code 2")
  func badBoard() throws {
    let valid = try String(
      contentsOfFile: "\(SharedData.repository)/boards/stm32h743zi.json5", encoding: .utf8)
    let mistakes = [
      ("address: 0x30020000", "address: 0x3001FFE0", "expected regions apart"),
      ("size: \"64KiB\", busWidth", "size: \"0\", busWidth", "expected at least 1 byte"),
      ("busClock: \"240MHz\"", "busClock: \"300MHz\"", "expected wait states for the bus clock"),
      ("clock: \"480MHz\"", "clock: \"480Mhz\"", "expected a frequency"),
      ("name: \"SRAM1\"", "name: \"SRAM 1\"", "letters, digits and _"),
    ]
    for (text, broken, message) in mistakes {
      try Folder.temporary { folder in
        let changed = try #require(
          valid.firstRange(of: text).map { valid.replacingCharacters(in: $0, with: broken) })
        let path = try folder.write(Array(changed.utf8), to: "mine.json5")
        let outcome = try Tool.run(["fit", Self.model, "--board", path])
        #expect(outcome.status == 2, "\(broken)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
      }
    }
  }
}
