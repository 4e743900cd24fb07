import Bytes
import Events
import TestSupport
import Testing

@Suite("Prophesee's box labels")
struct PropheseeBoxesTests {
  private static let boxes = [
    BoxLabel(
      time: 1_234_567, x: 10.5, y: 20.25, width: 100, height: 60, classNumber: 2, track: 7,
      confidence: 0.5),
    BoxLabel(time: 2_000_000, x: -3, y: 400, width: 8, height: 9, classNumber: 0),
  ]

  @Test("come back as they were written")
  func roundTrip() throws {
    #expect(try PropheseeBoxes.read(PropheseeBoxes.npy(Self.boxes), name: "b.npy") == Self.boxes)
    #expect(try PropheseeBoxes.read(PropheseeBoxes.npy([]), name: "b.npy") == [])
  }

  @Test("are read in both published layouts", .enabled(if: SharedData.isPresent))
  func layouts() throws {
    let first = try PropheseeBoxes.read(
      SharedData.bytes("events/synthetic/gen1_bbox.npy"), name: "gen1")
    let second = try PropheseeBoxes.read(
      SharedData.bytes("events/synthetic/gen4_bbox.npy"), name: "gen4")
    #expect(
      first == [
        BoxLabel(
          time: 10_849_999, x: 255, y: 91, width: 52, height: 38, classNumber: 0, track: 3765),
        BoxLabel(
          time: 11_849_999, x: -3, y: 91, width: 52, height: 38, classNumber: 1, track: 3766),
      ])
    #expect(
      second == [
        BoxLabel(time: 500_000, x: 100, y: 200, width: 60, height: 80, classNumber: 2, track: 7),
        BoxLabel(time: 516_666, x: 101, y: 201, width: 60, height: 80, classNumber: 2, track: 7),
      ])
  }

  @Test("are written as NumPy wrote the published layout", .enabled(if: SharedData.isPresent))
  func bytes() throws {
    let published = try SharedData.bytes("events/synthetic/gen4_bbox.npy")
    let boxes = try PropheseeBoxes.read(published, name: "gen4")
    #expect(PropheseeBoxes.npy(boxes).suffix(80) == published.suffix(80))
  }

  @Test("that are damaged read or throw with a byte")
  func damage() {
    let bytes = PropheseeBoxes.npy(Self.boxes)
    var mutator = Mutator(seed: 12)
    var read = 0
    for run in 0..<(SharedData.runsSlowTests ? 100_000 : 3_000) {
      let mutant = mutator.mutated(bytes, at: run % 2 == 0 ? Array(0..<300) : [])
      do throws(InputError) {
        let boxes = try PropheseeBoxes.read(mutant, name: "b.npy")
        #expect(boxes.allSatisfy { $0.x.isFinite && $0.width >= 0 && $0.time >= 0 })
        read += 1
      } catch {
        #expect(error.file == "b.npy")
        if case .byte(let offset) = error.place {
          #expect(offset <= mutant.count)
        } else {
          Issue.record("expected a byte: \(error)")
        }
      }
    }
    #expect(read > 50)
    for count in 0..<bytes.count {
      _ = try? PropheseeBoxes.read(Array(bytes.prefix(count)), name: "b.npy")
    }
  }
}
