import Bytes
import Events
import TestSupport
import Testing

/// Libraries by others, from the Python package index: `pip install evutils faery`.
private enum Peers {
  static let python = Python(with: ["evutils", "faery", "numpy"])

  /// Reads `ours…` with each library and prints a checksum; then writes the events with each.
  static let program = """
    import hashlib, sys
    import numpy as np, faery
    from evutils.io import EventReader, EventWriter
    from evutils.types import EventArray
    folder, size = sys.argv[1], (int(sys.argv[2]), int(sys.argv[3]))
    def tell(name, peer, t, x, y, p):
        out = np.empty(len(t), dtype=[("t", "<u8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])
        out["t"], out["x"], out["y"], out["p"] = t, x, y, p
        print(name, peer, len(t), hashlib.sha256(out.tobytes()).hexdigest())
    table = np.loadtxt(folder + "/ours.csv", delimiter=",", skiprows=1, dtype=np.int64)
    t, x, y, p = np.ascontiguousarray(table.T)
    tell("csv", "numpy", t, x, y, p)
    for kind, extension in [("evt2", ".raw"), ("evt3", ".raw"), ("dat", ".dat")]:
        path = folder + "/ours_" + kind + extension
        e = EventReader(path).read_all()
        tell(kind, "evutils", e["t"], e["x"], e["y"], e["p"])
        e = faery.events_stream_from_file(path, dimensions_fallback=size).to_array()
        tell(kind, "faery", e["t"], e["x"], e["y"], e["on"])
    e = faery.events_stream_from_file(folder + "/ours.csv", dimensions_fallback=size).to_array()
    tell("csv", "faery", e["t"], e["x"], e["y"], e["on"])
    events = EventArray(t=t, x=x.astype("u2"), y=y.astype("u2"), p=p.astype("u1"))
    for name, options in [
        ("evutils_evt2.raw", {"format": "evt2"}), ("evutils_evt21.raw", {"format": "evt21"}),
        ("evutils_evt3.raw", {"format": "evt3"}), ("evutils_evt4.raw", {"format": "evt4"}),
        ("evutils.dat", {}), ("evutils.csv", {})]:
        with EventWriter(folder + "/" + name, width=size[0], height=size[1], **options) as writer:
            writer.write(events)
    array = np.empty(len(t), dtype=faery.EVENTS_DTYPE)
    array["t"], array["x"], array["y"], array["on"] = t, x, y, p != 0
    for name, version in [("faery.es", None), ("faery.dat", None), ("faery.csv", None),
        ("faery_evt2.raw", "evt2"), ("faery_evt3.raw", "evt3")]:
        faery.events_stream_from_array(array, size).to_file(
            folder + "/" + name, version=version, zero_t0=False)
    """
}

@Suite(
  "Recordings exchanged with libraries by others",
  .enabled(if: SharedData.runsSlowTests, "PREFLASH_SLOW_TESTS=1 runs these"))
struct PeerTests {
  private static let sensor = SensorSize(width: 640, height: 480)

  @Test(
    "They read what we write, and we read what they write, event by event",
    .enabled(
      if: SharedData.runsSlowTests && Peers.python != nil,
      "needs python3 (or PREFLASH_PYTHON) with evutils, faery and numpy"))
  func exchange() throws {
    let events = Self.events()
    var summary = TraceSummary()
    summary.add(events)
    summary.finish()
    try Folder.temporary { folder in
      let files: [(format: TraceFormat, name: String)] = [
        (.csv, "ours.csv"), (.evt2, "ours_evt2.raw"), (.evt3, "ours_evt3.raw"),
        (.dat, "ours_dat.dat"),
      ]
      for (format, name) in files {
        var writer = try format.writer(
          TraceWriterSetup(sensor: Self.sensor, firstTime: events.times[0]))
        _ = try folder.write(writer.header(comments: []) + writer.packets(of: events), to: name)
      }
      let python = try #require(Peers.python)
      let told = try python.run(Peers.program, [folder.path, "640", "480"])
      let lines = told.split(separator: "\n").map { $0.split(separator: " ") }
      #expect(lines.count == 8)
      for line in lines {
        #expect(line[2] == "\(events.count)", "\(line)")
        #expect(line[3] == summary.checksum, "\(line)")
      }
      let theirs = [
        "evutils_evt2.raw", "evutils_evt21.raw", "evutils_evt3.raw", "evutils_evt4.raw",
        "evutils.dat", "evutils.csv", "faery.es", "faery.dat", "faery.csv", "faery_evt2.raw",
        "faery_evt3.raw",
      ]
      for name in theirs {
        let trace = try EventTrace.readAll(MemorySource(try folder.bytes(name)), name: name)
        // Compared outside of #expect, which would look for the difference of two long lists.
        let areEqual = trace.events.texts == events.texts
        #expect(areEqual, "\(name)")
        #expect(trace.anomalies.isEmpty, "\(name)")
      }
    }
  }

  /// Single events and bursts of neighbours over several wraps of the 24 bits of EVT3.
  private static func events() -> EventBatch {
    var events = EventBatch()
    var time = Int64(1_000_003)
    for burst in 0..<20_000 {
      time += Int64(burst * 7919 % 4001)
      let first = burst * 104_729 % 600
      for x in first..<(first + (burst % 4 == 0 ? 1 + burst % 37 : 1)) {
        events.append(
          Event(
            time: time, x: UInt16(x), y: UInt16(burst * 31 % 480), isOn: burst.isMultiple(of: 3)))
      }
    }
    return events
  }
}
