import Events

/// The plainest possible decoders, word by word as openeb describes the formats: slow, and different
/// in shape from the ones under test.
struct ReferenceDecoder {
  var width = 65_536
  var height = 65_536
  private(set) var events: [String] = []
  private(set) var triggers = 0
  private(set) var leftOut = 0
  private(set) var unknown = 0

  init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  private mutating func emit(_ time: Int, _ x: Int, _ y: Int, _ polarity: Int) {
    if x < width && y < height {
      events.append("\(time) \(x) \(y) \(polarity)")
    } else {
      leftOut += 1
    }
  }

  mutating func evt2(_ words: [UInt32]) {
    let highest = ((1 << 28) - 1) * 64
    var high: Int?
    var loops = 0
    for word in words.map(Int.init) {
      let type = word >> 28
      if type == 8 {
        let new = word % (1 << 28) * 64
        if let old = high, new < old, old - new >= highest - 10_000 { loops += 1 }
        high = new
      } else if type < 2 || type == 10 {
        guard let high else {
          leftOut += 1
          continue
        }
        if type == 10 {
          triggers += 1
        } else {
          let time = loops * (highest + 64) + high + (word >> 22) % 64
          emit(time, (word >> 11) % 2048, word % 2048, type)
        }
      } else if type < 13 {
        unknown += 1
      }
    }
  }

  mutating func evt3(_ words: [UInt16]) {
    var (high, low, loops): (Int?, Int, Int) = (nil, 0, 0)
    var row: Int?
    var base: (x: Int, polarity: Int)?
    for word in words.map(Int.init) {
      let content = word % 4096
      switch word / 4096 {
      case 0: row = content % 2048
      case 1:
        row = nil
        unknown += 1
      case 2:
        if let high, let row {
          emit((loops * 4096 + high) * 4096 + low, content % 2048, row, content / 2048)
        } else {
          leftOut += 1
        }
      case 3: base = (content % 2048, content / 2048)
      case 4, 5:
        let length = word / 4096 == 4 ? 12 : 8
        for bit in 0..<length where content >> bit & 1 == 1 {
          if let high, let row, let base, base.x + bit < 2048 {
            emit((loops * 4096 + high) * 4096 + low, base.x + bit, row, base.polarity)
          } else {
            leftOut += 1
          }
        }
        base?.x += length
      case 6: low = content
      case 8:
        if let old = high {
          if old >= 2048 + content { loops += 1 }
          if old != content { low = 0 }
        }
        high = content
      case 10: if high == nil { leftOut += 1 } else { triggers += 1 }
      case 7, 13, 14, 15: break
      case 9 where word == 0x9999: break
      default: unknown += 1
      }
    }
  }
}
