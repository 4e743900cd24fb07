import Glibc

do {
  let words = Array(CommandLine.arguments.dropFirst())
  switch words.first {
  case "calibrate": try CalibrationCommand.run(Array(words.dropFirst()))
  default: print("Usage: Benchmarks calibrate [--data FOLDER] [--write FOLDER]")
  }
} catch {
  print("Benchmarks: \(error)")
  exit(2)
}
