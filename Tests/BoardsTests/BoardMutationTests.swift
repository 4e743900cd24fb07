import Boards
import Bytes
import TestSupport
import Testing
import VirtualTime

@Suite struct BoardMutationTests {
  /// A file of comments, units and sources takes a quarter to half a millisecond to read.
  static let count = SharedData.runsSlowTests ? 30_000 : 2_000

  /// Characters that mean something to the reader.
  static let telling = Array("{}[]:,\"'/*\\\n-+.0x9eE_ \u{00}".utf8)

  static func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !bytes.isEmpty else { break }
      let position = Int.random(in: 0..<bytes.count, using: &random)
      let length = min(Int.random(in: 1...20, using: &random), bytes.count - position)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[position] = telling[Int.random(in: 0..<telling.count, using: &random)]
      case 2: bytes.removeSubrange(position..<position + length)
      case 3: bytes.insert(contentsOf: bytes[position..<position + length], at: position)
      case 4: bytes.removeLast(bytes.count - position)
      case 5: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
      default:
        // A digit turned into many makes sizes and addresses overflow.
        let digits = Array("999999999999999999999".prefix(length).utf8)
        bytes.insert(contentsOf: digits, at: position)
      }
    }
    return bytes
  }

  @Test("a corrupted or truncated board file is an error or a board, never a trap")
  func survives() throws {
    var random = SeededRandom(seed: 1, stream: "board mutations")
    let files = try BoardTests.names.map { try SharedData.own("boards/\($0).json5") }
    var loaded = 0
    for index in 0..<Self.count {
      let bytes = Self.mutate(files[index % files.count], &random)
      do {
        let board = try Board(parsing: bytes, file: "mutated")
        loaded += 1
        #expect(board.regions.allSatisfy { $0.size > 0 && $0.end <= 1 << 32 })
        _ = board.regions.map(board.readLatency)
      } catch {
        #expect(error.file == "mutated")
      }
    }
    // Most of a file is comment, so that some mutations do no harm; if none did, or all, the
    // mutations would not be testing anything.
    #expect(loaded > 0 && loaded < Self.count)
  }

  @Test("a corrupted or truncated runtime profile is an error or a profile, never a trap")
  func profilesSurvive() throws {
    var random = SeededRandom(seed: 1, stream: "profile mutations")
    let names = ["st-edge-ai-3.0", "tflm-cmsis-nn", "tflm-reference", "x-cube-ai-10.0"]
    let files = try names.map { try SharedData.own("boards/runtimes/\($0).json5") }
    var loaded = 0
    for index in 0..<Self.count {
      let bytes = Self.mutate(files[index % files.count], &random)
      do {
        let profile = try RuntimeProfile(parsing: bytes, file: "mutated")
        loaded += 1
        #expect(profile.cycles.allSatisfy { $0.isFinite && $0 >= 0 })
      } catch {
        #expect(error.file == "mutated")
      }
    }
    #expect(loaded > 0 && loaded < Self.count)
  }

  static let boxes = ["cortex-a72", "orin-nano-8gb", "orin-nx-16gb", "xavier-nx"]

  @Test("a corrupted or truncated edge box is an error or a box whose figures are in range")
  func boxesSurvive() throws {
    var random = SeededRandom(seed: 1, stream: "box mutations")
    let files = try Self.boxes.map { try SharedData.own("boards/boxes/\($0).json5") }
    var loaded = 0
    for index in 0..<Self.count {
      let bytes = Self.mutate(files[index % files.count], &random)
      do {
        let box = try BoxProfile(parsing: bytes, file: "mutated")
        loaded += 1
        #expect(box.modes.indices.contains(box.defaultMode))
        #expect(box.modes.allSatisfy { $0.bandwidth > 0 && $0.cpuRate > 0 })
        #expect(box.latencies.allSatisfy { $0.operators > 0 && $0.work.count == 2 })
      } catch {
        #expect(error.file == "mutated")
      }
    }
    #expect(loaded > 0 && loaded < Self.count)
  }

  @Test("every prefix of an edge box is an error")
  func boxesTruncated() throws {
    let bytes = try SharedData.own("boards/boxes/xavier-nx.json5")
    let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
    for count in stride(from: 0, to: end, by: 3) {
      #expect(throws: InputError.self) {
        try BoxProfile(parsing: Array(bytes[..<count]), file: "prefix")
      }
    }
  }

  @Test("every prefix of a board file is an error")
  func truncated() throws {
    let bytes = try SharedData.own("boards/stm32h743zi.json5")
    let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
    for count in 0..<end {
      #expect(throws: InputError.self) {
        try Board(parsing: Array(bytes[..<count]), file: "prefix")
      }
    }
  }
}
