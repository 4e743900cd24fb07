import Glibc

/// What the photoreceptors of all pixels share during one step between frames.
struct Receptor {
  /// Microseconds of the first-order low-pass; 0 for none.
  let timeConstant: Double
  /// Microseconds from frame to frame.
  let step: Double
  /// What is left of a deviation at the end of the step.
  let decay: Double

  init(timeConstant: Double, step: Double) {
    self.timeConstant = timeConstant
    self.step = step
    decay = timeConstant > 0 ? exp(-step / timeConstant) : 0
  }
}

/// One pixel's answer during a step: exactly what a first-order low-pass makes of a straight line,
/// with the sinking of the reference added to it.
///
/// For light from L₀ with slope s, an answer y₀ at the start, time constant T and leak k:
///
///     g(τ) = L₀ − s·T + (s + k)·τ + (y₀ − L₀ + s·T)·exp(−τ/T)
///
/// It has at most one extremum, so it is at most two monotone stretches, and each crossing of a
/// threshold is found by bisection on its stretch instead of being taken from a straight line.
struct ReceptorCurve {
  private let receptor: Receptor
  private let base: Double
  private let slope: Double
  /// The part that decays.
  private let deviation: Double
  /// The answer at the end of the step, leak included.
  let end: Double

  init(_ receptor: Receptor, from: Double, to: Double, answer: Double, leak: Double) {
    self.receptor = receptor
    let rise = (to - from) / receptor.step
    let lag = rise * receptor.timeConstant
    // Without a low-pass there is no deviation, and the answer is the light.
    deviation = receptor.timeConstant > 0 ? answer - from + lag : 0
    base = from - lag
    slope = rise + leak
    end = base + slope * receptor.step + deviation * receptor.decay
  }

  private func value(_ time: Double) -> Double {
    deviation == 0
      ? base + slope * time
      : base + slope * time + deviation * exp(-time / receptor.timeConstant)
  }

  /// Microseconds into the step at which the curve turns; nil when it does not.
  private var turn: Double? {
    guard deviation != 0, slope != 0 else { return nil }
    let share = slope * receptor.timeConstant / deviation
    guard share > receptor.decay, share < 1 else { return nil }
    return -receptor.timeConstant * log(share)
  }

  /// Calls `body` with the offset in microseconds and polarity of each event, and moves the
  /// reference with each.
  func crossings(
    reference: inout Double, on: Double, off: Double, _ body: (Double, Bool) -> Void
  ) {
    if let turn {
      let middle = value(turn)
      stretch(0...turn, end: middle, &reference, on, off, body)
      stretch(turn...receptor.step, end: end, &reference, on, off, body)
    } else {
      stretch(0...receptor.step, end: end, &reference, on, off, body)
    }
  }

  private func stretch(
    _ times: ClosedRange<Double>, end: Double, _ reference: inout Double, _ on: Double,
    _ off: Double, _ body: (Double, Bool) -> Void
  ) {
    var from = times.lowerBound
    while end >= reference + on || end <= reference - off {
      let isOn = end >= reference + on
      reference += isOn ? on : -off
      from = time(of: reference, isRising: isOn, in: from...times.upperBound)
      body(from, isOn)
    }
  }

  /// When a monotone stretch reaches `level`, to a thousandth of a microsecond.
  private func time(
    of level: Double, isRising: Bool, in range: ClosedRange<Double>
  ) -> Double {
    if deviation == 0 {
      return min(max((level - base) / slope, range.lowerBound), range.upperBound)
    }
    var (low, high) = (range.lowerBound, range.upperBound)
    while high - low > 1e-3 {
      let middle = (low + high) / 2
      if (value(middle) >= level) == isRising { high = middle } else { low = middle }
    }
    return high
  }
}
