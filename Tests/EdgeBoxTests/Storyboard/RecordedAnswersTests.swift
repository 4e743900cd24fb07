import Bytes
import EdgeBox
import TestSupport
import Testing

@Suite struct RecordedAnswersTests {
  private let record = StoryboardFixture.record(doubt: 10)

  private func read(_ text: String) throws(InputError) -> [CascadePlan.RecordedAnswer] {
    try CascadePlan.RecordedAnswer.read(
      Array(text.utf8), of: record, number: 2, name: "a.answers.csv")
  }

  @Test func `answers name a class or nothing`() throws {
    let answers = try read("frame,detection,class,score\n4,0,tear,0.93\n0,0,no object,0.6\n")
    #expect(
      answers == [
        .init(record: 2, frame: 4, detection: 0, category: 1, score: 0.93),
        .init(record: 2, frame: 0, detection: 0, category: nil, score: 0.6),
      ])
  }

  @Test(arguments: [
    ("frame,class\n", "line 1: expected “frame,detection,class,score”"),
    ("frame,detection,class,score\n4,0,tear\n", "line 2: expected 4 fields, found 3"),
    ("frame,detection,class,score\n200,0,tear,1\n", "line 2: expected a frame below 200"),
    ("frame,detection,class,score\n1,0,tear,1\n", "expected one of frame 1’s 0 detections"),
    ("frame,detection,class,score\n4,-1,tear,1\n", "expected one of frame 4’s 1 detections"),
    ("frame,detection,class,score\n4,0,scratch,1\n", "expected a class or “no object”"),
    ("frame,detection,class,score\n4,0,ok,2\n", "expected a score from 0 to 1"),
    ("frame,detection,class,score\n4,0,ok,1\n4,0,ok,1\n", "line 3: expected one answer"),
  ])
  func `what is wrong has a line`(_ text: String, _ problem: String) throws {
    let error = #expect(throws: InputError.self) { try read(text) }
    #expect(error?.description.hasPrefix("a.answers.csv: line ") == true)
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
  }

  @Test func `damaged files end in an error and nothing worse`() {
    let bytes = Array("frame,detection,class,score\n4,0,tear,0.93\n0,0,no object,0.6\n".utf8)
    for length in bytes.indices {
      _ = try? read(String(decoding: bytes[..<length], as: UTF8.self))
    }
    var mutator = Mutator(seed: 5)
    for _ in 0..<2_000 {
      _ = try? CascadePlan.RecordedAnswer.read(
        mutator.mutated(bytes), of: record, number: 0, name: "a")
    }
  }
}
