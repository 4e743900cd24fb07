import Bytes

extension Command {
  static func parse(_ words: [String]) throws -> Arguments {
    var arguments = makeArguments()
    var operandIndex = 0
    var position = 0
    var onlyOperands = false
    var taken = 0
    while position < words.count {
      let word = words[position]
      position += 1
      if word == "--" && !onlyOperands {
        onlyOperands = true
      } else if word.hasPrefix("-") && word.count > 1 && !onlyOperands {
        try takeOption(word, words, &position, &arguments)
      } else {
        guard operandIndex < operands.count else {
          throw UsageError("preflash \(name): unexpected ‘\(word)’; see preflash \(name) --help")
        }
        try operands[operandIndex].apply(&arguments, word)
        taken += 1
        if !operands[operandIndex].repeats { operandIndex += 1 }
      }
    }
    // A repeating operand stays the current one; one word is enough for it.
    if let missing = operands.dropFirst(taken).first(where: \.isRequired) {
      throw UsageError("preflash \(name): missing \(missing.name); see preflash \(name) --help")
    }
    return arguments
  }

  private static func takeOption(
    _ word: String, _ words: [String], _ position: inout Int, _ arguments: inout Arguments
  ) throws {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let optionName = String(parts[0])
    guard let option = options.first(where: { $0.name == optionName }) else {
      var message = "preflash \(name): unknown option ‘\(optionName)’"
      if let near = optionName.closest(in: options.map(\.name) + ["--help"]) {
        message += "; did you mean \(near)?"
      } else {
        message += "; see preflash \(name) --help"
      }
      throw UsageError(message)
    }
    guard let valueName = option.value else {
      guard parts.count == 1 else {
        throw UsageError("preflash \(name): \(optionName) takes no value")
      }
      return try option.apply(&arguments, "")
    }
    if parts.count == 2 { return try option.apply(&arguments, String(parts[1])) }
    // The next word is the value even when it starts with a dash, as negative numbers do.
    guard position < words.count, !options.contains(where: { $0.name == words[position] }) else {
      throw UsageError("preflash \(name): \(optionName) needs a value: \(optionName) \(valueName)")
    }
    position += 1
    try option.apply(&arguments, words[position - 1])
  }

  static var helpText: String {
    var usage = "preflash \(name)"
    for operand in operands {
      let word = operand.repeats ? "\(operand.name)..." : operand.name
      usage += operand.isRequired ? " \(word)" : " [\(word)]"
    }
    if !options.isEmpty { usage += " [options]" }
    var rows = operands.map { ($0.name, $0.help) }
    rows += options.map { ($0.value == nil ? $0.name : "\($0.name) \($0.value!)", $0.help) }
    rows.append(("--help", "Show this."))
    let width = rows.map { $0.0.count }.max() ?? 0
    var out = "\(summary)\n\nUsage: \(usage)\n\n"
    for (left, right) in rows {
      let gap = String(repeating: " ", count: width - left.count + 2)
      let margin = "\n" + String(repeating: " ", count: width + 4)
      out += "  \(left)\(gap)\(right.split(separator: "\n").joined(separator: margin))\n"
    }
    out += examples.count == 1 ? "\nExample:\n" : "\nExamples:\n"
    for example in examples { out += "  \(example)\n" }
    return out
  }
}
