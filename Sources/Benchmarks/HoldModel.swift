import Commands
import VirtualTime

/// The hold model of event lists: every event that is taken schedules another one. Ours, and a C++
/// `priority_queue` with the same keys and the same delays, compiled when the benchmark runs.
enum HoldModel {
  private static let steps = 2_000_000

  static func results() -> [BenchmarkResult] {
    let theirs = referenceRates()
    return [10, 1_000, 100_000].flatMap { pending -> [BenchmarkResult] in
      let floor: Double? = pending == 1_000 ? 8 : nil
      let rate = rate(pending: pending)
      var rows = [
        BenchmarkResult("agenda, \(pending) pending", rate, "M events/s", atLeast: floor)
      ]
      if let theirs = theirs[pending] {
        rows.append(
          BenchmarkResult(
            "agenda, \(pending) pending, of C++ priority_queue", rate / theirs, "×", atLeast: 1))
      }
      return rows
    }
  }

  private static func rate(pending: Int) -> Double {
    let delays = delays
    var sum = 0
    let seconds = Stopwatch.fastest(runs: 3, budget: 0) { run in
      var agenda = Agenda<Int>()
      for index in 0..<pending {
        agenda.schedule(index, at: Instant(nanoseconds: delays[(index + run) & 4_095]))
      }
      for step in 0..<steps {
        guard let event = agenda.next() else { break }
        sum &+= event
        agenda.schedule(event, at: agenda.now + Duration(nanoseconds: delays[step & 4_095]))
      }
    }
    precondition(sum != 0)
    return Double(steps) / seconds / 1e6
  }

  /// Of a linear congruential generator, so that C++ draws the same.
  private static var delays: [Int64] {
    var state: UInt64 = 1
    return (0..<4_096).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(state >> 44)
    }
  }

  /// Million events a second by pending events; empty, after a line that says so, without a compiler.
  private static func referenceRates() -> [Int: Double] {
    do {
      return try ChildProcess.withFolder(of: ["hold.cpp", "hold"]) { folder in
        try Files.write(Array(program.utf8), to: "\(folder)/hold.cpp")
        guard
          ["c++", "clang++", "g++"].contains(where: { compiler in
            (try? ChildProcess.run(
              [compiler, "-O2", "-o", "\(folder)/hold", "\(folder)/hold.cpp"])) != nil
          })
        else {
          print("no C++ compiler that works: the agenda is measured without its reference")
          return [:]
        }
        let lines = try ChildProcess.output(of: ["\(folder)/hold", "\(steps)"])
          .split(separator: "\n").map { $0.split(separator: " ") }
        return Dictionary(
          uniqueKeysWithValues: lines.compactMap { fields in
            guard fields.count == 2, let pending = Int(fields[0]), let rate = Double(fields[1])
            else { return nil }
            return (pending, rate)
          })
      }
    } catch {
      print("the agenda is measured without its reference: \(error)")
      return [:]
    }
  }

  private static let program = """
    #include <chrono>
    #include <cstdint>
    #include <cstdio>
    #include <cstdlib>
    #include <queue>
    #include <vector>
    struct Event { int64_t time; uint64_t order; int64_t value; };
    struct Later {
      bool operator()(const Event &a, const Event &b) const {
        return a.time != b.time ? a.time > b.time : a.order > b.order;
      }
    };
    int main(int, char **words) {
      const int steps = atoi(words[1]);
      std::vector<int64_t> delays(4096);
      uint64_t state = 1;
      for (auto &delay : delays) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        delay = state >> 44;
      }
      volatile int64_t kept = 0;
      for (int pending : {10, 1000, 100000}) {
        double best = 1e9;
        for (int run = 0; run < 3; run++) {
          auto begin = std::chrono::steady_clock::now();
          std::priority_queue<Event, std::vector<Event>, Later> queue;
          uint64_t order = 0;
          int64_t sum = 0;
          for (int i = 0; i < pending; i++) queue.push({delays[(i + run) & 4095], ++order, i});
          for (int step = 0; step < steps; step++) {
            Event event = queue.top();
            queue.pop();
            sum += event.value;
            queue.push({event.time + delays[step & 4095], ++order, event.value});
          }
          kept = kept + sum;
          std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
          if (took.count() < best) best = took.count();
        }
        printf("%d %f\\n", pending, steps / best / 1e6);
      }
    }
    """
}
