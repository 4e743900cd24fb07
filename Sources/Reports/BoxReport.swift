package import Boards

/// An edge box: its modes, its runtimes and what their latencies rest on.
package struct BoxReport: Equatable, Sendable {
  package var setting: BoxSetting

  package init(_ setting: BoxSetting) { self.setting = setting }

  private var box: BoxProfile { setting.box }

  /// At most 100 columns, but for sources.
  package func text(_ style: Style) -> String {
    var out = "\(style(.bold, box.title))  \(box.name)\n"
    out += box.processor.wrapped(to: 100) + "\n"
    out += "\(gigabytes(box.memory)) of memory, of which the system keeps "
    out += "\(gigabytes(box.systemMemory)) (modelled)\n\n"
    out += modes.text(style) + "\n" + runtimes.text(style) + "\n" + latencies.text(style)
    out += style(
      .dim, "Errors: models left out of the fit, mean and worst. Without: modelled.\n")
    out += "\n"
    let thermal = box.thermal
    let heat =
      "Heat: clocks fall at \(thermal.limit.fixed(0)) °C; \(thermal.resistance.fixed(1)) K/W, "
      + "\(thermal.timeConstant.fixed(0)) s, air of \(thermal.ambient.fixed(0)) °C "
      + "(\(thermal.source))"
    out += heat.wrapped(to: 100, indent: 2) + "\n"
    if let sparsity = box.pairSparsity {
      out +=
        "Pairs of zeros: \(sparsity.speedUp.fixed(2)) times as fast (\(sparsity.source))".wrapped(
          to: 100, indent: 2) + "\n"
    }
    for note in box.notes { out += "Note: \(note)".wrapped(to: 100, indent: 2) + "\n" }
    return out
  }

  private var modes: TextTable {
    var table = TextTable([
      .init("Board"), .init("Mode"), .init("CPU", .right), .init("GPU", .right),
      .init("Memory", .right), .init("Busy", .right), .init(""),
    ])
    for (index, mode) in box.modes.enumerated() {
      let gpu = mode.gpuClock.map { "\(mode.clusters ?? 0) TPC × \(megahertz($0))" } ?? "–"
      var marks: [String] = []
      if index == box.defaultMode { marks.append("default") }
      if index == box.fittedMode { marks.append("measured") }
      table.add(
        "\(box.name)-\(mode.name)", mode.title, "\(mode.cores) × \(megahertz(mode.cpuClock))", gpu,
        "\((mode.bandwidth / 1e9).fixed(1)) GB/s", "\(mode.busyPower.fixed(1)) W",
        marks.joined(separator: ", "))
    }
    return table
  }

  private var runtimes: TextTable {
    var table = TextTable([
      .init("Runtime"), .init("Title"), .init("Runs on"), .init("Precisions"),
      .init("Memory", .right),
    ])
    for runtime in box.runtimes {
      table.add(
        runtime.name, runtime.title, runtime.engine == .gpu ? "GPU" : "CPU",
        runtime.precisions.map(\.rawValue).joined(separator: " "),
        "\((Double(runtime.memory) / 1e6).fixed(0)) MB")
    }
    return table
  }

  private var latencies: TextTable {
    var table = TextTable([
      .init("Runtime"), .init("Precision"), .init("Networks"), .init("Fixed", .right),
      .init("A GFLOP", .right), .init("Models", .right), .init("Error", .right),
    ])
    for latency in box.latencies {
      var error = "modelled"
      if let mean = latency.meanError, let worst = latency.worstError, latency.isMeasured {
        error = "\((mean * 100).fixed(1)) %, \((worst * 100).fixed(1)) %"
      }
      table.add(
        latency.runtime, latency.precision.rawValue, latency.networks.rawValue,
        "\(latency.fixed.fixed(2)) ms", "\(latency.perWork.fixed(4)) ms",
        "\(latency.models.count)", error)
    }
    return table
  }

  private func gigabytes(_ bytes: Int) -> String {
    let value = Double(bytes) / 1e9
    return "\(value.fixed(value == value.rounded() ? 0 : 1)) GB"
  }

  package var json: JSONValue {
    [
      "board": .string(box.name), "title": .string(box.title),
      "processor": .string(box.processor), "memoryBytes": .integer(box.memory),
      "systemMemoryBytes": .integer(box.systemMemory),
      "defaultMode": .string(box.modes[box.defaultMode].name),
      "measuredMode": .string(box.measuredMode.name),
      "modes": .array(box.modes.map(mode)),
      "runtimes": .array(box.runtimes.map(runtime)),
      "latencies": .array(box.latencies.map(latency)),
      "jitter": [
        "sigma": .decimal(box.jitter.sigma, places: 5), "rows": .integer(box.jitter.rows),
        "source": .string(box.jitter.source),
      ],
      "thermal": [
        "ambientCelsius": .decimal(box.thermal.ambient, places: 1),
        "limitCelsius": .decimal(box.thermal.limit, places: 1),
        "kelvinPerWatt": .decimal(box.thermal.resistance, places: 2),
        "timeConstantSeconds": .decimal(box.thermal.timeConstant, places: 1),
        "source": .string(box.thermal.source),
      ],
      "notes": .array(box.notes.map { .string($0) }),
    ]
  }

  private func mode(_ mode: BoxProfile.Mode) -> JSONValue {
    [
      "board": .string("\(box.name)-\(mode.name)"), "name": .string(mode.name),
      "title": .string(mode.title), "cores": .integer(mode.cores),
      "cpuClockHertz": .integer(mode.cpuClock),
      "clusters": mode.clusters.map { .integer($0) } ?? .null,
      "gpuClockHertz": mode.gpuClock.map { .integer($0) } ?? .null,
      "bytesPerSecond": .decimal(mode.bandwidth, places: 0),
      "busyWatts": .decimal(mode.busyPower, places: 2),
      "idleWatts": .decimal(mode.idlePower, places: 2), "source": .string(mode.source),
    ]
  }

  private func runtime(_ runtime: BoxProfile.Runtime) -> JSONValue {
    [
      "name": .string(runtime.name), "title": .string(runtime.title),
      "engine": .string(runtime.engine.rawValue),
      "precisions": .array(runtime.precisions.map { .string($0.rawValue) }),
      "skipsPairs": .bool(runtime.skipsPairs), "bytes": .integer(runtime.memory),
      "source": .string(runtime.source),
    ]
  }

  private func latency(_ latency: BoxLatency) -> JSONValue {
    func share(_ value: Double?) -> JSONValue { value.map { .decimal($0, places: 4) } ?? .null }
    return [
      "runtime": .string(latency.runtime), "precision": .string(latency.precision.rawValue),
      "networks": .string(latency.networks.rawValue),
      "fixedMilliseconds": .decimal(latency.fixed, places: 4),
      "millisecondsPerGigaoperation": .decimal(latency.perWork, places: 5),
      "models": .array(latency.models.map { .string($0) }),
      "heldOutMeanError": share(latency.meanError), "heldOutWorstError": share(latency.worstError),
      "meanError": share(latency.fittedMean), "worstError": share(latency.fittedWorst),
      "note": latency.note.map { .string($0) } ?? .null,
    ]
  }
}

/// The edge boxes at hand, one a line.
package struct BoxListReport: Equatable, Sendable {
  package var boxes: [BoxProfile]

  package init(_ boxes: [BoxProfile]) { self.boxes = boxes }

  package func text(_ style: Style) -> String {
    var table = TextTable([
      .init("Edge box"), .init("Title"), .init("Memory", .right), .init("Modes: NAME-MODE"),
    ])
    for box in boxes {
      let modes = box.modes.enumerated().map {
        $1.name + ($0 == box.defaultMode ? " (default)" : "")
      }
      table.add(
        box.name, box.title, "\((Double(box.memory) / 1e9).fixed(0)) GB",
        modes.joined(separator: " "))
    }
    return table.text(style)
  }

  /// One object each.
  package var rows: [JSONValue] {
    boxes.map { box in
      [
        "board": .string(box.name), "title": .string(box.title),
        "memoryBytes": .integer(box.memory),
        "modes": .array(box.modes.map { .string($0.name) }),
        "defaultMode": .string(box.modes[box.defaultMode].name),
        "runtimes": .array(box.runtimes.map { .string($0.name) }),
      ]
    }
  }
}
