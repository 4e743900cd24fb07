import Boards
import Models
import Planning
import Reports
import TestSupport
import Testing

@Suite struct PlanReportTests {
  static func board(_ name: String) throws -> Board {
    try Board(parsing: SharedData.own("boards/\(name).json5"), file: "\(name).json5")
  }

  static func report(_ model: String, on board: String) throws -> PlanReport {
    let model = try Model(tflite: SharedData.bytes("models/\(model).tflite"), name: model)
    let arena = try InterpreterArena(of: model, kernels: .cmsisNN)
    let demands = [
      MemoryDemand("model", bytes: model.fileSize, use: .weights),
      MemoryDemand("tensor arena", bytes: arena.minimum, use: .arena),
      MemoryDemand("stack", bytes: 8192, use: .stack),
    ]
    return PlanReport(
      placement: try Placement.place(board: self.board(board), demands: demands), arena: arena,
      graph: model.main)
  }

  @Test(
    "no line is wider than 100 columns", .enabled(if: SharedData.isPresent),
    arguments: ["vww_96_int8", "ad01_int8", "trained_lstm_int8", "str_ww_ref_model_int8"])
  func width(model: String) throws {
    let text = try Self.report(model, on: "stm32h743zi").text(.plain)
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test("bars, legend and peak are told", .enabled(if: SharedData.isPresent))
  func content() throws {
    let text = try Self.report("vww_96_int8", on: "stm32h743zi").text(.plain)
    #expect(text.contains("100,720 of 524,288 B"))
    #expect(text.contains("333,288 of 2,097,152 B"))
    #expect(text.contains("0x24000000"))
    #expect(text.contains("Peak at layer"))
    #expect(text.contains("▇"))
  }

  @Test(
    "what does not fit is told with the bytes that are missing", .enabled(if: SharedData.isPresent))
  func misfit() throws {
    let report = try Self.report("vww_96_int8", on: "stm32h750b-dk")
    #expect(report.placement.fits)
    let misfit = Placement.Misfit(
      demand: MemoryDemand("tensor arena", bytes: 600_000, use: .arena), region: "AXI_SRAM",
      missing: 75_712)
    #expect(
      PlanReport.describe(misfit) == "tensor arena needs 600,000 B; AXI_SRAM lacks 75,712 B")
  }

  @Test("JSON holds every region and layer", .enabled(if: SharedData.isPresent))
  func json() throws {
    let report = try Self.report("ad01_int8", on: "stm32h743zi")
    guard case .object(let members) = report.json else { return #expect(Bool(false)) }
    #expect(
      members.map(\.key) == ["regions", "misfits", "arena", "comparison", "layers", "peakLayer"])
    #expect(report.json.text.contains("\"usedBytes\": 2580"))
    #expect(report.json.text.contains("\"minimumBytes\": 3024"))
  }

  @Test(
    "a board's map fits 100 columns",
    arguments: [
      "stm32f746g-disco", "stm32f769i-disco", "stm32h723zg", "stm32h743zi", "stm32h747i-disco",
      "stm32h750b-dk", "stm32h7a3zi",
    ])
  func boardMap(name: String) throws {
    let board = try Self.board(name)
    let text = BoardReport(board).text(.plain)
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    for region in board.regions { #expect(text.contains(region.name)) }
    #expect(BoardListReport([board]).text(.plain).contains(name))
  }
}
