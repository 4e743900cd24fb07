import VirtualTime

/// A call on its way through a gateway.
struct Flight: Sendable {
  /// An attempt under way.
  struct Running: Sendable {
    /// Its place in the trail.
    var attempt: Int
    var reply: Provider.Reply
    /// Given up by the gateway before the provider answers.
    var timesOut: Bool
    var wasProbe: Bool
    var timer: Agenda<GatewayEvent>.Token
  }

  /// What the answer says if nothing better comes.
  struct Problem: Sendable {
    var status: Int
    var error: ErrorType
    var provider: Int?
    var retryAfter: Duration?
  }

  var number: Int
  var call: Call
  /// The call's virtual key, if the gateway knows it.
  var virtualKey: Int?
  /// Position in the fallback chain.
  var stage = 0
  var retries = 0
  var waited = Duration.zero
  var provider = 0
  var keys = KeyRing.State()
  /// Providers of the group that this call does not ask again: bit i is provider i.
  var deadProviders: UInt64 = 0
  /// The key of the last attempt, for retries that keep it.
  var lastKey: Int?
  var trail: [Attempt] = []
  var running: Running?
  var hedge: Running?
  var hasHedged = false
  var primaryProblem: Problem?
  var problem: Problem?
  /// What is to be decided on once the hedge has ended, too.
  var undecided: (failure: FailureClass, retryAfter: Duration?)?
  var pause: Agenda<GatewayEvent>.Token?
  var hedgeTimer: Agenda<GatewayEvent>.Token?
  var overallTimer: Agenda<GatewayEvent>.Token?
  var isWaitingForTurn = false
  /// Equal calls that wait for this one's answer.
  var followers: [Call] = []
}

enum GatewayEvent: Sendable {
  case begin(flight: Int, number: Int)
  case attemptEnds(flight: Int, number: Int, isHedge: Bool)
  case pauseEnds(flight: Int, number: Int, rotates: Bool)
  case hedge(flight: Int, number: Int)
  case overallTimeout(flight: Int, number: Int)
}
