import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Base64")
struct Base64Tests {
  /// The test vectors of RFC 4648, section 10, and one with the last two characters.
  static let vectors: [(bytes: [UInt8], text: String)] = [
    ([], ""),
    (Array("f".utf8), "Zg=="),
    (Array("fo".utf8), "Zm8="),
    (Array("foo".utf8), "Zm9v"),
    (Array("foob".utf8), "Zm9vYg=="),
    (Array("fooba".utf8), "Zm9vYmE="),
    (Array("foobar".utf8), "Zm9vYmFy"),
    ([0xfb, 0xef, 0xff], "++//"),
  ]

  static let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  /// The bytes that Python's `base64` decodes ``alphabet`` to.
  static let alphabetBytes: [UInt8] = [
    0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92, 0x8b, 0x30, 0xd3, 0x8f, 0x41, 0x14, 0x93, 0x51,
    0x55, 0x97, 0x61, 0x96, 0x9b, 0x71, 0xd7, 0x9f, 0x82, 0x18, 0xa3, 0x92, 0x59, 0xa7, 0xa2, 0x9a,
    0xab, 0xb2, 0xdb, 0xaf, 0xc3, 0x1c, 0xb3, 0xd3, 0x5d, 0xb7, 0xe3, 0x9e, 0xbb, 0xf3, 0xdf, 0xbf,
  ]

  @Test("Requirement 8: binary metadata is sent without padding", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func encodesUnpadded(bytes: [UInt8], text: String) {
    #expect(Base64.encodeUnpadded(bytes) == text.filter { $0 != "=" })
  }

  @Test("Requirement 8: binary metadata is read with padding", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func decodesPadded(bytes: [UInt8], text: String) {
    #expect(Base64.decode(text) == bytes)
  }

  @Test("Requirement 8: binary metadata is read without padding", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func decodesUnpadded(bytes: [UInt8], text: String) {
    #expect(Base64.decode(text.filter { $0 != "=" }) == bytes)
  }

  @Test("Every character of the alphabet has its value, both ways")
  @available(GRPCWeb 1.0, *)
  func wholeAlphabet() {
    #expect(Base64.decode(Self.alphabet) == Self.alphabetBytes)
    #expect(Base64.encodeUnpadded(Self.alphabetBytes) == Self.alphabet)
  }

  @Test(
    "Requirement 8: what isn't base64 is told apart",
    arguments: [
      "Z", "Zm9vY", "=", "==", "====", "Z=", "Z===", "Zg===", "Zm9v=", "Zm9v====", "Z=g=",
      "Zm9*", "Zm 9", "Zm9v ", "Zm9\n", "-_-_", "Zm9v,Zm9v", "Zm9\u{e9}", "\u{0}\u{0}\u{0}\u{0}",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func rejects(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test(
    "The room needed counts the padding",
    arguments: [(0, 0), (1, 4), (2, 4), (3, 4), (4, 8), (5, 8), (6, 8), (7, 12)]
  )
  @available(GRPCWeb 1.0, *)
  func encodedCount(bytes: Int, characters: Int) {
    #expect(Base64.encodedCount(of: bytes) == characters)
  }

  @Test("Random bytes of every small length come back", arguments: 0 ..< 70)
  @available(GRPCWeb 1.0, *)
  func roundTrip(count: Int) {
    var generator = SplitMix64(seed: UInt64(count))
    let bytes = generator.bytes(count: count)
    let text = Base64.encodeUnpadded(bytes)
    let expected = Fixture.base64(bytes).filter { $0 != UInt8(ascii: "=") }
    #expect(Array(text.utf8) == expected)
    #expect(Base64.decode(text) == bytes)
  }
}
