import GRPCCore
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Message inflater")
struct MessageInflaterTests {
  @Test(
    "Requirement 18: inflates message after message",
    arguments: [
      (MessageEncoding.gzip, CompressionFixture.gzip), (.deflate, CompressionFixture.zlib),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func inflates(encoding: MessageEncoding, compressed: [UInt8]) throws {
    var inflater = MessageInflater(encoding: encoding)
    for _ in 0 ..< 3 {
      let message = try inflater.inflate(ByteBuffer(bytes: compressed), limit: 10_000)
      #expect(message == GRPCWebMessage(CompressionFixture.text))
      // The message is stored in a frame of its own.
      #expect(message.frame.bytes == Fixture.frame(CompressionFixture.text))
    }
  }

  @Test("Requirement 18: the compressed flag without a usable encoding is internalError")
  @available(GRPCWeb 1.0, *)
  func noEncoding() {
    for encoding in [MessageEncoding.identity, nil] {
      for bytes in [CompressionFixture.gzip, []] {
        var inflater = MessageInflater(encoding: encoding)
        let error = #expect(throws: RPCError.self) {
          try inflater.inflate(ByteBuffer(bytes: bytes), limit: 10_000)
        }
        #expect(error?.code == .internalError)
        #expect(error?.message.contains("grpc-encoding") == true)
      }
    }
  }

  @Test("An empty message with the compressed flag is empty")
  @available(GRPCWeb 1.0, *)
  func empty() throws {
    var inflater = MessageInflater(encoding: .gzip)
    #expect(try inflater.inflate(ByteBuffer(), limit: 0) == GRPCWebMessage([]))
    let compressed = ByteBuffer(bytes: CompressionFixture.emptyGzip)
    #expect(try inflater.inflate(compressed, limit: 0) == GRPCWebMessage([]))
  }

  @Test("Requirement 19: the limit counts the message after decompression")
  @available(GRPCWeb 1.0, *)
  func limit() throws {
    let compressed = ByteBuffer(bytes: CompressionFixture.gzip)
    let size = CompressionFixture.text.count
    var inflater = MessageInflater(encoding: .gzip)
    #expect(try inflater.inflate(compressed, limit: size).count == size)
    let error = #expect(throws: RPCError.self) {
      try inflater.inflate(compressed, limit: size - 1)
    }
    #expect(error?.code == .resourceExhausted)
    // The inflater works on after an error.
    #expect(try inflater.inflate(compressed, limit: size).count == size)
  }
}
