import Testing
import Threads

@Suite struct ThreadsTests {
  /// Used by one thread at a time.
  private final class Sum: @unchecked Sendable {
    var value = 0
  }

  @Test func `every part is done once, whatever their number`() {
    for count in [0, 1, 2, 9] {
      let sums = (0..<count).map { _ in Sum() }
      let threads = Threads.run(
        sums.enumerated().map { index, sum in { @Sendable in sum.value += index + 1 } })
      #expect(sums.map(\.value) == Array(1..<count + 1))
      #expect((min(count, 1)...max(count, 0)).contains(threads))
    }
  }

  @Test func `every shared task is done once, whatever the number of threads`() {
    for (count, jobs) in [(0, 2), (1, 4), (9, 1), (100, 3)] {
      let sums = (0..<count).map { _ in Sum() }
      Threads.share(
        sums.enumerated().map { index, sum in { @Sendable in sum.value += index + 1 } },
        jobs: jobs)
      #expect(sums.map(\.value) == Array(1..<count + 1))
    }
  }
}
