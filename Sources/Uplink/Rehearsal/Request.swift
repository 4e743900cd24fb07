package import VirtualTime

/// One request as a station makes it: an image to be judged elsewhere.
package struct Request: Sendable, Equatable {
  package var time: Instant
  /// Of the whole HTTP request, headers included.
  package var bytes: Int
  /// Numbers of names, see `RequestNames`.
  package var prompt: Int32
  package var variant: Int32
  package var station: Int32
  package var key: Int32
  /// Perceptual: images that look alike differ in few bits.
  package var imageHash: UInt64
  /// What is to be seen in the image, the truth that a cached answer is judged by; the variant when
  /// nothing more is known.
  package var label: Int32?
  /// What is asked about, and the request itself, as a client numbers them.
  package var subject: Int
  package var token: Int

  package init(
    time: Instant, bytes: Int, prompt: Int32 = 0, variant: Int32 = 0, station: Int32 = 0,
    key: Int32 = 0, imageHash: UInt64 = 0, label: Int32? = nil, subject: Int = 0, token: Int = 0
  ) {
    self.time = time
    self.bytes = bytes
    self.prompt = prompt
    self.variant = variant
    self.station = station
    self.key = key
    self.imageHash = imageHash
    self.label = label
    self.subject = subject
    self.token = token
  }
}

/// Names that requests carry as numbers.
package struct NameTable: Sendable, Equatable {
  package private(set) var names: [String] = []
  private var numbers: [String: Int32] = [:]

  package init(_ names: [String] = []) {
    for name in names { _ = number(of: name) }
  }

  package mutating func number(of name: String) -> Int32 {
    if let number = numbers[name] { return number }
    let number = Int32(names.count)
    names.append(name)
    numbers[name] = number
    return number
  }

  package func existing(_ name: String) -> Int32? { numbers[name] }

  package subscript(number: Int32) -> String { names[Int(number)] }
}

/// The names in a request trace.
package struct RequestNames: Sendable, Equatable {
  package var prompts = NameTable()
  package var variants = NameTable()
  /// In the order of the rehearsal's stations; a trace cannot add to them.
  package var stations = NameTable()
  package var keys = NameTable()

  package init() {}
}
