import Boards
import Models

extension Graph {
  /// The element type that decides which kernel runs; nil for operators without data.
  func dataType(of operation: Operator) -> ElementType? {
    switch operation.kind {
    case .transposeConv: input(2, operation)?.type
    case .split, .embeddingLookup, .select, .selectV2: input(1, operation)?.type
    case .fill: operation.outputs.first.map { tensors[$0].type }
    default: input(0, operation)?.type
    }
  }

  /// Whether a limit's condition is met by one operator.
  func meets(_ condition: OperatorLimit.Condition, _ operation: Operator) -> Bool {
    let data = operation.kind == .transposeConv ? input(2, operation) : input(0, operation)
    let weights = input(1, operation)
    switch condition {
    case .grouped: return isGrouped(operation)
    case .groupedInt16: return isGrouped(operation) && data?.type == .int16
    case .groupedInt4: return isGrouped(operation) && weights?.type == .int4
    case .hybrid: return isHybrid(data?.type, weights?.type)
    case .dilated:
      guard case .convolution(let options) = operation.options else { return false }
      return options.dilation != Stride()
    case .batchAbove1: return (data?.shape.first ?? 1) > 1
    case .rankAbove4: return rank(operation) > 4
    case .rankAbove5: return rank(operation) > 5
    case .inputsAbove10: return operation.inputs.count > 10
    case .float: return data?.type == .float32
    case .unequalScales: return hasUnequalScales(operation)
    case .fusedActivation:
      guard case .concatenation(_, let activation) = operation.options else { return false }
      return activation != .none
    case .computedSteering:
      return operation.inputs.dropFirst().contains {
        $0.map { tensors[$0].constant == nil && tensors[$0].elementCount > 0 } ?? false
      }
    }
  }

  private func input(_ position: Int, _ operation: Operator) -> Tensor? {
    guard position < operation.inputs.count, let index = operation.inputs[position] else {
      return nil
    }
    return tensors[index]
  }

  private func isGrouped(_ operation: Operator) -> Bool {
    guard operation.kind == .conv2D, let data = input(0, operation)?.shape.last,
      let filter = input(1, operation)?.shape.last
    else { return false }
    return filter < data
  }

  /// int8 data go with int8 and int4 weights, int16 data with int8 weights, float with float.
  private func isHybrid(_ data: ElementType?, _ weights: ElementType?) -> Bool {
    guard let data, let weights else { return false }
    switch data {
    case .int8: return weights != .int8 && weights != .int4
    case .int16: return weights != .int8
    case .float32: return weights != .float32
    default: return false
    }
  }

  private func rank(_ operation: Operator) -> Int {
    let inputs = operation.inputs.first.flatMap(\.self).map { tensors[$0].shape.count } ?? 0
    return max(inputs, operation.outputs.first.map { tensors[$0].shape.count } ?? 0)
  }

  private func hasUnequalScales(_ operation: Operator) -> Bool {
    guard let output = operation.outputs.first.map({ tensors[$0] }), output.type == .int8,
      let wanted = output.quantization
    else { return false }
    return operation.inputs.contains { index in
      guard let index, let found = tensors[index].quantization else { return false }
      return found.scales.first != wanted.scales.first
        || found.zeroPoints.first != wanted.zeroPoints.first
    }
  }
}
