import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Message framer")
struct MessageFramerTests {
  @available(GRPCWeb 1.0, *)
  private static func framer(
    _ encoding: MessageEncoding,
    minimumMessageSize: Int = 0,
    maximumMessageSize: Int = FrameHeader.largestLength
  ) -> MessageFramer {
    MessageFramer(
      maximumMessageSize: maximumMessageSize,
      compressor: MessageCompressor(encoding: encoding, minimumMessageSize: minimumMessageSize)
    )
  }

  @Test(
    "Requirement 18: compresses message after message",
    arguments: [MessageEncoding.gzip, .deflate]
  )
  @available(GRPCWeb 1.0, *)
  func compresses(encoding: MessageEncoding) throws {
    var framer = Self.framer(encoding)
    var inflater = MessageInflater(encoding: encoding)
    for _ in 0 ..< 3 {
      var frame = try framer.frame(GRPCWebMessage(CompressionFixture.text))
      let header = frame.readBytes(length: FrameHeader.size)
      #expect(header == Fixture.header(flags: 1, length: UInt32(frame.readableBytes)))
      #expect(frame.readableBytes < CompressionFixture.text.count)
      let message = try inflater.inflate(frame, limit: 10_000)
      #expect(message == GRPCWebMessage(CompressionFixture.text))
    }
  }

  @Test("Identity leaves messages as they are, and copies nothing")
  @available(GRPCWeb 1.0, *)
  func identity() throws {
    var framer = Self.framer(.identity)
    let message = GRPCWebMessage(CompressionFixture.text)
    let frame = try framer.frame(message)
    #expect(frame.bytes == Fixture.frame(CompressionFixture.text))
    #expect(frame.address == message.frame.address)
  }

  @Test("What compression doesn't make smaller is sent as it is")
  @available(GRPCWeb 1.0, *)
  func incompressible() throws {
    var generator = SplitMix64(seed: 1)
    var framer = Self.framer(.gzip)
    for bytes in [[], [1], generator.bytes(count: 5000)] {
      #expect(try framer.frame(GRPCWebMessage(bytes)).bytes == Fixture.frame(bytes))
    }
  }

  @Test("Messages under the smallest size are left alone")
  @available(GRPCWeb 1.0, *)
  func minimumSize() throws {
    var framer = Self.framer(.gzip, minimumMessageSize: 1000)
    for (size, flags) in [(999, 0), (1000, 1)] as [(Int, UInt8)] {
      let frame = try framer.frame(GRPCWebMessage(repeating: 7, count: size))
      #expect(frame.bytes.first == flags)
    }
  }

  @Test(
    "Requirement 19: a message over the limit is resourceExhausted, however small it compresses",
    arguments: [MessageEncoding.identity, .gzip]
  )
  @available(GRPCWeb 1.0, *)
  func limit(encoding: MessageEncoding) throws {
    var framer = Self.framer(encoding, maximumMessageSize: 1000)
    _ = try framer.frame(GRPCWebMessage(repeating: 7, count: 1000))
    let error = #expect(throws: RPCError.self) {
      try framer.frame(GRPCWebMessage(repeating: 7, count: 1001))
    }
    #expect(error?.code == .resourceExhausted)
    #expect(error?.message == "A message of 1001 bytes exceeds the limit of 1000 bytes.")
  }
}
