import Glibc

do {
  let words = Array(CommandLine.arguments.dropFirst())
  switch words.first {
  case "calibrate": try CalibrationCommand.run(Array(words.dropFirst()))
  case "accuracy": try AccuracyCommand.run(Array(words.dropFirst()))
  case "deployments": try DeploymentsCommand.run(Array(words.dropFirst()))
  case "linux": try LinuxCommand.run(Array(words.dropFirst()))
  case "gestures": try GestureComparison.run(Array(words.dropFirst()))
  default: try BenchmarkList.run(words)
  }
} catch {
  print("Benchmarks: \(error)")
  exit(2)
}
