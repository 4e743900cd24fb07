package import Bytes

/// A board as its JSON5 file states it, before anything is checked against anything else.
private struct BoardFile: Decodable {
  struct Cache: Decodable {
    var size: ByteCount
    var ways: Int
    var line: ByteCount
  }

  struct Flash: Decodable {
    var wordSize: ByteCount
    var maximumBusClocks: [Frequency]
  }

  struct Power: Decodable {
    var activeMilliwatts: Double
    var idleMilliwatts: Double?
    var source: String
  }

  struct Region: Decodable {
    var name: String
    var kind: MemoryRegion.Kind
    var address: Int
    var size: ByteCount
    var busWidth: Int
    var readLatency: Int?
    var cacheable: Bool
    var executable: Bool
    var dmaReachable: Bool
    var uses: [MemoryUse]
    var note: String?
  }

  var name: String
  var title: String
  var core: String
  var deviceID: Int?
  var clock: Frequency
  var busClock: Frequency
  var instructionCache: Cache?
  var dataCache: Cache?
  var flash: Flash
  var memory: [Region]
  var power: Power?
  var notes: [String]?
}

extension Board {
  /// Reads `boards/NAME.json5`.
  ///
  /// - Throws: `InputError` for syntax, unknown or missing names, sizes without sense, regions that
  ///   overlap, and a bus clock that the flash's wait states do not cover.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    let raw = try ConfigurationFile.decode(BoardFile.self, bytes: bytes, file: file)
    do {
      self = try Self.checked(raw)
    } catch {
      throw error.inFile(file)
    }
  }

  private static func checked(_ raw: BoardFile) throws(InputError) -> Board {
    try require(!raw.name.isEmpty, "name", "expected a name")
    try require(
      raw.busClock.hertz <= raw.clock.hertz, "busClock",
      "expected at most the core's clock, \(raw.clock.hertz) Hz, found \(raw.busClock.hertz) Hz")
    if let power = raw.power {
      try require(
        power.activeMilliwatts >= 0 && (power.idleMilliwatts ?? 0) >= 0, "power",
        "expected milliwatts of at least 0")
    }
    return Board(
      name: raw.name, title: raw.title, core: raw.core, clock: raw.clock.hertz,
      busClock: raw.busClock.hertz,
      instructionCache: try checked(raw.instructionCache, "instructionCache"),
      dataCache: try checked(raw.dataCache, "dataCache"),
      flash: try checked(raw.flash, busClock: raw.busClock.hertz),
      regions: try checked(raw.memory),
      power: raw.power.map {
        Power(active: $0.activeMilliwatts, idle: $0.idleMilliwatts, source: $0.source)
      },
      deviceID: raw.deviceID, notes: raw.notes ?? [])
  }

  private static func require(
    _ condition: Bool, _ key: String, _ problem: @autoclosure () -> String
  ) throws(InputError) {
    if !condition { throw InputError(at: .key(key), problem()) }
  }

  private static func checked(_ raw: BoardFile.Cache?, _ key: String) throws(InputError) -> Cache? {
    guard let raw else { return nil }
    let way = raw.line.bytes.multipliedReportingOverflow(by: max(raw.ways, 0))
    try require(
      raw.ways >= 1 && raw.line.bytes >= 4 && !way.overflow
        && raw.size.bytes >= way.partialValue && raw.size.bytes % way.partialValue == 0, key,
      "expected a size that is a multiple of ways × line, found "
        + "\(raw.size.bytes) B, \(raw.ways) ways, \(raw.line.bytes) B")
    return Cache(size: raw.size.bytes, ways: raw.ways, line: raw.line.bytes)
  }

  private static func checked(
    _ raw: BoardFile.Flash, busClock: Int
  ) throws(InputError) -> FlashTiming {
    let clocks = raw.maximumBusClocks.map(\.hertz)
    try require(
      raw.wordSize.bytes > 0, "flash.wordSize", "expected at least 1 byte, found 0")
    try require(
      zip(clocks, clocks.dropFirst()).allSatisfy { $0 < $1 }, "flash.maximumBusClocks",
      "expected clocks in ascending order, one for each count of wait states from 0")
    try require(
      clocks.last.map { $0 >= busClock } ?? false, "flash.maximumBusClocks",
      "expected wait states for the bus clock, \(busClock) Hz, found up to \(clocks.last ?? 0) Hz")
    return FlashTiming(wordSize: raw.wordSize.bytes, maximumBusClocks: clocks)
  }

  private static func isSymbol(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "_")
  }

  /// The address space of a Cortex-M, in bytes.
  private static let addressSpace = 1 << 32

  private static func checked(_ raw: [BoardFile.Region]) throws(InputError) -> [MemoryRegion] {
    try require(!raw.isEmpty, "memory", "expected at least one region")
    var regions: [MemoryRegion] = []
    for (index, region) in raw.enumerated() {
      regions.append(try checked(region, "memory[\(index)]"))
    }
    for (index, region) in regions.enumerated() {
      for earlier in regions[..<index] {
        try require(
          region.name != earlier.name, "memory[\(index)].name",
          "expected names that differ, found ‘\(region.name)’ twice")
        try require(
          region.end <= earlier.address || earlier.end <= region.address, "memory[\(index)]",
          "expected regions apart, found \(region.name) and \(earlier.name) overlapping")
      }
    }
    return regions.sorted { $0.address < $1.address }
  }

  private static func checked(
    _ raw: BoardFile.Region, _ key: String
  ) throws(InputError) -> MemoryRegion {
    try require(
      raw.name.first.map { !$0.isNumber } ?? false && raw.name.allSatisfy(isSymbol), "\(key).name",
      "expected a name of letters, digits and _ as linkers take, found ‘\(raw.name)’")
    try require(raw.size.bytes > 0, "\(key).size", "expected at least 1 byte, found 0")
    try require(
      raw.address >= 0 && raw.address < addressSpace
        && raw.size.bytes <= addressSpace - raw.address, key,
      "expected a range below 4 GiB, found \(raw.size.bytes) B at \(raw.address)")
    try require(
      [8, 16, 32, 64, 128, 256].contains(raw.busWidth), "\(key).busWidth",
      "expected 8, 16, 32, 64, 128 or 256 bits, found \(raw.busWidth)")
    try require(
      raw.kind == .flash || raw.readLatency != nil, "\(key).readLatency",
      "expected CPU cycles; only internal flash takes its own from its wait states")
    if let latency = raw.readLatency {
      try require(
        (1...100_000).contains(latency), "\(key).readLatency",
        "expected 1 to 100000 CPU cycles, found \(latency)")
    }
    if let use = raw.uses.first(where: { raw.kind.isFlash && ![.code, .weights].contains($0) }) {
      throw InputError(
        at: .key("\(key).uses"), "expected code or weights in flash, found \(use.rawValue)")
    }
    return MemoryRegion(
      name: raw.name, kind: raw.kind, address: raw.address, size: raw.size.bytes,
      busWidth: raw.busWidth, readLatency: raw.readLatency, isCacheable: raw.cacheable,
      isExecutable: raw.executable, isDMAReachable: raw.dmaReachable, uses: raw.uses,
      note: raw.note)
  }
}
