/// What was published of an edge box on a Cortex-A72 with a cascade, and what ours is called.
enum EdgeBoxRows {
  private static let smallNetwork =
    "ours is a network of 27 million multiply-accumulates for pictures of 160×120, theirs a "
    + "single-shot detector of 4 MB; the time is an estimate of `preflash fit`."
  private static let noGain =
    "another task and detector, and an assumed accuracy of the cloud's answers, which only reach "
    + "boxes that were detected and doubted."

  static let edgeOnly: [DeploymentsPage.Row] = [
    .init(
      title: "mAP", published: 78.2, run: "edge only", figure: "mAP", factor: 100, unit: "%",
      places: 1, explanation: noGain),
    .init(
      title: "mean latency", published: 38, run: "edge only", figure: "mean", factor: 1_000,
      unit: "ms", places: 1, explanation: smallNetwork),
    .init(
      title: "p99 latency", published: 52, run: "edge only", figure: "p99", factor: 1_000,
      unit: "ms", places: 1, explanation: smallNetwork),
  ]

  static let cascade: [DeploymentsPage.Row] = [
    .init(
      title: "mAP", published: 86.9, run: "cascade", figure: "mAP", factor: 100, unit: "%",
      places: 1, explanation: noGain),
    .init(
      title: "mean latency of the detector’s answer", published: 41, run: "cascade",
      figure: "detector mean", factor: 1_000, unit: "ms", places: 1, explanation: smallNetwork),
    .init(
      title: "p99 latency of the final answer", published: 1_290, run: "cascade", figure: "p99",
      factor: 1_000, unit: "ms", places: 0,
      explanation: "the provider's latency and the link are the storyboard's, not theirs."),
    .init(
      title: "cloud cost a day", published: 4.20, run: "cascade", figure: "cost/day", unit: "$",
      places: 2,
      explanation: "the price of a request and the hours of the shift were not published; ours are "
        + "stated in the storyboard."),
    .init(
      title: "frames escalated", published: 3.1, run: "cascade", figure: "escalation rate",
      factor: 100, unit: "%", places: 1,
      explanation:
        "thresholds were calibrated for 2, 3 and 4 % on half of the recording, and all of it is "
        + "played."),
  ]
}

/// What was published of a pilot with 28 stations, before and with a gateway.
enum FactoryRows {
  private static let volume =
    "requests a day and the price of one were not published; ours are what 28 cameras at 25 FPS "
    + "escalate, at the prices of the storyboard."

  static let before: [DeploymentsPage.Row] = rows(
    "without a gateway", [4_640, 1.9, 112, 7],
    [
      volume,
      "the far end and the link are the storyboard's, not theirs.",
      "the storyboard has the published incidents, a wrong key beside them, and a link that fails "
        + "for seconds; theirs counted minutes of the provider alone.",
      "the storyboard has three incidents at all.",
    ])

  static let after: [DeploymentsPage.Row] =
    rows(
      "with the gateway", [1_920, 1.4, 0, 1],
      [
        volume + " Their cache answered 41 % of the requests.",
        "the far end and the link are the storyboard's, not theirs.",
        "", "what their one intervention was for was not published.",
      ]) + [
      .init(
        title: "cache hits, parts that come again being others", published: 41,
        run: "with the gateway", figure: "cache hit rate", factor: 100, unit: "%", places: 1,
        explanation:
          "only pictures of one part can hit; a recording of minutes cannot say how much the "
          + "parts of six weeks look alike, so this is the least that may be expected …"),
      .init(
        title: "cache hits, a day of the same parts again and again", published: 41,
        run: "a day of the same parts", figure: "cache hit rate", factor: 100, unit: "%", places: 1,
        explanation: "… and this the most: every picture but the first of each comes again."),
    ]

  private static func rows(
    _ run: String, _ published: [Double], _ explanations: [String]
  ) -> [DeploymentsPage.Row] {
    [
      .init(
        title: "weekly spend", published: published[0], run: run, figure: "cost/week", unit: "€",
        places: 0, explanation: explanations[0]),
      .init(
        title: "p95 latency of an escalation", published: published[1], run: run,
        figure: "escalation p95", unit: "s", places: 2, explanation: explanations[1]),
      .init(
        title: "outage minutes of a station", published: published[2], run: run,
        figure: "outage minutes", unit: "min", places: 1, explanation: explanations[2]),
      .init(
        title: "interventions", published: published[3], run: run,
        figure: DeploymentResults.interventions, unit: "", places: 0, explanation: explanations[3]),
    ]
  }
}
