import Bytes
import Events
import Scenarios

// Options that commands on recordings share.

func traceFormatNames(_ formats: [TraceFormat]) -> String {
  formats.map(\.rawValue).joined(separator: ", ")
}

func traceFormat(
  _ text: String, _ command: String, of formats: [TraceFormat]
) throws -> TraceFormat {
  if let format = TraceFormat(rawValue: text), formats.contains(format) { return format }
  throw UsageError(
    "preflash \(command): unknown format ‘\(text)’; expected \(traceFormatNames(formats))")
}

/// `640x480`
func sensorSize(_ text: String, _ command: String) throws -> SensorSize {
  let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
  guard sides.count == 2, let width = sides[0], let height = sides[1],
    (1...65_536).contains(width), (1...65_536).contains(height)
  else {
    throw UsageError(
      "preflash \(command): --sensor: expected WIDTHxHEIGHT such as 640x480, found ‘\(text)’")
  }
  return SensorSize(width: width, height: height)
}

/// `--columns`, for every command that reads a recording.
func columnsOption<Arguments>(
  _ columns: WritableKeyPath<Arguments, TextColumns?>, _ command: String
) -> Option<Arguments> {
  Option(
    "--columns", value: "NAMES",
    help: "Columns of a text in their order, such as x,y,-,p,t;\n"
      + "- for one to pass over. Without, header or values tell."
  ) {
    do throws(InputError) {
      $0[keyPath: columns] = try TextColumns($1)
    } catch {
      throw UsageError("preflash \(command): --columns: \(error.problem)")
    }
  }
}

/// What `--time-shift`, `--origin` and `--monotonic` ask for; nil and false where they were not given.
package struct AdjustmentRequest: Equatable, Sendable {
  var timeShift: TraceAdjustment.TimeShift?
  var origin: TraceAdjustment.Origin?
  var isMonotonic = false

  package init() {}

  /// What a scenario asks for, or nothing, with what was typed on top.
  func changing(_ adjustment: TraceAdjustment = TraceAdjustment()) -> TraceAdjustment {
    var adjustment = adjustment
    adjustment.timeShift = timeShift ?? adjustment.timeShift
    adjustment.origin = origin ?? adjustment.origin
    adjustment.isMonotonic = isMonotonic || adjustment.isMonotonic
    return adjustment
  }
}

/// `--time-shift`, `--origin` and `--monotonic`, for every command that reads a recording.
func adjustmentOptions<Arguments>(
  _ adjustment: WritableKeyPath<Arguments, AdjustmentRequest>, _ command: String
) -> [Option<Arguments>] {
  [
    Option(
      "--time-shift", value: "TIME",
      help: "Add a time, such as 2s or -500ms, to every event;\n"
        + "‘first’ lets the first event be at 0. Without, times are as recorded."
    ) { $0[keyPath: adjustment].timeShift = try timeShift($1, command) },
    Option(
      "--origin", value: "CORNER",
      help: "Where coordinates count from: top-left (if left out),\n"
        + "bottom-left, or stored for the numbers that are in the file."
    ) {
      guard let origin = TraceAdjustment.Origin(rawValue: $1) else {
        let names = TraceAdjustment.Origin.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("preflash \(command): --origin: expected \(names), found ‘\($1)’")
      }
      $0[keyPath: adjustment].origin = origin
    },
    Option(
      flag: "--monotonic", help: "Give an event the time of the one before it if that is later."
    ) { $0[keyPath: adjustment].isMonotonic = true },
  ]
}

private func timeShift(_ text: String, _ command: String) throws -> TraceAdjustment.TimeShift {
  if let shift = TraceAdjustment.TimeShift(text) { return shift }
  throw UsageError(
    "preflash \(command): --time-shift: expected ‘first’ or a time such as 2s or -500ms, "
      + "found ‘\(text)’")
}
