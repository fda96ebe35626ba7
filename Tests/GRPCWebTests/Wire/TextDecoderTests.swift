import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Text decoder")
struct TextDecoderTests {
  @available(GRPCWeb 1.0, *)
  private static func decode(_ chunks: [ByteBuffer]) throws -> [UInt8] {
    var decoder = TextDecoder()
    var bytes: [UInt8] = []
    for chunk in chunks {
      bytes += try decoder.decode(chunk).bytes
    }
    try decoder.finish()
    return bytes
  }

  @Test(
    "Requirement 17: any chunking decodes to the same bytes",
    arguments: Base64Tests.vectors + [
      // A new run starts after padding, as from a sender that flushes three times.
      (Array("ffofoo".utf8), "Zg==Zm8=Zm9v"),
      (Array("foofof".utf8), "Zm9vZm8=Zg=="),
      (Array("foobarf".utf8), "Zm9vYmFyZg=="),
      (Base64Tests.alphabetBytes, Base64Tests.alphabet),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func everySplit(bytes: [UInt8], text: String) throws {
    for chunks in Chunking.all(of: Array(text.utf8)) {
      #expect(try Self.decode(chunks) == bytes)
    }
  }

  @Test("Requirement 17: bytes are handed out with the quantum that completes them")
  @available(GRPCWeb 1.0, *)
  func nothingIsHeldBack() throws {
    var decoder = TextDecoder()
    #expect(try decoder.decode(ByteBuffer(string: "Zm9vZm")).text == "foo")
    #expect(try decoder.decode(ByteBuffer(string: "8")).text == "")
    #expect(try decoder.decode(ByteBuffer(string: "=Zg==")).text == "fof")
    try decoder.finish()
  }

  @Test(
    "Requirement 17: what isn't base64 is an error in any chunking",
    arguments: [
      "Zm9*", "Zm9\n", "Zm9v\r\n", "Zm 9", " Zm9v", "-_-_", "Zm9v,",
      "=", "=AAA", "A=AA", "A===", "AA=A", "====", "Zm9v=", "Zm8==", "Zg===", "Zg==Z=g=",
      "Zm9v\u{0}m9v", "Zm9v\u{e9}\u{e9}",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func invalid(text: String) {
    for chunks in Chunking.all(of: Array(text.utf8)) {
      let error = #expect(throws: RPCError.self) { try Self.decode(chunks) }
      #expect(error?.code == .internalError)
    }
  }

  @Test("Every byte outside of the alphabet is an error, wherever it stands", arguments: 0 ..< 8)
  @available(GRPCWeb 1.0, *)
  func everyInvalidByte(position: Int) {
    let alphabet = Set(Base64Tests.alphabet.utf8)
    for byte in UInt8.min ... UInt8.max where byte != UInt8(ascii: "=") {
      var text = Array("Zm9vYmFy".utf8)
      text[position] = byte
      #expect(((try? Self.decode([ByteBuffer(bytes: text)])) != nil) == alphabet.contains(byte))
    }
  }

  @Test(
    "Requirement 17: a dangling remainder at the end is an error in any chunking",
    arguments: ["Z", "Zm", "Zm9", "Zg=", "Zm9vZ", "Zm9vZm", "Zm9vZm8", "Zg==Zg=", "Zg==Z"]
  )
  @available(GRPCWeb 1.0, *)
  func dangling(text: String) {
    for chunks in Chunking.all(of: Array(text.utf8)) {
      let error = #expect(throws: RPCError.self) { try Self.decode(chunks) }
      #expect(error?.code == .internalError)
    }
  }

  @Test("Requirement 17: random runs in random chunks", arguments: 0 ..< 40 as Range<UInt64>)
  @available(GRPCWeb 1.0, *)
  func random(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let runs = (0 ..< 8).map { _ in
      generator.bytes(count: Int.random(in: 0 ... 200, using: &generator))
    }
    let text = runs.flatMap { Fixture.base64($0) }
    let chunks = Chunking.random(of: text, using: &generator)
    #expect(try Self.decode(chunks) == runs.flatMap { $0 })
  }
}
