import Boards
import Reports

/// `preflash inspect board NAME`
enum InspectBoardCommand: Command {
  struct Arguments {
    var board: String?
    var asJSON = false
  }

  static let name = "inspect board"
  static let summary = "Draw a board's memory map or a box's modes; without a name, list all."
  static let examples = [
    "preflash inspect board stm32h743zi",
    "preflash inspect board boards/stm32h750b-dk.json5 --json",
    "preflash inspect board orin-nano-8gb",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand("BOARD", help: "Name of a board or box, or its file (.json5).", isRequired: false) {
        $0.board = $1
      }
    ]
  }

  static var options: [Option<Arguments>] {
    [Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true }]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    if let board = arguments.board, let setting = try BoxLibrary.find(board) {
      let report = BoxReport(setting)
      if arguments.asJSON {
        console.print(report.json.text)
      } else {
        console.print(report.text(console.style), terminator: "")
      }
    } else if let board = arguments.board {
      let report = try BoardReport(BoardLibrary.load(board))
      if arguments.asJSON {
        console.print(report.json.text)
      } else {
        console.print(report.text(console.style), terminator: "")
      }
    } else {
      let list = try BoardListReport(BoardLibrary.names().map(BoardLibrary.load))
      let boxes = try BoxListReport(BoxLibrary.all())
      if arguments.asJSON {
        console.print(JSONValue.array(list.rows + boxes.rows).text)
      } else {
        console.print(list.text(console.style) + "\n" + boxes.text(console.style), terminator: "")
      }
    }
    return .success
  }
}
