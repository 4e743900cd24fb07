import Bytes
import Fit
import Testing

@Suite("Budgets as typed")
struct BudgetTests {
  @Test("sizes and durations have units, in any order")
  func reads() throws {
    #expect(
      try Budget(parsing: "flash=1MB,ram=512KB,latency=20ms")
        == Budget(flash: 1_000_000, ram: 512_000, latency: 20_000_000))
    #expect(
      try Budget(parsing: "latency=1.5ms, flash=1MiB")
        == Budget(flash: 1 << 20, latency: 1_500_000))
    #expect(try Budget(parsing: "ram=0") == Budget(ram: 0))
  }

  @Test(
    "what is not a budget is an error that says what one looks like",
    arguments: [
      ("", "expected NAME=VALUE"), ("flash", "expected NAME=VALUE"),
      ("flash=1MB,", "expected NAME=VALUE"), ("rom=1MB", "expected flash, ram or latency"),
      ("flash=1MB,flash=2MB", "given twice"), ("flash=1 parsec", "expected a size"),
      ("latency=20", "expected a duration"), ("ram=-1", "expected a size"),
      ("ram=99999999999999999999GB", "expected a size"),
    ])
  func refuses(text: String, problem: String) {
    let error = #expect(throws: InputError.self) { try Budget(parsing: text) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("budget") == true)
    #expect(error?.advice != nil)
  }
}
