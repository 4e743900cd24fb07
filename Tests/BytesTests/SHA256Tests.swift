import Bytes
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  @Test(
    "gives the digests of FIPS 180-2’s examples",
    arguments: [
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func examples(_ text: String, _ expected: String) {
    var digest = SHA256()
    digest.update(Array(text.utf8))
    #expect(digest.digest() == expected)
  }

  @Test("does not depend on how the bytes are handed over")
  func pieces() {
    let bytes = [UInt8](repeating: 0x61, count: 1_000_000)
    var whole = SHA256()
    whole.update(bytes)
    #expect(
      whole.digest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    var pieces = SHA256()
    var start = 0
    for size in [1, 63, 64, 65, 127, 1000, 70_000] {
      pieces.update(Array(bytes[start..<start + size]))
      start += size
    }
    pieces.update(Array(bytes[start...]))
    #expect(pieces.digest() == whole.digest())
  }
}
