print("No benchmarks yet")
