import Models
import Planning
import TestSupport
import Testing

@Suite struct OfflinePlanTests {
  /// The heads are what `print_allocations()` of the PyPI package tflite-micro 0.dev20261023 prints
  /// for the files as they are and with the offsets (portable kernels).
  @Test(
    "the two published models on which TFLM's planner wastes a quarter need no more than they must",
    .enabled(if: SharedData.isPresent),
    arguments: [("vww_96_int8", 73_728, 55_296), ("vww_96_float", 294_912, 221_184)])
  func visualWakeWords(name: String, before: Int, after: Int) throws {
    let bytes = try SharedData.bytes("models/\(name).tflite")
    let model = try Model(tflite: bytes, name: name)
    let arena = try InterpreterArena(of: model, kernels: .reference)
    #expect(arena.head == before)
    let comparison = try PlanComparison(
      of: model, kernels: .reference, plan: arena.plan, effort: .quick)
    #expect(comparison.best.isProvenSmallest && comparison.best.plan.size == after)
    let plan = try #require(comparison.offline)
    #expect(plan.size == after)
    let file = try TFLiteMetadata.adding(OfflinePlan.name, plan.bytes, to: bytes)
    let planned = try InterpreterArena(
      of: Model(tflite: file, name: name), kernels: .reference)
    #expect(planned.head == after)
    #expect(planned.plan.collisions.isEmpty)
    #expect(planned.tail == arena.tail)
  }

  @Test(
    "where the runtime wastes nothing, there is nothing to write",
    .enabled(if: SharedData.isPresent))
  func nothing() throws {
    let model = try Model(
      tflite: SharedData.bytes("models/person_detect.tflite"), name: "person_detect")
    let arena = try InterpreterArena(of: model, kernels: .cmsisNN)
    let comparison = try PlanComparison(
      of: model, kernels: .cmsisNN, plan: arena.plan, effort: .quick)
    #expect(comparison.waste == 0 && comparison.offline == nil)
  }
}
