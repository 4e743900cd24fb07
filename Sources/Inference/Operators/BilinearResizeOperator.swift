import Bytes
import Kernels
import Models

/// RESIZE_BILINEAR on int8 and float32.
struct BilinearResizeOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: BilinearResize

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .resize(let alignsCorners, let halfPixelCenters) = p.op.options else {
      throw p.error("expected resize options")
    }
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    try p.require(
      [.int8, .float32].contains(input.type), "expected int8 or float32, found \(input.type.name)")
    try p.require(
      !(alignsCorners && halfPixelCenters),
      "expected aligned corners or half-pixel centres, found both")
    let (from, to) = (try p.shape(input, rank: 4), try p.shape(output, rank: 4))
    let limit = 1 << 20
    try p.require(
      from[0] == to[0] && from[3] == to[3] && (from + to).allSatisfy { $0 < limit },
      "expected a resized \(from), found \(to)")
    if input.type == .int8 { try p.requireSameQuantization(input, output) }
    return BilinearResizeOperator(
      input: input, output: output, images: Images(input, output),
      kernel: BilinearResize(
        from: (from[1], from[2]), to: (to[1], to[2]), channels: from[3],
        alignsCorners: alignsCorners, halfPixelCenters: halfPixelCenters))
  }

  func run(_ memory: Memory) {
    for image in 0..<images.count {
      let (source, target) = (image * images.inputSize, image * images.outputSize)
      if input.type == .int8 {
        kernel.run(memory.int8(input) + source, to: memory.int8(output) + target)
      } else {
        kernel.run(memory.float(input) + source, to: memory.float(output) + target)
      }
    }
  }
}
