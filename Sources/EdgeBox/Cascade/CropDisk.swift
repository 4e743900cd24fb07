/// Crops that wait on a box's disk for a link, the oldest first.
struct CropDisk: Sendable {
  struct Entry: Sendable {
    var crop: Int32
    /// When its frame reached the box, and when it was put here; nanoseconds.
    var arrival: Int64
    var since: Int64
  }

  private var entries: [Entry] = []
  private var head = 0

  var count: Int { entries.count - head }
  var first: Entry? { count > 0 ? entries[head] : nil }

  mutating func append(_ entry: Entry) { entries.append(entry) }

  mutating func removeFirst() -> Entry? {
    guard count > 0 else { return nil }
    defer {
      head += 1
      if head == entries.count || head > 1_024 && head * 2 > entries.count {
        entries.removeFirst(head)
        head = 0
      }
    }
    return entries[head]
  }

  /// Puts back what could not be sent, among those of its age.
  mutating func putBack(_ entry: Entry) {
    var place = head
    while place < entries.count, entries[place].since <= entry.since { place += 1 }
    entries.insert(entry, at: place)
  }
}

/// Values that come and go, in an array that keeps its memory.
struct Pool<Value: Sendable>: Sendable {
  private var values: [Value] = []
  private var free: [Int32] = []

  var count: Int { values.count - free.count }

  mutating func insert(_ value: Value) -> Int {
    if let place = free.popLast() {
      values[Int(place)] = value
      return Int(place)
    }
    values.append(value)
    return values.count - 1
  }

  subscript(place: Int) -> Value {
    get { values[place] }
    _modify { yield &values[place] }
  }

  mutating func remove(_ place: Int) { free.append(Int32(place)) }
}
