import Reports
import Timing

/// One published figure beside Preflash's own.
struct AccuracyRow {
  /// Name of the runtime profile.
  var profile: String
  var model: String
  var board: String
  /// What is compared, such as `latency`.
  var quantity: String
  /// Unit of the three figures, such as `ms`.
  var unit: String
  var predicted: Double
  var published: Double
  /// The prediction of constants found without the model's family; nil where nothing was fitted.
  var heldOut: Double?

  var error: Double { predicted / published - 1 }
  var heldOutError: Double? { heldOut.map { $0 / published - 1 } }
}

/// All rows of one quantity under one profile.
struct AccuracySummary {
  var profile: String
  var quantity: String
  var inSample: ErrorSummary
  /// nil where nothing was fitted.
  var heldOut: ErrorSummary?

  static func summaries(_ rows: [AccuracyRow]) -> [AccuracySummary] {
    var keys: [(profile: String, quantity: String)] = []
    for row in rows where !keys.contains(where: { $0 == (row.profile, row.quantity) }) {
      keys.append((row.profile, row.quantity))
    }
    return keys.map { key in
      let own = rows.filter { ($0.profile, $0.quantity) == key }
      let heldOut = own.compactMap(\.heldOutError)
      return AccuracySummary(
        profile: key.profile, quantity: key.quantity, inSample: ErrorSummary(own.map(\.error)),
        heldOut: heldOut.isEmpty ? nil : ErrorSummary(heldOut))
    }
  }
}

extension [AccuracyRow] {
  func text(_ style: Style) -> String {
    var table = TextTable([
      .init("profile"), .init("quantity"), .init("model"), .init("board"),
      .init("published", .right), .init("predicted", .right), .init("unit"),
      .init("error", .right), .init("left out", .right),
    ])
    for row in self {
      table.add(
        row.profile, row.quantity, row.model, row.board, row.published.fixed(2),
        row.predicted.fixed(2), row.unit, Self.percent(row.error),
        row.heldOutError.map(Self.percent) ?? "")
    }
    var summary = TextTable([
      .init("profile"), .init("quantity"), .init("rows", .right), .init("mean", .right),
      .init("median", .right), .init("worst", .right), .init("left out: mean", .right),
      .init("median", .right), .init("worst", .right),
    ])
    for each in AccuracySummary.summaries(self) {
      let out = each.heldOut
      summary.add(
        each.profile, each.quantity, String(each.inSample.rows), Self.percent(each.inSample.mean),
        Self.percent(each.inSample.median), Self.percent(each.inSample.worst),
        out.map { Self.percent($0.mean) } ?? "", out.map { Self.percent($0.median) } ?? "",
        out.map { Self.percent($0.worst) } ?? "")
    }
    return table.text(style) + "\n" + summary.text(style)
  }

  var json: JSONValue {
    [
      "rows": .array(map(Self.json)),
      "summaries": .array(AccuracySummary.summaries(self).map(Self.json)),
    ]
  }

  private static func percent(_ value: Double) -> String { "\((value * 100).fixed(1)) %" }

  private static func json(_ row: AccuracyRow) -> JSONValue {
    [
      "profile": .string(row.profile),
      "model": .string(row.model),
      "board": .string(row.board),
      "quantity": .string(row.quantity),
      "unit": .string(row.unit),
      "published": .decimal(row.published, places: 4),
      "predicted": .decimal(row.predicted, places: 4),
      "error": .decimal(row.error, places: 4),
      "leftOutPredicted": row.heldOut.map { .decimal($0, places: 4) } ?? .null,
      "leftOutError": row.heldOutError.map { .decimal($0, places: 4) } ?? .null,
    ]
  }

  private static func json(_ summary: AccuracySummary) -> JSONValue {
    [
      "profile": .string(summary.profile),
      "quantity": .string(summary.quantity),
      "inSample": json(summary.inSample),
      "leftOut": summary.heldOut.map(json) ?? .null,
    ]
  }

  private static func json(_ summary: ErrorSummary) -> JSONValue {
    [
      "rows": .integer(summary.rows),
      "mean": .decimal(summary.mean, places: 4),
      "median": .decimal(summary.median, places: 4),
      "worst": .decimal(summary.worst, places: 4),
    ]
  }
}
