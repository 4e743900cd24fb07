import Boards
import Bytes
import TestSupport
import Testing

@Suite struct BoardTests {
  static let names = [
    "stm32f746g-disco", "stm32f769i-disco", "stm32h723zg", "stm32h743zi", "stm32h747i-disco",
    "stm32h750b-dk", "stm32h7a3zi",
  ]

  static func load(_ name: String) throws -> Board {
    try Board(parsing: SharedData.own("boards/\(name).json5"), file: "\(name).json5")
  }

  @Test("every bundled board loads under its file's name", arguments: names)
  func loads(name: String) throws {
    #expect(try Self.load(name).name == name)
  }
}
