import Boards
import Models
import TestSupport
import Testing
import Timing

@Suite("Physics that no board was fitted for", .enabled(if: SharedData.isPresent))
struct KnownPhysicsTests {
  private static func cycles(
    _ file: String, _ profile: String, _ board: String,
    weights: String? = nil, arena: String? = nil, _ change: (inout Board) -> Void = { _ in }
  ) throws -> Double {
    var board = try Published.board(board)
    change(&board)
    let setting = MemorySetting(
      board: board, weights: weights.flatMap(board.region), arena: arena.flatMap(board.region))
    let model = CycleModel(try Published.profile(profile))
    return Double(
      model.layers(of: try Published.model(file).main, setting: setting).total.cycles)
  }

  private static let transfers = [
    // ResNet8 of MLPerf Tiny on the STM32H7A3 at 280 MHz and of ST's zoo on the STM32H747 at 400.
    ("x-cube-ai-7.3", "ic_resnet8_int8.tflite", "stm32h7a3zi", 1.217),
    ("x-cube-ai-7.3", "resnet_v1_8_32_int8.tflite", "stm32h747i-disco", 1.213),
    ("x-cube-ai-8.1", "ic_resnet8_int8.tflite", "stm32h7a3zi", 1.163),
    ("x-cube-ai-8.1", "resnet_v1_8_32_tfs_int8.tflite", "stm32h747i-disco", 1.151),
    // MLPerf Tiny VWW and MobileNetV1 0.25.
    ("x-cube-ai-7.3", "vww_96_int8.tflite", "stm32h7a3zi", 1.896),
    ("x-cube-ai-7.3", "mobilenet_v1_0.25_96_int8.tflite", "stm32h747i-disco", 1.895),
  ]

  @Test(
    "a network costs the cycles a product that were measured on each board, ± 5 %",
    arguments: transfers)
  func transfer(profile: String, file: String, board: String, measured: Double) throws {
    let macs = Double(try Published.model(file).main.macs)
    let perMAC = try Self.cycles(file, profile, board) / macs
    #expect((perMAC / measured - 1).magnitude < 0.05, "\(perMAC)")
  }

  @Test("networks on the STM32F769 at 216 MHz take what was published, ± 10 %")
  func slowerBoard() throws {
    for (file, milliseconds) in [
      ("fdmobilenet_0.25_128_int8.tflite", 39.47), ("fdmobilenet_0.25_224_int8.tflite", 112.4),
    ] {
      let cycles = try Self.cycles(file, "x-cube-ai-7.3", "stm32f769i-disco")
      #expect((cycles / 216e3 / milliseconds - 1).magnitude < 0.10, "\(cycles / 216e3)")
    }
  }

  @Test("cycles of a network that stays in its caches do not depend on the clock")
  func clock() throws {
    let fast = try Self.cycles("ic_resnet8_int8.tflite", "x-cube-ai-7.3", "stm32h743zi")
    let slow = try Self.cycles("ic_resnet8_int8.tflite", "x-cube-ai-7.3", "stm32h743zi") {
      $0.clock /= 2
      $0.busClock /= 2
    }
    // X-CUBE-AI PerfTest on an STM32F746 at 216 and 288 MHz: 15.927 and 15.938 Mcycles, 0.07 %.
    // Half the clock needs fewer wait states here.
    #expect((slow / fast - 1).magnitude < 0.03)
  }

  @Test("weights and activations cost less in tightly coupled memory, more outside the chip")
  func regions() throws {
    func cycles(_ weights: String?, _ arena: String?) throws -> Double {
      try Self.cycles(
        "vww_96_int8.tflite", "x-cube-ai-7.3", "stm32h747i-disco", weights: weights, arena: arena)
    }
    let usual = try cycles("FLASH", "AXI_SRAM")
    #expect(try cycles(nil, nil) == usual)
    #expect(try cycles("ITCM", "AXI_SRAM") < usual)
    #expect(try cycles("FLASH", "DTCM") < usual)
    #expect(try cycles("FLASH", "SRAM1") > usual)
    #expect(try cycles("FLASH", "SDRAM") > cycles("FLASH", "SRAM1"))
    #expect(try cycles("QSPI_FLASH", "AXI_SRAM") > usual)
    // 8,400 lines of weights, each read once, are most of an autoencoder's time from outside.
    let matrices = try ["FLASH", "QSPI_FLASH"].map {
      try Self.cycles("ad01_int8.tflite", "x-cube-ai-7.3", "stm32h747i-disco", weights: $0)
    }
    #expect(matrices[1] > matrices[0] * 2)
  }

  @Test("more wait states of the flash show most in a network of matrices read once")
  func waitStates() throws {
    func slowdown(_ file: String) throws -> Double {
      let usual = try Self.cycles(file, "x-cube-ai-7.3", "stm32h7a3zi")
      return try Self.cycles(file, "x-cube-ai-7.3", "stm32h7a3zi") {
        $0.flash.maximumBusClocks = Array(repeating: 1, count: 13) + [280_000_000]
      } / usual
    }
    let matrices = try slowdown("ad01_int8.tflite")
    let convolutions = try slowdown("ic_resnet8_int8.tflite")
    #expect(matrices > 1.2 && convolutions > 1 && convolutions < matrices)
  }

  @Test("without caches a network takes a multiple of its time")
  func caches() throws {
    // The same program on an STM32F767 took 486 ms under one start-up code and 1465 under another
    // (tensorflow#43931): 3.0 times.
    let file = "person_detect.tflite"
    let usual = try Self.cycles(file, "tflm-cmsis-nn", "stm32f769i-disco")
    let withoutData = try Self.cycles(file, "tflm-cmsis-nn", "stm32f769i-disco") {
      $0.dataCache = nil
    }
    let without = try Self.cycles(file, "tflm-cmsis-nn", "stm32f769i-disco") {
      $0.dataCache = nil
      $0.instructionCache = nil
    }
    #expect(usual < withoutData && withoutData < without)
    #expect(
      withoutData / usual < 3.0 && without / usual > 3.0,
      "\(withoutData / usual) \(without / usual)")
  }
}
