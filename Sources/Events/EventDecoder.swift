import Bytes

/// One format's words to events. Each conforming type has one hot function.
protocol EventDecoder: Sendable {
  /// Decodes whole records from the front of `bytes` until they or the room in `output` run out.
  ///
  /// Returns how many bytes were used. `offset` is where `bytes` starts in the file, for the
  /// places of anomalies; `isEnd` tells that nothing follows.
  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int

  /// What decoding from here on depends on besides the bytes: whole numbers for an index to keep.
  var checkpoint: [Int64] { get }

  /// Goes on from a checkpoint of the same recording; false when `values` cannot be one.
  mutating func resume(from values: [Int64]) -> Bool

  /// Notes what is missing when the recording ends here with `left` bytes unused.
  mutating func finish(left: Int, at offset: Int, _ tally: inout TraceTally)
}

extension EventDecoder {
  mutating func finish(left: Int, at offset: Int, _ tally: inout TraceTally) {
    if left > 0 { tally.anomalies.note(.truncatedTail, at: .byte(offset)) }
  }
}
