import Testing

@testable import GRPCWeb

@Suite("Status message")
struct StatusMessageTests {
  /// Messages and how they go over the wire.
  static let vectors: [(message: String, encoded: String)] = [
    ("", ""),
    ("plain text, with punctuation: ~!@#$^&*()", "plain text, with punctuation: ~!@#$^&*()"),
    ("100 %", "100 %25"),
    ("%41", "%2541"),
    ("a\r\nb\tc", "a%0D%0Ab%09c"),
    ("\u{0}\u{1f}\u{7f}", "%00%1F%7F"),
    ("\u{e4}", "%C3%A4"),
    ("\u{20ac} 5", "%E2%82%AC 5"),
    ("\u{1f600}", "%F0%9F%98%80"),
    ("e\u{301}", "e%CC%81"),
    (" spaces stay ", " spaces stay "),
  ]

  @Test("Requirement 12: percent-encoded outside of %x20-24 and %x26-7E", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func encodes(message: String, encoded: String) {
    #expect(StatusMessage.encode(message) == encoded)
  }

  @Test("Requirement 12: percent-encoded UTF-8 comes back", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func decodes(message: String, encoded: String) {
    #expect(Array(StatusMessage.decode(encoded).utf8) == Array(message.utf8))
  }

  @Test("Requirement 12: every ASCII character is sent as itself or as an escape")
  @available(GRPCWeb 1.0, *)
  func everyASCIICharacter() {
    for byte in 0 ..< 128 as Range<UInt8> {
      let message = String(decoding: [byte], as: UTF8.self)
      let encoded = StatusMessage.encode(message)
      let isPlain = (0x20 ... 0x24).contains(byte) || (0x26 ... 0x7e).contains(byte)
      #expect(encoded.utf8.count == (isPlain ? 1 : 3))
      #expect(StatusMessage.decode(encoded) == message)
    }
  }

  @Test(
    "Requirement 12: a percent sign that starts no escape stands for itself",
    arguments: [
      ("%", "%"), ("%%", "%%"), ("a%", "a%"), ("%4", "%4"), ("%4g", "%4g"), ("%g4", "%g4"),
      ("%%41", "%A"), ("%-1", "%-1"), ("%+1", "%+1"), ("% 1", "% 1"), ("%zz%41", "%zzA"),
      ("%\u{ff11}\u{ff11}", "%\u{ff11}\u{ff11}"), ("%\u{e9}1", "%\u{e9}1"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func badEscapes(encoded: String, message: String) {
    #expect(StatusMessage.decode(encoded) == message)
  }

  @Test("Escapes may have digits of either case, and raw UTF-8 between them")
  @available(GRPCWeb 1.0, *)
  func lenient() {
    #expect(StatusMessage.decode("%c3%a4%C3%A4\u{e4}") == "\u{e4}\u{e4}\u{e4}")
  }

  @Test(
    "Requirement 12: bytes that aren't UTF-8 become replacement characters",
    arguments: [
      ("%FF", "\u{fffd}"), ("a%C3", "a\u{fffd}"), ("%80b", "\u{fffd}b"),
      ("%ED%A0%80", "\u{fffd}\u{fffd}\u{fffd}"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func notUTF8(encoded: String, message: String) {
    #expect(StatusMessage.decode(encoded) == message)
  }

  @Test("Requirement 12: decoding never fails", arguments: 0 ..< 40 as Range<UInt64>)
  @available(GRPCWeb 1.0, *)
  func randomText(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let text = String(decoding: generator.bytes(count: 200), as: UTF8.self)
    let encoded = StatusMessage.encode(text)
    #expect(encoded.utf8.allSatisfy { (0x20 ... 0x7e).contains($0) })
    #expect(StatusMessage.decode(encoded) == text)

    let alphabet = Array("%%%%0123456789abcdefABCDEFgxyz".utf8)
    let bytes = (0 ..< 200).map { _ in alphabet[Int.random(in: 0 ..< 30, using: &generator)] }
    #expect(!StatusMessage.decode(String(decoding: bytes, as: UTF8.self)).isEmpty)
  }
}
