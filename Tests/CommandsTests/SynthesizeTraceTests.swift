import Commands
import Events
import TestSupport
import Testing

@Suite("synthesize trace")
struct SynthesizeTraceTests {
  private static let recipe = """
    { name: "small", options: ["--size 48x32", "--scale 40", "--compression zstd-high"],
      short: { options: ["--seed 1", "--duration 200ms"] },
      long: { options: ["--seed 2", "--duration 1s"] },
      review: { window: "40ms", buffer: { size: "512KiB" }, nearEmpty: 10,
        expect: { lostEventsAtMost: 0 } } }
    """

  /// A folder with a recipe, both recordings, checksums and a baseline.
  private static func withTrace(_ body: (Folder) throws -> Void) throws {
    try Folder.temporary { folder in
      _ = try folder.write(Array(recipe.utf8), to: "recipe.json5")
      for words in [["--short"], []] {
        let outcome = synthesize(folder, words + ["--update"])
        #expect(outcome.status == .success, "\(outcome.errors)")
      }
      #expect(Capture.run(["check", folder.path, "--update"]).status == .success)
      try body(folder)
    }
  }

  private static func synthesize(_ folder: Folder, _ words: [String]) -> Capture.Outcome {
    Capture.run(["synthesize", "trace", folder.path] + words)
  }

  /// Flips the lowest bit of a byte.
  private static func damage(_ folder: Folder, _ name: String, at place: Int) throws {
    var bytes = try folder.bytes(name)
    bytes[place] ^= 1
    _ = try folder.write(bytes, to: name)
  }

  @Test("makes the same again, and writes nothing when it only checks")
  func again() throws {
    try Self.withTrace { folder in
      #expect(
        try folder.names() == [
          "baseline.json", "checksums.json", "long.y4m", "long_boxes.npy", "recipe.json5",
          "recording.aedat4", "recording_boxes.npy",
        ])
      let (long, short) = (try folder.bytes("long.y4m"), try folder.bytes("recording.aedat4"))
      for words in [["--check"], ["--short", "--check"], [], ["--short"]] {
        let outcome = Self.synthesize(folder, words)
        #expect(outcome.status == .success && outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(outcome.output.contains("as committed") && !outcome.output.contains("changed"))
        #expect(outcome.output.contains("wrote") == !words.contains("--check"))
      }
      #expect(try folder.bytes("long.y4m") == long)
      #expect(try folder.bytes("recording.aedat4") == short)
      let boxes = try BoxLabels(folder.bytes("long_boxes.npy"), name: "long_boxes.npy").boxes
      #expect(Set(boxes.map(\.time)).isSubset(of: Set((0...25).map { $0 * 40_000 })))
      #expect(Capture.run(["check", folder.path]).output.hasPrefix("same"))
    }
  }

  @Test("fails in one line when one digit of a checksum differs, and writes nothing")
  func otherChecksum() throws {
    try Self.withTrace { folder in
      let text = String(decoding: try folder.bytes("checksums.json"), as: UTF8.self)
      // The last digest is that of the long recording's boxes.
      let place = try #require(text.utf8.lastIndex { $0 == UInt8(ascii: "\"") })
      let offset = text.utf8.distance(from: text.startIndex, to: place) - 1
      let digit = Array(text.utf8)[offset]
      var bytes = Array(text.utf8)
      bytes[offset] = digit == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
      _ = try folder.write(bytes, to: "checksums.json")
      _ = try folder.write([1, 2, 3], to: "long.y4m")
      for words in [["--check"], []] {
        let outcome = Self.synthesize(folder, words)
        #expect(outcome.status == .verdictFailed && outcome.output.isEmpty)
        #expect(outcome.errors.contains("checksums.json: long: expected"), "\(outcome.errors)")
        #expect(outcome.errors.contains(" boxes with SHA-256 "))
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
      }
      #expect(try folder.bytes("long.y4m") == [1, 2, 3])
      let names = try folder.names()
      #expect(names.count == 7, "no temporary file is left")
      #expect(Self.synthesize(folder, ["--short", "--check"]).status == .success)
    }
  }

  @Test("fails when the recipe is another")
  func otherRecipe() throws {
    try Self.withTrace { folder in
      let other = Self.recipe.replacing("--seed 1", with: "--seed 3")
      _ = try folder.write(Array(other.utf8), to: "recipe.json5")
      #expect(Self.synthesize(folder, ["--short", "--check"]).status == .verdictFailed)
      #expect(Self.synthesize(folder, ["--check"]).status == .success)
    }
  }

  @Test("check finds a changed byte of the committed recording or of its labels")
  func damagedRecording() throws {
    try Self.withTrace { folder in
      // The lowest bit of the last box's column.
      let count = try folder.bytes("recording_boxes.npy").count
      try Self.damage(folder, "recording_boxes.npy", at: count - 32)
      let outcome = Capture.run(["check", folder.path])
      #expect(outcome.status == .verdictFailed)
      #expect(outcome.output.contains("checks.checksums"), "\(outcome.output)")
      #expect(outcome.output.contains("boxes.sha256"))
      try Self.damage(folder, "recording_boxes.npy", at: count - 32)
      #expect(Capture.run(["check", folder.path]).status == .success)
      let recording = try folder.bytes("recording.aedat4")
      for place in [recording.count / 3, recording.count - 100] {
        _ = try folder.write(recording, to: "recording.aedat4")
        try Self.damage(folder, "recording.aedat4", at: place)
        #expect(Capture.run(["check", folder.path]).status != .success)
      }
    }
  }

  @Test("makes the events of the long recording when asked")
  func longEvents() throws {
    try Self.withTrace { folder in
      let outcome = Self.synthesize(folder, ["--events"])
      #expect(outcome.status == .success)
      #expect(outcome.output.contains("events, SHA-256") && outcome.output.contains(": new"))
      let names = try folder.names()
      #expect(names.contains("long.aedat4"))
    }
  }

  @Test("answers what cannot be made in one line")
  func mistakes() throws {
    try Folder.temporary { folder in
      let none = Self.synthesize(folder, [])
      #expect(none.status == .badInput && none.errors.contains("there is no recipe.json5 in it"))
      _ = try folder.write(Array(Self.recipe.utf8), to: "recipe.json5")
      let unchecked = Self.synthesize(folder, ["--check"])
      #expect(unchecked.status == .badInput)
      #expect(unchecked.errors.contains("expected checksums of the long recording"))
      let both = Self.synthesize(folder, ["--check", "--update"])
      #expect(both.errors.contains("expected either --check or --update"))
      let wrong = Self.recipe.replacing("--scale 40", with: "--scael 40")
      _ = try folder.write(Array(wrong.utf8), to: "recipe.json5")
      let typo = Self.synthesize(folder, ["--update"])
      #expect(typo.status == .badInput)
      #expect(typo.errors.contains("long.options") && typo.errors.contains("--scale"))
      #expect(typo.errors.filter { $0 == "\n" }.count == 1)
    }
  }
}
