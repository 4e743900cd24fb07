import Boards
import Bytes
import Testing

@Suite struct ConfigurationTests {
  struct Sample: Decodable, Equatable {
    enum Choice: String, CaseIterable, Decodable { case red, green }
    struct Inner: Decodable, Equatable {
      var number: Int
    }
    var text: String?
    var count: Int?
    var ratio: Double?
    var flag: Bool?
    var list: [Int]?
    var inner: Inner?
    var choice: Choice?
    var table: [String: Int]?
    var small: UInt8?
    var holes: [Int?]?
  }

  static func decode(_ text: String) throws -> Sample {
    try ConfigurationFile.decode(Sample.self, bytes: Array(text.utf8), file: "x")
  }

  @Test("JSON5 is read in all its forms")
  func forms() throws {
    let sample = try Self.decode(
      """
      \u{FEFF}// a comment
      { /* another
           one */ text: 'it\\'s \\u00b5 \\x41 \\ud83d\\ude00 \\
      joined', "count": 0x1F, ratio: .5, 'flag': true,
        list: [+1, -2, 3e2,], inner: {number: 007}, choice: "green",
        table: {a: 1, "b c": 2}, small: 255, holes: [1, null],
      }
      """)
    #expect(sample.text == "it's µ A 😀 joined")
    #expect(sample.count == 31)
    #expect(sample.ratio == 0.5)
    #expect(sample.flag == true)
    #expect(sample.list == [1, -2, 300])
    #expect(sample.inner == Sample.Inner(number: 7))
    #expect(sample.choice == .green)
    #expect(sample.table == ["a": 1, "b c": 2])
    #expect(sample.holes == [1, nil])
  }

  @Test("whole numbers are exact to 63 bits")
  func exact() throws {
    #expect(try Self.decode("{count: 9223372036854775807}").count == .max)
    #expect(try Self.decode("{count: -9223372036854775808}").count == .min)
  }

  @Test(
    "a value of another kind names its place",
    arguments: [
      ("{count: \"1\"}", "x: count: expected a whole number, found “1”"),
      ("{count: 1.5}", "x: count: expected a whole number, found 1.5"),
      ("{count: 9223372036854775808}", "x: count: expected a whole number"),
      ("{small: 256}", "x: small: expected a whole number from 0 to 255, found 256"),
      ("{ratio: 1e999}", "x: ratio: expected a number"),
      ("{ratio: NaN}", "x: ratio: expected a number"),
      ("{flag: 0}", "x: flag: expected true or false, found 0"),
      ("{list: 1}", "x: list: expected an array [ … ], found 1"),
      ("{list: [1, 'a']}", "x: list[1]: expected a whole number, found “a”"),
      ("{inner: []}", "x: inner: expected an object { … }, found an array"),
      ("{inner: {}}", "x: inner.number: expected a value, found none"),
      ("{inner: {number: 1, numer: 2}}", "x: inner.numer: expected a known name"),
      ("{choice: 'grene'}", "expected one of red, green, found “grene”; did you mean green?"),
      ("{choice: 3}", "x: choice: expected a string, found 3"),
      ("{kount: 1}", "x: kount: expected a known name (line 1); did you mean ‘count’?"),
      ("[]", "x: line 1: expected an object { … }, found an array"),
    ])
  func wrongKinds(text: String, message: String) throws {
    let error = #expect(throws: InputError.self) { try Self.decode(text) }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test(
    "what is not JSON5 names its line",
    arguments: [
      ("", 1), ("{", 1), ("{\n\n count 1}", 3), ("{count: }", 1), ("{count: 1 2}", 1),
      ("{count: 1}}", 1), ("{count: 0x}", 1), ("{count: 1e}", 1), ("{count: 1.2.3}", 1),
      ("{count: --1}", 1), ("{text: hello}", 1), ("{text: 'a\nb'}", 1), ("{\n/* text: 1}", 2),
      ("{text: '\\u12'}", 1), ("{text: '\\ud800'}", 1), ("{text: '\\7'}", 1),
      ("{text: '\\u001b[2J'}", 1), ("{1a: 1}", 1),
      ("{, }", 1), ("{count: 1,, flag: true}", 1), ("{\r\n\r\n!", 3), ("/", 1), ("{text: '\\", 1),
    ])
  func syntax(text: String, line: Int) throws {
    let error = #expect(throws: InputError.self) { try Self.decode(text) }
    #expect(error?.place == .line(line), "\(String(describing: error))")
  }

  @Test("text that is not UTF-8 and nesting without end are errors")
  func hostile() {
    #expect(throws: InputError.self) {
      try ConfigurationFile.decode(
        Sample.self, bytes: Array("{text: '".utf8) + [0xFF, 0x27, 0x7D], file: "x")
    }
    #expect(throws: InputError.self) {
      try Self.decode(String(repeating: "[", count: 1_000_000))
    }
  }

  @Test(
    "quantities are exact",
    arguments: [
      ("128KiB", 131_072), ("1MB", 1_000_000), ("1.5KiB", 1536), ("0B", 0), ("42", 42),
      ("2 GiB", 2_147_483_648), ("1_000KB", 1_000_000), ("9223372036854775807", Int.max),
    ])
  func sizes(text: String, bytes: Int) throws {
    #expect(try Quantity.bytes(text) == bytes)
  }

  @Test(
    "quantities that make no sense are errors",
    arguments: [
      "", "KB", "1kb", "1.B", ".5KB", "1.5B", "-1", "1e3", "0x10", "1.2.3KB", "9223372036854775808",
      "10000000000GB", "١KB", "1KB ", "_1KB",
    ])
  func nonsense(text: String) {
    #expect(throws: InputError.self) { try Quantity.bytes(text) }
  }

  @Test("durations need a unit, frequencies do not")
  func units() throws {
    #expect(try Quantity.nanoseconds("20ms") == 20_000_000)
    #expect(try Quantity.nanoseconds("1.5us") == 1500)
    #expect(throws: InputError.self) { try Quantity.nanoseconds("20") }
    #expect(throws: InputError.self) { try Quantity.nanoseconds("0.5ns") }
    #expect(try Quantity.hertz("480MHz") == 480_000_000)
    #expect(try Quantity.hertz("1000") == 1000)
    let error = #expect(throws: InputError.self) { try Quantity.hertz("480mhz") }
    #expect(error?.advice == "did you mean 480MHz?")
  }
}
