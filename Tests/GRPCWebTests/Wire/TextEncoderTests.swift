import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Text encoder")
struct TextEncoderTests {
  @Test("Requirement 17: the standard alphabet with padding", arguments: Base64Tests.vectors)
  @available(GRPCWeb 1.0, *)
  func vectors(bytes: [UInt8], text: String) {
    #expect(TextEncoder.encode([ByteBuffer(bytes: bytes)]).text == text)
  }

  @Test("Nothing is encoded as nothing")
  @available(GRPCWeb 1.0, *)
  func nothing() {
    #expect(TextEncoder.encode([]).readableBytes == 0)
    #expect(TextEncoder.encode([ByteBuffer(), ByteBuffer()]).readableBytes == 0)
  }

  @Test("Requirement 17: what is flushed together is one run, padded at its end only")
  @available(GRPCWeb 1.0, *)
  func oneRun() {
    for chunks in Chunking.all(of: Array("fooba".utf8)) {
      #expect(TextEncoder.encode(chunks).text == "Zm9vYmE=")
    }
  }

  @Test("The bytes to encode are only read")
  @available(GRPCWeb 1.0, *)
  func leavesItsInput() {
    let buffers = [ByteBuffer(string: "foo"), ByteBuffer(string: "bar")]
    #expect(TextEncoder.encode(buffers).text == "Zm9vYmFy")
    #expect(TextEncoder.encode(buffers).text == "Zm9vYmFy")
  }

  @Test("Requirement 17: random bytes in random buffers", arguments: 0 ..< 40 as Range<UInt64>)
  @available(GRPCWeb 1.0, *)
  func random(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let bytes = generator.bytes(count: Int.random(in: 1 ... 500, using: &generator))
    let buffers = Chunking.random(of: bytes, using: &generator)
    #expect(TextEncoder.encode(buffers).bytes == Fixture.base64(bytes))
  }
}
