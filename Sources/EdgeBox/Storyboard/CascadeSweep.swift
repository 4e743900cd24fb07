import Metrics
package import VirtualTime

/// One storyboard under many thresholds, links and policies.
package struct CascadeSweep: Sendable, Equatable {
  /// What makes a detection doubtful.
  package enum Policy: String, Sendable, CaseIterable {
    /// A low score, or a near runner-up.
    case both
    case threshold
    case margin
    case edgeOnly = "edge-only"
  }

  package struct Point: Sendable, Equatable {
    /// Nil where the policy has none, and at the operating point of sites with thresholds of their own.
    package var threshold: Double?
    package var link: String
    package var policy: Policy
    /// As the storyboard has it.
    package var isOperating: Bool
    package var escalationRate: Double
    /// Of the final answers, at an overlap of 0.5; nil without truth.
    package var meanPrecision: Double?
    /// Micro-units.
    package var costPerDay: Int64
    /// Share of the escalations.
    package var inTime: Double?
    package var p99: Duration?

    package init(
      threshold: Double?, link: String, policy: Policy, isOperating: Bool,
      of outcome: CascadeOutcome
    ) {
      self.threshold = threshold
      self.link = link
      self.policy = policy
      self.isOperating = isOperating
      escalationRate = outcome.total.frames.escalationRate
      meanPrecision = outcome.meanPrecision
      costPerDay = outcome.total.cost / Int64(outcome.days)
      let crops = outcome.total.escalations
      inTime =
        crops.total == 0
        ? nil
        : Double(crops[.answeredInTime] + crops[.batchedInTime]) / Double(crops.total)
      p99 = outcome.finalLatency.quantile(0.99)
    }
  }

  package var currency: String
  package var points: [Point]

  package init(currency: String, points: [Point]) {
    self.currency = currency
    self.points = points
  }

  /// Places of the points that no other beats in both cost and accuracy, by cost.
  package var front: [Int] {
    var front: [Int] = []
    var best = -Double.infinity
    let known = points.indices.filter { points[$0].meanPrecision != nil }
    for index in known.sorted(by: { first, second in
      let (a, b) = (points[first], points[second])
      return (a.costPerDay, -(a.meanPrecision ?? 0), first)
        < (b.costPerDay, -(b.meanPrecision ?? 0), second)
    }) {
      guard let precision = points[index].meanPrecision, precision > best else { continue }
      best = precision
      front.append(index)
    }
    return front
  }

  /// The gates of a plan under a policy with one threshold for all stations.
  package static func gates(
    of plan: CascadePlan, _ policy: Policy, threshold: Double
  ) -> [CascadePlan.Gate] {
    plan.gates.map { gate in
      var gate = gate
      gate.threshold = policy == .margin ? 0 : threshold
      if policy == .threshold { gate.margin = 0 }
      return gate
    }
  }
}
