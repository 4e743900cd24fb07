// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// A module and what it may import: only rows below its own, as README draws them.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: dependencies + ["TestSupport"],
    swiftSettings: settings)
}

let package = Package(
  name: "preflash",
  products: [.executable(name: "preflash", targets: ["preflash"])],
  targets: [
    // basics
    module("Bytes"),
    module("Kernels"),
    module("VirtualTime"),
    module("Threads"),
    module("Metrics", ["VirtualTime"]),
    // files
    module("Models", ["Bytes"]),
    module("Boards", ["Bytes", "VirtualTime"]),
    module("Events", ["Bytes", "VirtualTime", "Metrics"]),
    module("Images", ["Bytes"]),
    // plans
    module("Planning", ["Bytes", "Models", "Boards"]),
    module("Timing", ["Bytes", "VirtualTime", "Models", "Boards"]),
    // devices
    module("Inference", ["Bytes", "Kernels", "Models", "Metrics"]),
    // world
    module("Fit", ["Bytes", "VirtualTime", "Models", "Boards", "Planning", "Timing"]),
    module(
      "Scenarios",
      [
        "Bytes", "Kernels", "VirtualTime", "Threads", "Metrics", "Models", "Boards", "Events",
        "Images", "Planning", "Timing", "Inference", "Fit", "EdgeBox",
      ]),
    module("Uplink", ["Bytes", "VirtualTime", "Threads", "Metrics", "Boards"]),
    module(
      "EdgeBox",
      ["Bytes", "VirtualTime", "Threads", "Metrics", "Boards", "Events", "Timing", "Uplink"]),
    // voice
    module(
      "Reports",
      [
        "Bytes", "VirtualTime", "Metrics", "Models", "Boards", "Events", "Images", "Planning",
        "Timing", "Inference", "Fit", "Scenarios", "Uplink", "EdgeBox",
      ]),
    module(
      "Commands",
      [
        "Bytes", "Kernels", "VirtualTime", "Metrics", "Models", "Boards", "Events", "Images",
        "Planning", "Timing", "Inference", "Fit", "Scenarios", "Uplink", "EdgeBox", "Reports",
      ]),
    .executableTarget(name: "preflash", dependencies: ["Commands"], swiftSettings: settings),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Bytes", "VirtualTime", "Threads", "Metrics", "Kernels", "Models", "Boards", "Events",
        "Images", "Planning", "Timing", "Inference", "Fit", "Scenarios", "Uplink", "EdgeBox",
        "Reports", "Commands",
      ],
      swiftSettings: settings),
    // tests
    .target(
      name: "TestSupport",
      dependencies: ["Bytes", "VirtualTime"],
      path: "Tests/TestSupport", swiftSettings: settings),
    tests("Bytes", ["Bytes"]),
    tests("Kernels", ["Kernels"]),
    tests("VirtualTime", ["VirtualTime"]),
    tests("Threads", ["Threads"]),
    tests("Metrics", ["Metrics", "VirtualTime"]),
    tests("Models", ["Bytes", "Models"]),
    tests("Boards", ["Bytes", "VirtualTime", "Boards"]),
    tests("Events", ["Bytes", "Events", "VirtualTime", "Metrics", "Commands"]),
    tests("Images", ["Bytes", "VirtualTime", "Images", "Commands"]),
    tests("Planning", ["Bytes", "VirtualTime", "Models", "Boards", "Planning"]),
    tests("Timing", ["Bytes", "VirtualTime", "Models", "Boards", "Timing"]),
    tests(
      "Inference", ["Bytes", "VirtualTime", "Kernels", "Models", "Events", "Inference"]),
    tests(
      "Fit", ["Bytes", "VirtualTime", "Models", "Boards", "Planning", "Timing", "Fit", "Reports"]),
    tests(
      "Scenarios",
      [
        "Bytes", "Kernels", "VirtualTime", "Metrics", "Models", "Boards", "Events", "Images",
        "Timing", "Inference", "Scenarios",
      ]),
    tests(
      "Reports",
      [
        "Bytes", "VirtualTime", "Metrics", "Models", "Boards", "Events", "Planning", "Timing",
        "Scenarios", "Reports",
      ]),
    tests(
      "Commands", ["Bytes", "Metrics", "Models", "Events", "EdgeBox", "Commands", "Reports"]),
    tests(
      "Uplink", ["Bytes", "VirtualTime", "Metrics", "Boards", "Uplink", "Reports", "Commands"]),
    tests(
      "EdgeBox",
      [
        "Bytes", "VirtualTime", "Metrics", "Boards", "Events", "Timing", "Uplink", "EdgeBox",
        "Reports", "Commands",
      ]),
    tests("EndToEnd", []),
  ]
)
