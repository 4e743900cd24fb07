import Bytes
import Commands
import Events
import TestSupport
import Testing

/// Containers exchanged with libraries by others: DV's own, NumPy, HDF5.
@Suite(
  "Containers exchanged with libraries by others",
  .enabled(if: SharedData.runsSlowTests, "PREFLASH_SLOW_TESTS=1 runs these"))
struct ContainerPeerTests {
  private static let sensor = SensorSize(width: 640, height: 480)
  private static let python =
    SharedData.runsSlowTests ? Python(with: ["dv_processing", "h5py", "numpy"]) : nil

  /// Reads `ours_*.aedat4` with DV's library and prints a checksum of each, then writes the events
  /// with each library.
  private static let program = """
    import hashlib, sys
    import numpy as np, h5py, dv_processing as dv
    folder = sys.argv[1]
    def packed(t, x, y, p):
        out = np.empty(len(t), dtype=[("t", "<u8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])
        out["t"], out["x"], out["y"], out["p"] = t, x, y, p
        return out
    for name in ["none", "lz4", "zstd"]:
        store = dv.EventStore()
        recording = dv.io.MonoCameraRecording(folder + "/ours_" + name + ".aedat4")
        while (batch := recording.getNextEventBatch()) is not None: store.add(batch)
        c = store.coordinates()
        out = packed(store.timestamps(), c[:, 0], c[:, 1], store.polarities())
        print(name, len(out), hashlib.sha256(out.tobytes()).hexdigest())
    for name in ["NONE", "LZ4", "LZ4_HIGH", "ZSTD", "ZSTD_HIGH"]:
        config = dv.io.MonoCameraWriter.Config("c", getattr(dv.CompressionType, name))
        config.addEventStream((640, 480))
        writer = dv.io.MonoCameraWriter(folder + "/dv_" + name + ".aedat4", config)
        writer.writeEvents(store)
        del writer
    np.save(folder + "/a.npy", out)
    np.savez(folder + "/a.npz", **{k: out[k] for k in "txyp"}, width=640, height=480)
    np.savez_compressed(folder + "/b.npz", **{k: out[k] for k in "txyp"}, width=640, height=480)
    np.savez_compressed(folder + "/c.npz", events=out)
    cd = np.zeros(len(out), dtype=dict(names=["x", "y", "p", "t"],
        formats=["<u2", "<u2", "<i2", "<i8"], offsets=[0, 2, 4, 8], itemsize=16))
    for k in "xypt": cd[k] = out[k]
    for name, options in [("gzip", dict(compression="gzip", chunks=(4096,))), ("plain", {})]:
        with h5py.File(folder + "/" + name + ".hdf5", "w") as f:
            f.create_dataset("CD/events", data=cd, **options)
            f.attrs["geometry"] = "640x480"
    with h5py.File(folder + "/dsec.h5", "w") as f:
        t0 = int(out["t"][0])
        f.create_dataset("events/t", data=(out["t"] - t0).astype("<u4"))
        for k in "xyp":
            f.create_dataset("events/" + k, data=out[k], chunks=(999,), compression="gzip")
        f.create_dataset("t_offset", data=t0)
    """

  @Test(
    "They read what we write, and we read what they write, event by event",
    .enabled(
      if: python != nil,
      "needs python3 (or PREFLASH_PYTHON) with dv_processing, h5py and numpy"))
  func exchange() throws {
    let events = EventFixtures.random(60_000, sensor: Self.sensor)
    var summary = TraceSummary()
    summary.add(events)
    summary.finish()
    try Folder.temporary { folder in
      for compression in AEDAT4Writer.Compression.allCases {
        let writer = try AEDAT4Writer(
          sensor: Self.sensor, compression: compression, libraries: SystemCompression())
        _ = try folder.write(
          writer.header() + writer.packets(of: events), to: "ours_\(compression.rawValue).aedat4")
      }
      let python = try #require(Self.python)
      let lines = try python.run(Self.program, [folder.path]).split(separator: "\n")
      #expect(
        lines.map(String.init)
          == ["none", "lz4", "zstd"].map { "\($0) 60000 \(summary.checksum)" })
      let dv = ["NONE", "LZ4", "LZ4_HIGH", "ZSTD", "ZSTD_HIGH"].map { "dv_\($0).aedat4" }
      for name in dv + ["a.npy", "a.npz", "b.npz", "c.npz"] {
        try check(folder.file(name), events)
      }
      // A library of HDF5 may lack what h5py brings along.
      guard (try? HDF5File(folder.file("plain.hdf5"))) != nil else { return }
      for name in ["plain.hdf5", "gzip.hdf5", "dsec.h5"] { try check(folder.file(name), events) }
    }
  }

  private func check(_ path: String, _ events: EventBatch) throws {
    var reader = try Recording(path).reader
    var (found, batch) = (EventBatch(), EventBatch())
    while try reader.next(into: &batch) { found.append(contentsOf: batch) }
    // Compared outside of #expect, which would look for the difference of two long lists.
    let areEqual = found.texts == events.texts
    #expect(areEqual, "\(path)")
    #expect(reader.anomalies.isEmpty, "\(path)")
  }
}
