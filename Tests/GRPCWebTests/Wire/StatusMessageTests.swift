import GRPCWebTestSupport
import Testing

@testable import GRPCWeb

@Suite("Status message")
struct StatusMessageTests {
  /// Messages with their encodings.
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

  @Test(
    "A message is cut at 8 KiB as encoded, between two scalars, and says so",
    arguments: ["a", "%", "\u{e9}", "\u{20ac}", "\u{1f600}", "ab\u{e9}", "e\u{301}"]
  )
  @available(GRPCWeb 1.0, *)
  func cuts(text: String) {
    for count in [8192, 10_000, 1_000_000] {
      let message = String(repeating: text, count: count)
      let encoded = StatusMessage.encode(message)
      // The encoded message fills the limit, up to the room for the mark.
      #expect((8192 - 64 - 12 ... 8192).contains(encoded.utf8.count) || encoded == message)
      #expect(encoded.utf8.count <= 8192)

      let mark = "… [cut, of \(message.utf8.count) bytes]"
      let decoded = StatusMessage.decode(encoded)
      if encoded != message {
        #expect(decoded.hasSuffix(mark))
        let kept = decoded.unicodeScalars.dropLast(mark.unicodeScalars.count)
        #expect(message.unicodeScalars.starts(with: kept))
      }
    }
  }

  @Test("A message that has room is sent whole")
  @available(GRPCWeb 1.0, *)
  func fits() {
    let plain = String(repeating: "a", count: 8192)
    #expect(StatusMessage.encode(plain) == plain)
    let escaped = String(repeating: "%", count: 2730) + "ab"
    #expect(StatusMessage.encode(escaped).utf8.count == 8192)
    #expect(StatusMessage.decode(StatusMessage.encode(escaped)) == escaped)
    #expect(StatusMessage.encode(plain + "a").utf8.count < 8192)
  }

  @Test("An excerpt has few bytes, whatever it is of: one character can have any number")
  @available(GRPCWeb 1.0, *)
  func excerpt() {
    #expect("short".excerpt == "short")
    #expect(String(repeating: "a", count: 65).excerpt == String(repeating: "a", count: 64) + "…")
    let combining = "a" + String(repeating: "\u{301}", count: 100_000)
    #expect(combining.excerpt.utf8.count <= 64 + "…".utf8.count)
  }
}
