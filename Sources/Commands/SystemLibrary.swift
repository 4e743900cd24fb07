import Bytes
import Glibc

/// A library of the system, opened when something first needs it: the only place that does so.
///
/// Preflash itself depends on none of them. What a library is missing for says so, with the package.
struct SystemLibrary: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer
  let name: String

  /// - Parameters:
  ///   - names: File names by which systems know the library, the most usual first.
  ///   - purpose: What it is needed for, such as `Zstandard compression`.
  ///   - package: What to install, such as `libzstd1`.
  /// - Throws: `InputError` when none of the names can be opened.
  init(_ names: [String], purpose: String, package: String) throws(InputError) {
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        self.handle = handle
        self.name = name
        return
      }
    }
    throw InputError(
      at: .nowhere, "expected the library \(names[0]) for \(purpose), found none on this system",
      advice: "install it, as with apt install \(package)")
  }

  /// The function of a name, as the C type that its header gives it; a wrong type is not noticed.
  func function<Function>(_ symbol: String, as type: Function.Type) throws(InputError) -> Function {
    guard let address = dlsym(handle, symbol) else {
      throw InputError(
        at: .nowhere, "expected the function \(symbol) in \(name), found none",
        advice: "is the library too old?")
    }
    return unsafeBitCast(address, to: type)
  }

  /// The value of a global variable.
  func variable<Value>(_ symbol: String, as type: Value.Type) throws(InputError) -> Value {
    guard let address = dlsym(handle, symbol) else {
      throw InputError(
        at: .nowhere, "expected the variable \(symbol) in \(name), found none",
        advice: "is the library too old?")
    }
    return address.load(as: type)
  }
}
