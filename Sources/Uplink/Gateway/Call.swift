package import VirtualTime

/// One request as it arrives at the far end of the link: a gateway, or a provider without one.
///
/// Names are interned by whoever makes calls: a prompt version, a variant, a label and a station are
/// numbers here, so that a call is one flat value.
package struct Call: Sendable, Equatable {
  /// Chosen by the caller, unique among calls not yet answered.
  package var id: Int
  /// Size of the request body.
  package var bytes: Int
  package var promptVersion: Int
  /// The product variant that the image shows.
  package var variant: Int
  /// What is to be seen in the image, as far as a trace says so: the truth that a cached answer is
  /// judged by.
  package var label: Int
  /// Perceptual hash of the image: images that look alike differ in few bits.
  package var imageHash: UInt64
  package var station: Int
  /// An index into the virtual keys of the gateway's profile; nil when the call carries none, and
  /// an index outside the profile is a key that the gateway does not know.
  package var virtualKey: Int?
  /// After this instant nobody waits for the answer.
  package var deadline: Instant?
  /// Calls that a client repeats for the same work carry the same number.
  package var idempotencyKey: Int?
  /// What the call is about, as its caller numbers it: an answer out of a cache says what it was about.
  package var subject: Int

  package init(
    id: Int, bytes: Int = 0, promptVersion: Int = 0, variant: Int = 0, label: Int = 0,
    imageHash: UInt64 = 0, subject: Int = 0, station: Int = 0, virtualKey: Int? = nil,
    deadline: Instant? = nil,
    idempotencyKey: Int? = nil
  ) {
    self.id = id
    self.bytes = bytes
    self.promptVersion = promptVersion
    self.variant = variant
    self.label = label
    self.imageHash = imageHash
    self.subject = subject
    self.station = station
    self.virtualKey = virtualKey
    self.deadline = deadline
    self.idempotencyKey = idempotencyKey
  }
}

/// What the far end says to a call, and how it came to say it.
package struct Answer: Sendable, Equatable {
  package enum Cache: String, Sendable, CaseIterable {
    /// Not looked up, or not found.
    case none
    /// The same image hash.
    case exact
    /// An image hash within the threshold.
    case near
    /// Found, but of an image with another truth: the answer is wrong.
    case falseHit
  }

  /// Where an answer out of a cache comes from.
  package struct Stored: Sendable, Equatable {
    /// Of the call that was answered then.
    package var subject: Int
    package var provider: Int
  }

  /// HTTP status.
  package var status: Int
  /// Nil for a status of 200.
  package var error: ErrorType?
  /// Size of the response body.
  package var bytes: Int
  /// Index of the provider that answered, or whose failure the answer reports.
  package var provider: Int?
  package var cache: Cache
  /// Nil unless it comes out of a cache.
  package var stored: Stored?
  /// When the caller is told to come again.
  package var retryAfter: Duration?
  /// Every attempt in order of its beginning.
  package var trail: [Attempt]

  package init(
    status: Int, error: ErrorType? = nil, bytes: Int = 0, provider: Int? = nil,
    cache: Cache = .none, stored: Stored? = nil, retryAfter: Duration? = nil, trail: [Attempt] = []
  ) {
    self.status = status
    self.error = error
    self.bytes = bytes
    self.provider = provider
    self.cache = cache
    self.stored = stored
    self.retryAfter = retryAfter
    self.trail = trail
  }

  package var isSuccess: Bool { error == nil }

  /// What providers bill for all attempts, those whose answer nobody waited for among them, in
  /// micro-units.
  package var cost: Int64 { trail.reduce(0) { $0 + $1.cost } }
}

/// One try at one provider with one key.
package struct Attempt: Sendable, Equatable {
  package var provider: Int
  /// Index among the provider's keys.
  package var key: Int
  package var began: Instant
  /// When it ended or was given up.
  package var ended: Instant
  /// What the provider said; 0 when it said nothing.
  package var status: Int
  /// Nil when it succeeded.
  package var failure: FailureClass?
  /// What the provider bills, in micro-units.
  package var cost: Int64
  /// Position in the fallback chain, 0 for the primary.
  package var fallback: Int
  /// Started while another attempt was still under way.
  package var isHedge: Bool

  package init(
    provider: Int, key: Int, began: Instant, ended: Instant, status: Int,
    failure: FailureClass?, cost: Int64, fallback: Int = 0, isHedge: Bool = false
  ) {
    self.provider = provider
    self.key = key
    self.began = began
    self.ended = ended
    self.status = status
    self.failure = failure
    self.cost = cost
    self.fallback = fallback
    self.isHedge = isHedge
  }
}

/// What a far end asks of its owner.
package enum Effect: Sendable, Equatable {
  /// Call `wake` with this token at this time.
  case wake(token: Int, at: Instant)
  /// Send the answer to the call with this number.
  case answer(call: Int, Answer)
}
