package import Boards

/// A board's memory map and clocks.
package struct BoardReport: Equatable, Sendable {
  package var board: Board

  package init(_ board: Board) { self.board = board }

  /// At most 100 columns.
  package func text(_ style: Style) -> String {
    var out = "\(style(.bold, board.title))  \(board.name)\n"
    out += "\(board.core) at \(megahertz(board.clock)), memory bus at \(megahertz(board.busClock))"
    out += ", \(caches)\n"
    out += "Internal flash: \(board.flashWaitStates) wait states at \(megahertz(board.busClock)), "
    out += "\(board.flash.wordSize) bytes a read\n"
    if let power = board.power {
      out += "Active power: \(power.active.fixed(0)) mW (\(power.source))\n"
    }
    out += "\n" + map.text(style)
    out += style(.dim, "Each block of a bar doubles the size. Read: CPU cycles past the caches.\n")
    out += "\nBy default\n" + defaults.text(style, indent: 2)
    for region in board.regions {
      if let note = region.note { out += "\(region.name): \(note)\n" }
    }
    for note in board.notes { out += "Note: \(note)\n" }
    return out
  }

  private var caches: String {
    func describe(_ cache: Cache?, _ name: String) -> String {
      cache.map { "\($0.size.shortBytes) \(name)-cache (\($0.ways) ways)" } ?? "no \(name)-cache"
    }
    return describe(board.instructionCache, "I") + ", " + describe(board.dataCache, "D")
  }

  private var map: TextTable {
    var table = TextTable([
      .init("Region"), .init("Addresses"), .init("Size", .right), .init(""), .init("Bits", .right),
      .init("Read", .right), .init("Access"),
    ])
    for region in board.regions {
      table.add(
        region.name, "\(hexadecimal(region.address)) … \(hexadecimal(region.end - 1))",
        region.size.shortBytes, bar(region.size), "\(region.busWidth)",
        "\(Int(board.readLatency(of: region).rounded(.up)))", access(region))
    }
    return table
  }

  /// One block for up to 4 KiB, one more for each doubling.
  private func bar(_ size: Int) -> String {
    var blocks = 1
    while blocks < 18 && size > 4096 << (blocks - 1) { blocks += 1 }
    return String(repeating: "▇", count: blocks)
  }

  private func access(_ region: MemoryRegion) -> String {
    var words = [region.isTightlyCoupled ? "TCM" : region.isCacheable ? "cached" : "uncached"]
    if region.isExecutable { words.append("code") }
    if region.isDMAReachable { words.append("DMA") }
    return words.joined(separator: " ")
  }

  private var defaults: TextTable {
    var table = TextTable([.init(""), .init("")])
    for use in MemoryUse.allCases {
      let names = board.regions.filter { $0.uses.contains(use) }.map(\.name)
      table.add(use.rawValue, names.isEmpty ? "nowhere" : names.joined(separator: ", "))
    }
    return table
  }

  package var json: JSONValue {
    [
      "board": .string(board.name),
      "title": .string(board.title),
      "core": .string(board.core),
      "clockHertz": .integer(board.clock),
      "busClockHertz": .integer(board.busClock),
      "deviceID": board.deviceID.map { .integer($0) } ?? .null,
      "instructionCache": json(board.instructionCache),
      "dataCache": json(board.dataCache),
      "flash": [
        "wordBytes": .integer(board.flash.wordSize),
        "waitStates": .integer(board.flashWaitStates),
        "maximumBusClocksHertz": .array(board.flash.maximumBusClocks.map { .integer($0) }),
      ],
      "memory": .array(board.regions.map(json)),
      "power": board.power.map { power in
        [
          "activeMilliwatts": .decimal(power.active, places: 1),
          "idleMilliwatts": power.idle.map { .decimal($0, places: 1) } ?? .null,
          "source": .string(power.source),
        ]
      } ?? .null,
      "notes": .array(board.notes.map { .string($0) }),
    ]
  }

  private func json(_ cache: Cache?) -> JSONValue {
    guard let cache else { return .null }
    return [
      "bytes": .integer(cache.size), "ways": .integer(cache.ways),
      "lineBytes": .integer(cache.line),
    ]
  }

  private func json(_ region: MemoryRegion) -> JSONValue {
    [
      "name": .string(region.name),
      "kind": .string(region.kind.rawValue),
      "address": .integer(region.address),
      "bytes": .integer(region.size),
      "busWidthBits": .integer(region.busWidth),
      "readLatencyCycles": .decimal(board.readLatency(of: region), places: 2),
      "cacheable": .bool(region.isCacheable),
      "tightlyCoupled": .bool(region.isTightlyCoupled),
      "executable": .bool(region.isExecutable),
      "dmaReachable": .bool(region.isDMAReachable),
      "uses": .array(region.uses.map { .string($0.rawValue) }),
      "note": region.note.map { .string($0) } ?? .null,
    ]
  }
}

/// The boards at hand, one a line.
package struct BoardListReport: Equatable, Sendable {
  package var boards: [Board]

  package init(_ boards: [Board]) { self.boards = boards }

  package func text(_ style: Style) -> String {
    var table = TextTable([
      .init("Board"), .init("Title"), .init("Clock", .right), .init("Flash", .right),
      .init("RAM", .right), .init("External", .right),
    ])
    for board in boards {
      table.add(
        board.name, board.title, megahertz(board.clock), board.internalFlashSize.shortBytes,
        board.internalRAMSize.shortBytes, external(board))
    }
    return table.text(style)
      + style(.dim, "RAM counts what a placement may use by default. Details: inspect board NAME\n")
  }

  private func external(_ board: Board) -> String {
    let regions = board.regions.filter { $0.kind == .externalFlash || $0.kind == .externalRAM }
    guard !regions.isEmpty else { return "–" }
    return regions.map { "\($0.size.shortBytes) \($0.kind.isFlash ? "flash" : "RAM")" }
      .joined(separator: ", ")
  }

  /// One object each.
  package var rows: [JSONValue] {
    boards.map { board in
      [
        "board": .string(board.name), "title": .string(board.title),
        "clockHertz": .integer(board.clock), "flashBytes": .integer(board.internalFlashSize),
        "ramBytes": .integer(board.internalRAMSize),
      ]
    }
  }
}

func hexadecimal(_ address: Int) -> String {
  let digits = String(address, radix: 16, uppercase: true)
  return "0x" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
}

extension Int {
  /// Binary multiples when they are whole, else bytes: `128 KiB`, `2 MiB`, `1,000 B`.
  var shortBytes: String {
    if self >= 1 << 20 && self % (1 << 20) == 0 { return "\(self >> 20) MiB" }
    if self >= 1 << 10 && self % (1 << 10) == 0 { return "\(self >> 10) KiB" }
    return "\(grouped) B"
  }
}
