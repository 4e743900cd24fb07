import Boards
package import Planning

/// A placement as a firmware project takes it: memory and sections for the linker, sizes and
/// attributes for the compiler.
///
/// Sections have the addresses of the placement: a firmware that turns out larger than assumed
/// overlaps them, and the linker says so.
package struct DeploymentFiles: Equatable, Sendable {
  package static let memoryName = "preflash_memory.ld"
  package static let sectionsName = "preflash_sections.ld"
  package static let headerName = "preflash_config.h"

  package var placement: Placement
  package var modelName: String
  package var boardName: String
  package var runtimeName: String

  package init(
    placement: Placement, modelName: String, boardName: String, runtimeName: String
  ) {
    self.placement = placement
    self.modelName = modelName
    self.boardName = boardName
    self.runtimeName = runtimeName
  }

  /// Names and contents, in the order in which they are to be written.
  package var files: [(name: String, text: String)] {
    [
      (Self.memoryName, memoryText), (Self.sectionsName, sectionsText),
      (Self.headerName, headerText),
    ]
  }

  /// A part that gets a section of its own. Code and variables of the firmware keep theirs.
  struct Section: Equatable {
    var region: MemoryRegion
    var part: Placement.Part
    /// `ARENA`, or `ARENA_2` for the second piece of one use.
    var macro: String
    /// `.preflash_arena`
    var name: String

    /// Whether its bytes come from the linked file.
    var isLoaded: Bool { part.demand.use == .weights }
  }

  var sections: [Section] {
    var counts: [MemoryUse: Int] = [:]
    var found: [Section] = []
    for usage in placement.usage {
      for part in usage.parts {
        let use = part.demand.use
        guard [.arena, .weights, .stack, .buffer].contains(use) else { continue }
        let count = counts[use, default: 0] + 1
        counts[use] = count
        let suffix = count == 1 ? "" : "_\(count)"
        found.append(
          Section(
            region: usage.region, part: part, macro: use.rawValue.uppercased() + suffix,
            name: ".preflash_\(use.rawValue)\(suffix)"))
      }
    }
    return found
  }

  // MARK: Linker

  private var title: String {
    "\(Self.inComment(modelName)) on \(Self.inComment(boardName)) with \(Self.inComment(runtimeName))"
  }

  /// A name that cannot end the comment that it stands in.
  private static func inComment(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "*" ? "_" : $0 })
  }

  var memoryText: String {
    var out = "/* Memory of \(Self.inComment(boardName)). Written by preflash fit --emit. */\n"
    out += "MEMORY\n{\n"
    for usage in placement.usage {
      let region = usage.region
      let access = (region.kind.isFlash ? "r" : "rw") + (region.isExecutable ? "x" : "")
      out += "  \(region.name) (\(access)) : ORIGIN = \(hexadecimal(region.address)), "
      out += "LENGTH = \(region.size)\n"
    }
    return out + "}\n"
  }

  var sectionsText: String {
    var out = "/* \(title). Written by preflash fit --emit.\n"
    out += "   Include after \(Self.memoryName), in a script that places .text and .data. */\n"
    out += "SECTIONS\n{\n"
    for section in sections {
      let symbol = "__preflash_\(section.macro.lowercased())"
      let kind = section.isLoaded ? "" : " (NOLOAD)"
      out += "  \(section.name) \(hexadecimal(section.part.address))\(kind) :\n  {\n"
      out += "    \(symbol)_start = .;\n"
      out += "    KEEP(*(\(section.name)))\n"
      out += "    \(symbol)_end = .;\n"
      out += "  } > \(section.region.name)\n"
      out += "  ASSERT(\(symbol)_end - \(symbol)_start <= "
      out += "\(section.part.demand.bytes), \"\(section.name) is larger than placed\")\n"
    }
    return out + "}\n"
  }

  // MARK: Compiler

  var headerText: String {
    var out = "/* \(title). Written by preflash fit --emit. */\n"
    out += "#ifndef PREFLASH_CONFIG_H\n#define PREFLASH_CONFIG_H\n"
    for section in sections {
      let prefix = "PREFLASH_\(section.macro)"
      let alignment = section.part.demand.use.alignment
      out += "\n/* \(Self.inComment(section.part.demand.name)) in \(section.region.name) */\n"
      out += "#define \(prefix)_SIZE \(section.part.demand.bytes)u\n"
      out += "#define \(prefix)_ALIGNMENT \(alignment)u\n"
      out += "#define \(prefix)_ADDRESS \(hexadecimal(section.part.address))u\n"
      out += "#define \(prefix)_REGION \"\(section.region.name)\"\n"
      out += "#define \(prefix)_SECTION "
      out += "__attribute__((section(\"\(section.name)\"), aligned(\(alignment)), used))\n"
    }
    return out + "\n#endif\n"
  }
}
