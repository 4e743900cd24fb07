import Boards
import Bytes
import TestSupport
import Testing

@Suite struct BoardTests {
  static let names = [
    "stm32f746g-disco", "stm32f769i-disco", "stm32h723zg", "stm32h743zi", "stm32h747i-disco",
    "stm32h750b-dk", "stm32h7a3zi",
  ]

  static func load(_ name: String) throws -> Board {
    try Board(parsing: SharedData.own("boards/\(name).json5"), file: "\(name).json5")
  }

  @Test("every bundled board loads under its file's name", arguments: names)
  func loads(name: String) throws {
    let board = try Self.load(name)
    #expect(board.name == name)
    for use in MemoryUse.allCases {
      #expect(board.regions.contains { $0.uses.contains(use) }, "\(use) has nowhere to go")
    }
  }

  /// MHz, KiB of flash, KiB of RAM with TCM and backup as the data sheets add it up, wait states.
  @Test(
    "boards have the memory that their makers print",
    arguments: [
      ("stm32f746g-disco", 216, 1024, 340, 7), ("stm32f769i-disco", 216, 2048, 532, 7),
      ("stm32h723zg", 550, 1024, 564, 3), ("stm32h743zi", 480, 2048, 1060, 4),
      ("stm32h747i-disco", 400, 2048, 1060, 2), ("stm32h750b-dk", 480, 128, 1060, 4),
      ("stm32h7a3zi", 280, 2048, 1380, 6),
    ])
  func sizes(name: String, megahertz: Int, flash: Int, ram: Int, waitStates: Int) throws {
    let board = try Self.load(name)
    #expect(board.clock == megahertz * 1_000_000)
    #expect(board.internalFlashSize == flash * 1024)
    let onChip = board.regions.filter(\.kind.isInternalRAM).reduce(0) { $0 + $1.size }
    #expect(onChip == ram * 1024)
    #expect(board.flashWaitStates == waitStates)
  }

  @Test("the H743's map is the reference manual's")
  func map() throws {
    let board = try Self.load("stm32h743zi")
    #expect(
      board.regions.map(\.name) == [
        "ITCM", "FLASH", "DTCM", "AXI_SRAM", "SRAM1", "SRAM2", "SRAM3", "SRAM4", "BACKUP",
      ])
    #expect(board.region("AXI_SRAM")?.address == 0x2400_0000)
    #expect(board.region("AXI_SRAM")?.size == 512 << 10)
    #expect(board.region("DTCM")?.isTightlyCoupled == true)
    #expect(board.region("DTCM")?.isDMAReachable == false)
    #expect(board.dataCache == Cache(size: 16 << 10, ways: 4, line: 32))
    #expect(board.dataCache?.sets == 128)
    #expect(board.instructionCache?.sets == 256)
    // 4 wait states at half the core's clock.
    #expect(board.readLatency(of: try #require(board.region("FLASH"))) == 10)
  }

  /// A board that is right, for breaking one thing at a time.
  static let valid = """
    {
      name: "mine", title: "Mine", core: "Cortex-M7",
      clock: "100MHz", busClock: "50MHz",
      flash: { wordSize: 32, maximumBusClocks: ["30MHz", "60MHz"] },
      memory: [
        { name: "FLASH", kind: "flash", address: 0x08000000, size: "1MiB", busWidth: 64,
          cacheable: true, executable: true, dmaReachable: true, uses: ["code", "weights"] },
        { name: "RAM", kind: "sram", address: 0x20000000, size: "64KiB", busWidth: 32,
          readLatency: 4, cacheable: true, executable: true, dmaReachable: true,
          uses: ["arena", "stack", "buffer", "data"] },
      ],
    }
    """

  @Test("a user's own board loads")
  func own() throws {
    let board = try Board(parsing: Array(Self.valid.utf8), file: "mine.json5")
    #expect(board.flashWaitStates == 1)
    #expect(board.internalRAMSize == 65536)
    #expect(board.power == nil && board.dataCache == nil)
  }

  @Test(
    "a mistake is one line that says where and what",
    arguments: [
      ("size: \"64KiB\"", "size: \"64kib\"", "memory[1].size: expected a size such as 128KiB"),
      ("size: \"64KiB\"", "size: 0", "memory[1].size: expected at least 1 byte"),
      ("size: \"64KiB\"", "size: -1", "memory[1].size: expected a number of at least 0"),
      ("size: \"64KiB\"", "size: 1.5", "memory[1].size: expected a string, found 1.5"),
      ("size: \"64KiB\"", "size: \"8GiB\"", "memory[1]: expected a range below 4 GiB"),
      ("size: \"64KiB\"", "size: 9223372036854775807", "memory[1]: expected a range below 4 GiB"),
      ("0x20000000", "0x080FFFFF", "memory[1]: expected regions apart, found RAM and FLASH"),
      ("0x20000000", "0x1FFFFFFFF", "memory[1]: expected a range below 4 GiB"),
      ("\"RAM\"", "\"FLASH\"", "memory[1].name: expected names that differ"),
      ("readLatency: 4, ", "", "memory[1].readLatency: expected CPU cycles"),
      ("busWidth: 32", "busWidth: 33", "memory[1].busWidth: expected 8, 16, 32"),
      ("\"sram\"", "\"srm\"", "found “srm”; did you mean sram?"),
      ("uses: [\"code\"", "uses: [\"arena\"", "memory[0].uses: expected code or weights in flash"),
      ("  clock: \"100MHz\", ", "  ", "clock: expected a value, found none"),
      ("\"100MHz\"", "\"100 furlongs\"", "clock: expected a frequency such as 480MHz"),
      ("\"100MHz\"", "0", "clock: expected a frequency above 0"),
      ("\"50MHz\"", "\"101MHz\"", "busClock: expected at most the core's clock"),
      ("\"50MHz\"", "\"70MHz\"", "flash.maximumBusClocks: expected wait states for the bus clock"),
      ("[\"30MHz\", \"60MHz\"]", "[]", "flash.maximumBusClocks: expected wait states"),
      ("[\"30MHz\", \"60MHz\"]", "[\"60MHz\", \"30MHz\"]", "expected clocks in ascending order"),
      (
        "  clock:", "  note: \"\", clock:",
        "note: expected a known name (line 3); did you mean ‘notes’?"
      ),
      (
        "title:", "titel:",
        "title: expected a value, found none (the object begins on line 1); is ‘titel’ meant to be it?"
      ),
      (
        "cacheable: true, executable: true, dmaReachable: true,\n      uses: [\"arena\"",
        "cacheable: 1, executable: true, dmaReachable: true,\n      uses: [\"arena\"",
        "memory[1].cacheable: expected true or false, found 1"
      ),
      ("},\n  ],\n}", "},\n  ]\n", "line 12: expected , or }, found the end of the file"),
      ("\"Mine\"", "\"Mine", "line 2: expected , or }, found ‘C’"),
      ("title:", "name:", "line 2: expected each name once, found ‘name’ again"),
    ])
  func mistakes(original: String, broken: String, message: String) throws {
    let text = Self.valid.replacingFirst(original, with: broken)
    #expect(text != Self.valid)
    let error = #expect(throws: InputError.self) {
      try Board(parsing: Array(text.utf8), file: "mine.json5")
    }
    let description = try #require(error?.description)
    #expect(description.hasPrefix("mine.json5: "))
    #expect(description.contains(message), "\(description)")
  }
}

extension String {
  func replacingFirst(_ part: String, with other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    var text = self
    text.replaceSubrange(range, with: other)
    return text
  }
}
