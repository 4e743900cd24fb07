import Boards
import Bytes
import Planning
import Testing

@Suite struct FirmwareReserveTests {
  @Test("every part is read in bytes, in any order, and becomes a demand")
  func parses() throws {
    let reserve = try FirmwareReserve(parsing: "buffer=64KiB,flash=96KB,stack=8KiB,ram=1000")
    #expect(reserve.flash == 96_000)
    #expect(reserve.ram == 1_000)
    #expect(reserve.totalRAM == 1_000 + 8_192 + 65_536)
    #expect(
      reserve.demands == [
        MemoryDemand("firmware", bytes: 96_000, use: .code),
        MemoryDemand("firmware variables", bytes: 1_000, use: .data),
        MemoryDemand("stack", bytes: 8_192, use: .stack),
        MemoryDemand("event buffer", bytes: 65_536, use: .buffer),
      ])
    #expect(FirmwareReserve.none.demands.isEmpty)
  }

  @Test(
    "what cannot be read is an error of one line",
    arguments: [
      ("", "reserve: expected NAME=SIZE, found ‘’"),
      ("flash", "reserve: expected NAME=SIZE, found ‘flash’"),
      ("heap=1KB", "reserve: expected flash, ram, stack or buffer, found ‘heap’"),
      ("ram=1KB,ram=2KB", "reserve: ‘ram’ is given twice"),
      ("stack=8KX", "reserve.stack: expected a size"),
      ("stack=-1", "reserve.stack: expected a size"),
      ("flash=8GiB", "reserve.flash: expected at most 4 GiB"),
      ("flash=1KB,", "reserve: expected NAME=SIZE, found ‘’"),
      ("flash=1KB=2", "reserve: expected NAME=SIZE, found ‘flash=1KB=2’"),
    ])
  func mistakes(text: String, message: String) throws {
    let error = #expect(throws: InputError.self) { try FirmwareReserve(parsing: text) }
    let description = try #require(error?.description)
    #expect(description.hasPrefix(message), "\(description)")
    #expect(!description.contains("\n"))
  }
}
