/// A length of virtual time in whole nanoseconds. Public so that the modules that use it inline it.
public struct Duration: Equatable, Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  @inlinable public static var zero: Duration { Duration(nanoseconds: 0) }

  @inlinable public static func nanoseconds(_ count: Int64) -> Duration {
    Duration(nanoseconds: count)
  }
  @inlinable public static func microseconds(_ count: Int64) -> Duration {
    Duration(nanoseconds: count * 1_000)
  }
  @inlinable public static func milliseconds(_ count: Int64) -> Duration {
    Duration(nanoseconds: count * 1_000_000)
  }
  @inlinable public static func seconds(_ count: Int64) -> Duration {
    Duration(nanoseconds: count * 1_000_000_000)
  }

  /// For reports only: a result of arithmetic on time stays integer.
  @inlinable public var inMilliseconds: Double { Double(nanoseconds) / 1e6 }
  @inlinable public var inSeconds: Double { Double(nanoseconds) / 1e9 }

  @inlinable public static func < (a: Duration, b: Duration) -> Bool {
    a.nanoseconds < b.nanoseconds
  }
  @inlinable public static func + (a: Duration, b: Duration) -> Duration {
    Duration(nanoseconds: a.nanoseconds + b.nanoseconds)
  }
  @inlinable public static func - (a: Duration, b: Duration) -> Duration {
    Duration(nanoseconds: a.nanoseconds - b.nanoseconds)
  }
  @inlinable public static func * (a: Duration, count: Int64) -> Duration {
    Duration(nanoseconds: a.nanoseconds * count)
  }
  @inlinable public static func += (a: inout Duration, b: Duration) { a = a + b }
}

/// A point in virtual time: whole nanoseconds since the run began.
public struct Instant: Equatable, Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  @inlinable public static var zero: Instant { Instant(nanoseconds: 0) }

  /// Where a recording's microsecond falls when the run begins at the recording's `origin`.
  @inlinable public init(microsecond: Int64, since origin: Int64) {
    self.init(nanoseconds: (microsecond - origin) * 1_000)
  }

  @inlinable public static func < (a: Instant, b: Instant) -> Bool {
    a.nanoseconds < b.nanoseconds
  }
  @inlinable public static func + (a: Instant, b: Duration) -> Instant {
    Instant(nanoseconds: a.nanoseconds + b.nanoseconds)
  }
  @inlinable public static func - (a: Instant, b: Instant) -> Duration {
    Duration(nanoseconds: a.nanoseconds - b.nanoseconds)
  }
}
