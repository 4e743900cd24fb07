import Bytes
import Commands
import Events
import TestSupport
import Testing

@Suite("Archives of arrays")
struct NumpyArchiveTests {
  private let arrays: [(name: String, bytes: [UInt8])] = [
    ("inputs", NumpyFixture.npy("'|i1'", "(2, 3)", [1, 2, 3, 4, 5, 6])),
    ("logits", NumpyFixture.npy("'<f4'", "(2, 1)", [0, 0, 128, 63, 0, 0, 0, 64])),
  ]

  @Test("Every array comes back under its name")
  func roundTrip() throws {
    let files = try NumpyArchive.files(
      NumpyFixture.zip(arrays), name: "a.npz", libraries: NoLibraries())
    #expect(files.map(\.name) == arrays.map(\.name))
    #expect(files.map(\.bytes) == arrays.map(\.bytes))
  }

  @Test(
    "A member that claims more than DEFLATE could have packed is refused before memory is taken")
  func bomb() throws {
    var archive = NumpyFixture.zip(arrays, deflated: ["inputs": [3, 0]])
    // The size in the list of members: 24 bytes into the first entry.
    let list = try #require(
      archive.indices.dropLast(3).first { place in
        archive[place..<place + 4].elementsEqual([0x50, 0x4B, 1, 2])
      })
    archive.replaceSubrange(list + 24..<list + 28, with: [0xFE, 0xFF, 0xFF, 0x7F])
    let error = #expect(throws: InputError.self) {
      try NumpyArchive.files(archive, name: "a.npz", libraries: SystemCompression())
    }
    #expect(error?.problem == "expected at most 2064 bytes of 2 compressed ones, found 2147483646")
  }

  @Test("Damaged archives read or throw, with a place inside the file")
  func mutated() {
    let whole = NumpyFixture.zip(arrays)
    var mutator = Mutator(seed: 41)
    var read = 0
    for round in 0..<(SharedData.runsSlowTests ? 100_000 : 3_000) {
      let bytes = round < whole.count ? Array(whole[..<round]) : mutator.mutated(whole)
      do throws(InputError) {
        read += try NumpyArchive.files(bytes, name: "m", libraries: NoLibraries()).count
      } catch {
        #expect(error.file == "m")
        if case .byte(let place) = error.place { #expect(place <= bytes.count) }
      }
    }
    #expect(read > 100)
  }
}
