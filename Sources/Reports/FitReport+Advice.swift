import Boards
import Fit
import Models
import Planning

extension FitReport {
  // MARK: Operators

  func audit(_ style: Style) -> String {
    var out = style(.bold, "Operators") + "\n"
    for finding in verdict.audit.findings {
      let mark = finding.blocks ? style(.red, "blocks") : style(.yellow, "warns ")
      var list = HangingList()
      list.add(
        mark, "\(finding.name), \(Self.layerText(finding.layers)): \(finding.problem)")
      list.add("", "remedy: \(finding.remedy) [\(finding.source)]")
      out += list.text(width: Self.width, indent: 2)
    }
    return out
  }

  // MARK: Advice

  func text(of advice: Advice, _ style: Style) -> String {
    guard !advice.remedies.isEmpty else { return text(ofNearest: advice, style) }
    var out = style(.bold, "What would pass") + "\n"
    out += style(.dim, "  planned and timed anew; what upsets least first: ")
    out += style(.dim, "placement, runtime, network, board") + "\n"
    for (index, remedy) in advice.remedies.enumerated() {
      out += text(of: remedy, head: "\(index + 1)", style)
    }
    if advice.remedies.contains(where: \.changesNetwork) {
      out += style(.dim, "  * another network: train it again and check its accuracy") + "\n"
    }
    return out
  }

  private func text(ofNearest advice: Advice, _ style: Style) -> String {
    var out = style(.bold, "Nothing that was tried would pass")
    out += style(.dim, " (\(advice.tried) deployments planned and timed)") + "\n"
    guard let nearest = advice.nearest else {
      return out + "  The operators above must be replaced first.\n"
    }
    return out + "  Nearest:\n" + text(of: nearest, head: "-", style)
  }

  private func text(of remedy: Remedy, head: String, _ style: Style) -> String {
    var list = HangingList()
    let change = remedy.steps.map(describe).joined(separator: ", and ")
    list.add(head, change + (remedy.changesNetwork ? " *" : ""))
    list.add("", figures(of: remedy))
    return list.text(width: Self.width, indent: 2)
  }

  private func figures(of remedy: Remedy) -> String {
    let found = remedy.verdict.estimate
    var text = "flash \(found.flash.total.kibibytes), RAM \(found.ram.total.kibibytes), "
    text += "latency \(found.latencyText)"
    if remedy.changesNetwork {
      text += ", \((remedy.macShare * 100).fixed(0)) % of the MACs"
    }
    let report = FitReport(remedy.verdict)
    for check in remedy.verdict.checks where !check.passes {
      text += "; \(check.subject.rawValue): \(report.explanation(of: check))"
    }
    if let tightest = remedy.verdict.tightest {
      let share = (Double(tightest.margin) / Double(tightest.limit) * 100).fixed(0)
      text += "; tightest \(tightest.subject.rawValue), \(share) % left"
      if tightest.subject == .latency, let error = found.latencyError,
        Double(tightest.margin) < error * Double(tightest.used)
      {
        text += ": within the error, measure"
      }
    }
    if remedy.changesArithmetic(from: estimate.runtime) {
      text += "; answers differ in the last bits (\(found.runtime.arithmetic))"
    }
    return text
  }

  /// A step in words, with the option that asks for it where there is one.
  func describe(_ step: Remedy.Step) -> String {
    switch step {
    case .freePlacement: return "without --place"
    case .place(let use, let region):
      return "\(use.rawValue) in \(region): --place \(use.rawValue)=\(region)"
    case .runtime(let runtime): return "\(runtime.title): --runtime \(runtime.name)"
    case .board(let board):
      return "\(board.title) at \(megahertz(board.clock)): --board \(board.name)"
    case .reshape(.inputSize(let height, let width)):
      let now = estimate.graph.imageSize.map { " instead of \($0.height) × \($0.width)" } ?? ""
      return "input of \(height) × \(width)\(now)"
    case .reshape(.inputChannels(let count)):
      let now = estimate.graph.imageSize.map { " instead of \($0.channels)" } ?? ""
      return "\(count) input channels\(now), such as fewer temporal bins"
    case .reshape(.firstLayer(let channels)):
      let now = estimate.graph.firstLayerChannels.map { " instead of \($0)" } ?? ""
      return "first layer of \(channels) channels\(now)"
    case .reshape(.width(let percent)):
      return "every layer at \(percent) % of its width, in fours"
    }
  }
}

extension Verdict {
  /// The passing check with the smallest share of its limit left; nil when one fails.
  fileprivate var tightest: Check? {
    guard passes else { return nil }
    return checks.filter { $0.limit > 0 }.min {
      Double($0.margin) / Double($0.limit) < Double($1.margin) / Double($1.limit)
    }
  }
}

extension Int {
  fileprivate var kibibytes: String { "\((Double(self) / 1024).fixed(1)) KiB" }
}
