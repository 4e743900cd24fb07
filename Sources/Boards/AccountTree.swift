import Bytes

/// Who lies within whom, and what binds a virtual key.
enum AccountTree {
  static func parents(_ accounts: [AccountProfile]) throws(InputError) -> [Int?] {
    var indices: [String: Int] = [:]
    for (index, account) in accounts.enumerated() {
      guard indices.updateValue(index, forKey: account.name) == nil else {
        throw InputError(at: .key("accounts[\(index)].name"), "‘\(account.name)’ occurs twice")
      }
      try account.budget?.check("accounts[\(index)].budget")
      try account.rateLimit?.check("accounts[\(index)].rateLimit")
    }
    var parents: [Int?] = []
    for (index, account) in accounts.enumerated() {
      guard let name = account.within else {
        parents.append(nil)
        continue
      }
      parents.append(try find(name, indices, at: "accounts[\(index)].within"))
    }
    for start in accounts.indices {
      var path = [start]
      while let next = parents[path[path.count - 1]] {
        if let begin = path.firstIndex(of: next) {
          let names = (path[begin...] + [next]).map { accounts[$0].name }
          throw InputError(
            at: .key("accounts[\(path[path.count - 1])].within"),
            "budgets go round in a circle: \(names.joined(separator: " → "))")
        }
        path.append(next)
      }
    }
    return parents
  }

  static func bindings(
    _ keys: [VirtualKeyProfile], _ accounts: [AccountProfile], _ parents: [Int?]
  ) throws(InputError) -> [[Int]] {
    let indices = Dictionary(
      uniqueKeysWithValues: accounts.enumerated().map { ($0.element.name, $0.offset) })
    var names: Set<String> = []
    var bindings: [[Int]] = []
    for (index, key) in keys.enumerated() {
      guard names.insert(key.name).inserted else {
        throw InputError(at: .key("virtualKeys[\(index)].name"), "‘\(key.name)’ occurs twice")
      }
      try key.budget?.check("virtualKeys[\(index)].budget")
      try key.rateLimit?.check("virtualKeys[\(index)].rateLimit")
      var binding: [Int] = []
      for (position, name) in (key.accounts ?? []).enumerated() {
        var next: Int? = try find(
          name, indices, at: "virtualKeys[\(index)].accounts[\(position)]")
        while let account = next {
          if !binding.contains(account) { binding.append(account) }
          next = parents[account]
        }
      }
      bindings.append(binding)
    }
    return bindings
  }

  private static func find(
    _ name: String, _ indices: [String: Int], at path: String
  ) throws(InputError) -> Int {
    guard let index = indices[name] else {
      let known = indices.keys.sorted()
      throw InputError(
        at: .key(path), "expected an account of this file, found ‘\(name)’",
        advice: name.closest(in: known).map { "did you mean ‘\($0)’?" }
          ?? "known here: \(known.joined(separator: ", "))")
    }
    return index
  }
}

extension RateLimitProfile {
  func check(_ path: String) throws(InputError) {
    guard requests != nil || tokens != nil else {
      throw InputError(at: .key(path), "expected requests or tokens, found neither")
    }
    for (key, limit) in [("requests", requests), ("tokens", tokens)] {
      guard let limit else { continue }
      guard limit > 0 else {
        throw InputError(
          at: .key("\(path).\(key)"), "expected more than 0, found a ceiling of \(limit)",
          advice: "leave the limit out, or set the key to isActive: false")
      }
    }
  }
}
