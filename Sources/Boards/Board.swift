/// A microcontroller board: what memory it has, how fast, and what may be put where.
package struct Board: Equatable, Sendable {
  /// Lower-case name of the board's file, such as `stm32h743zi`.
  package var name: String
  /// As the maker writes it, such as `NUCLEO-H743ZI`.
  package var title: String
  package var core: String
  /// CPU cycles a second.
  package var clock: Int
  /// Cycles a second of the bus that memories hang on (AXI/HCLK); at most `clock`.
  package var busClock: Int
  package var instructionCache: Cache?
  package var dataCache: Cache?
  package var flash: FlashTiming
  /// In ascending order of address, never overlapping.
  package var regions: [MemoryRegion]
  package var power: Power?
  /// DEV_ID of DBGMCU_IDCODE, as a debugger reads it.
  package var deviceID: Int?
  package var notes: [String]

  package init(
    name: String, title: String, core: String, clock: Int, busClock: Int,
    instructionCache: Cache? = nil, dataCache: Cache? = nil, flash: FlashTiming,
    regions: [MemoryRegion], power: Power? = nil, deviceID: Int? = nil, notes: [String] = []
  ) {
    self.name = name
    self.title = title
    self.core = core
    self.clock = clock
    self.busClock = busClock
    self.instructionCache = instructionCache
    self.dataCache = dataCache
    self.flash = flash
    self.regions = regions
    self.power = power
    self.deviceID = deviceID
    self.notes = notes
  }
}

extension Board {
  package func region(_ name: String) -> MemoryRegion? { regions.first { $0.name == name } }

  /// CPU cycles that one cycle of the memory bus takes; not always whole.
  package var cyclesPerBusCycle: Double { Double(clock) / Double(busClock) }

  /// Wait states of the internal flash at this board's bus clock.
  ///
  /// A validated board has a table that reaches its bus clock; beyond the table's end this is the
  /// table's last entry.
  package var flashWaitStates: Int {
    let states = flash.maximumBusClocks
    return states.firstIndex { busClock <= $0 } ?? max(states.count - 1, 0)
  }

  /// CPU cycles from issue to data of one word read past the caches.
  package func readLatency(of region: MemoryRegion) -> Double {
    if let cycles = region.readLatency { return Double(cycles) }
    return Double(1 + flashWaitStates) * cyclesPerBusCycle
  }

  /// Bytes of internal flash, for a budget that names none.
  package var internalFlashSize: Int {
    regions.filter { $0.kind == .flash }.reduce(0) { $0 + $1.size }
  }

  /// Bytes of RAM on the chip in which data may lie by default.
  package var internalRAMSize: Int {
    regions.filter { $0.kind.isInternalRAM && !$0.uses.isEmpty }.reduce(0) { $0 + $1.size }
  }
}

/// Sets, ways and lines of a level 1 cache.
package struct Cache: Equatable, Sendable {
  /// Bytes.
  package var size: Int
  package var ways: Int
  /// Bytes a line.
  package var line: Int

  package init(size: Int, ways: Int, line: Int) {
    self.size = size
    self.ways = ways
    self.line = line
  }

  package var sets: Int { size / (ways * line) }
}

/// How many wait states the internal flash needs at which bus clock.
package struct FlashTiming: Equatable, Sendable {
  /// Bytes that the flash array delivers at once.
  package var wordSize: Int
  /// Entry n is the highest bus clock in hertz at which n wait states are enough; ascending.
  package var maximumBusClocks: [Int]

  package init(wordSize: Int, maximumBusClocks: [Int]) {
    self.wordSize = wordSize
    self.maximumBusClocks = maximumBusClocks
  }
}

/// What the board draws while the core works, and where that figure is from.
package struct Power: Equatable, Sendable {
  /// Milliwatts with the core running.
  package var active: Double
  /// Milliwatts with the core asleep, when known.
  package var idle: Double?
  package var source: String

  package init(active: Double, idle: Double? = nil, source: String) {
    self.active = active
    self.idle = idle
    self.source = source
  }
}

/// What a stretch of memory is asked to hold.
package enum MemoryUse: String, CaseIterable, Decodable, Sendable {
  /// Instructions and constants of the runtime and the firmware.
  case code
  /// The model file: read only.
  case weights
  /// Activations, scratch and the runtime's persistent records.
  case arena
  case stack
  /// Events on their way in from a peripheral, written by DMA.
  case buffer
  /// Static variables and heap of the firmware.
  case data
}

/// One contiguous range of addresses of one kind of memory.
package struct MemoryRegion: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Decodable, Sendable {
    case itcm
    case dtcm
    /// On the chip, behind a bus.
    case sram
    /// On the chip, kept alive by the battery pin.
    case backup
    case flash
    /// Another chip on the board, mapped into the address space and read only.
    case externalFlash
    case externalRAM

    package var isInternalRAM: Bool {
      switch self {
      case .itcm, .dtcm, .sram, .backup: true
      case .flash, .externalFlash, .externalRAM: false
      }
    }

    package var isTightlyCoupled: Bool { self == .itcm || self == .dtcm }
    package var isFlash: Bool { self == .flash || self == .externalFlash }
  }

  /// Unique on the board, as in linker scripts: `AXI_SRAM`.
  package var name: String
  package var kind: Kind
  package var address: Int
  /// Bytes, at least 1.
  package var size: Int
  /// Bits that one beat of the bus to this memory carries.
  package var busWidth: Int
  /// CPU cycles from issue to data of one word read past the caches; nil for internal flash, whose
  /// latency follows from its wait states.
  package var readLatency: Int?
  package var isCacheable: Bool
  package var isExecutable: Bool
  /// Whether the DMA controllers of the event path reach it.
  package var isDMAReachable: Bool
  /// What a placement may put here unless told otherwise.
  package var uses: [MemoryUse]
  package var note: String?

  package init(
    name: String, kind: Kind, address: Int, size: Int, busWidth: Int, readLatency: Int?,
    isCacheable: Bool, isExecutable: Bool, isDMAReachable: Bool, uses: [MemoryUse],
    note: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.address = address
    self.size = size
    self.busWidth = busWidth
    self.readLatency = readLatency
    self.isCacheable = isCacheable
    self.isExecutable = isExecutable
    self.isDMAReachable = isDMAReachable
    self.uses = uses
    self.note = note
  }

  package var isTightlyCoupled: Bool { kind.isTightlyCoupled }
  package var end: Int { address + size }
}
