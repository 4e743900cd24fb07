import Boards
import Models
import TestSupport
import Testing
import Timing

@Suite("Instructions of TFLM with CMSIS-NN", .enabled(if: SharedData.isPresent))
struct InstructionFitTests {
  @Test("whole networks of unseen architectures are counted within 8 %, 3 % on average")
  func heldOut() throws {
    let rows = try Published.instructionFit().heldOut()
    #expect(rows.count == 24)
    let errors = rows.map(\.error.magnitude)
    #expect(errors.reduce(0, +) / 24 < 0.03)
    #expect(errors.allSatisfy { $0 < 0.08 })
  }

  @Test("a multiply–accumulate takes the instructions of CMSIS-NN's inner loops")
  func innerLoops() throws {
    let fit = try Published.instructionFit().fit()
    func each(_ cost: RuntimeCost) -> Double { fit[cost.position] }
    // Two products per SMLAD and its share of loads: between one and two instructions.
    #expect((1.0...2.0).contains(each(.convolutionMAC)))
    #expect((1.0...2.5).contains(each(.matrixMAC)))
    // TFLM's ADD rescales both inputs and the sum: three requantizations.
    #expect((60...100).contains(each(.elementwise)))
  }

  @Test("cycles of TFLM lie between those of compiled code and the reference kernels")
  func order() throws {
    let works = LayerWork.of(try Published.model("vww_96_int8.tflite").main)
    func cycles(_ runtime: String) throws -> Int {
      let model = CycleModel(try Published.profile(runtime))
      return works.reduce(0) { $0 + model.cycles(of: $1) }
    }
    let compiled = try cycles("x-cube-ai-7.3")
    let optimized = try cycles("tflm-cmsis-nn")
    let reference = try cycles("tflm-reference")
    #expect(compiled < optimized && optimized * 5 < reference)
    // The TinyEngine table's ratios of the two are 1.46 to 1.66.
    #expect((1.2...1.8).contains(Double(optimized) / Double(compiled)))
  }
}
