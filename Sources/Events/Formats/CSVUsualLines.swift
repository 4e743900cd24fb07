/// The two common orders of short whole numbers, read without looking at each digit or column:
/// `t,x,y,p` and `x,y,p,t`, with coordinates below 10,000.
struct CSVUsualLines {
  let delimiter: UInt8
  let isTimeFirst: Bool

  /// Nil for a dialect whose lines are others.
  init?(_ dialect: CSVDialect) {
    let columns = dialect.columns
    let places = [columns.time, columns.x, columns.y, columns.polarity]
    guard !dialect.timeIsSeconds, columns.count == 4,
      places == [0, 1, 2, 3] || places == [3, 0, 1, 2]
    else { return nil }
    delimiter = dialect.delimiter
    isTimeFirst = columns.time == 0
  }

  /// Reads up to `maximum` lines from `position` on and stops in front of any other, and at the
  /// latest when a line starts behind `last`. Returns how many lines, each an event, were read.
  ///
  /// Not inlined: on its own the loop keeps all its pointers in registers.
  @inline(never)
  func decode(
    _ text: UnsafePointer<UInt8>, _ position: inout Int, last: Int, maximum: Int,
    _ output: inout EventOutput
  ) -> Int {
    let (times, xs) = (output.times + output.count, output.xs + output.count)
    let (ys, polarities) = (output.ys + output.count, output.polarities + output.count)
    let newline = UInt8(ascii: "\n")
    var lines = 0
    var start = position
    while lines < maximum && start <= last {
      var next = start
      var time = Int64(0)
      if isTimeFirst {
        guard let value = CSVNumber.read(text, &next), text[next] == delimiter else { break }
        time = value
        next &+= 1
      }
      guard let (x, y) = CSVNumber.readPair(text, &next, delimiter) else { break }
      let polarity = text[next] ^ 0x30
      next &+= 1
      guard polarity < 2 else { break }
      if !isTimeFirst {
        guard text[next] == delimiter else { break }
        next &+= 1
        guard let value = CSVNumber.read(text, &next) else { break }
        time = value
      }
      if text[next] == 0x0D { next &+= 1 }
      guard text[next] == newline else { break }
      start = next &+ 1
      times[lines] = time
      xs[lines] = UInt16(truncatingIfNeeded: x)
      ys[lines] = UInt16(truncatingIfNeeded: y)
      polarities[lines] = polarity
      lines &+= 1
    }
    position = start
    output.count &+= lines
    return lines
  }
}
