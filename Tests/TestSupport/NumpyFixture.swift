/// `.npy` and `.npz` files as NumPy writes them, put together byte by byte.
package enum NumpyFixture {
  package static func npy(
    _ descriptor: String, _ shape: String, _ data: [UInt8], version: UInt8 = 1
  )
    -> [UInt8]
  {
    var text = "{'descr': \(descriptor), 'fortran_order': False, 'shape': \(shape), }"
    let lengthSize = version == 1 ? 2 : 4
    let start = 8 + lengthSize
    text += String(repeating: " ", count: 63 - (start + text.utf8.count) % 64) + "\n"
    let length = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + little(length, lengthSize)
      + Array(text.utf8) + data
  }

  package static func little(_ value: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// `deflated` bytes, where given, take the place of a member's own.
  package static func zip(
    _ arrays: [(name: String, bytes: [UInt8])], deflated: [String: [UInt8]] = [:]
  )
    -> [UInt8]
  {
    var (file, list): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in arrays {
      let data = deflated[name] ?? bytes
      let path = Array("\(name).npy".utf8)
      let method = deflated[name] == nil ? 0 : 8
      let common =
        little(20, 2) + little(0, 2) + little(method, 2) + little(0, 8) + little(data.count, 4)
        + little(bytes.count, 4) + little(path.count, 2) + little(0, 2)
      list += little(0x0201_4B50, 4) + little(20, 2) + common + little(0, 10)
      list += little(file.count, 4) + path
      file += little(0x0403_4B50, 4) + common + path + data
    }
    let end =
      little(0x0605_4B50, 4) + little(0, 4) + little(arrays.count, 2) + little(arrays.count, 2)
      + little(list.count, 4) + little(file.count, 4) + little(0, 2)
    return file + list + end
  }
}
