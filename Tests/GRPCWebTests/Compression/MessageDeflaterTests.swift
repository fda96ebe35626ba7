import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Message deflater")
struct MessageDeflaterTests {
  @Test(
    "Requirement 18: compresses message after message",
    arguments: [MessageEncoding.gzip, .deflate]
  )
  @available(GRPCWeb 1.0, *)
  func compresses(encoding: MessageEncoding) throws {
    var deflater = MessageDeflater(encoding: encoding, minimumMessageSize: 1)
    var inflater = MessageInflater(encoding: encoding)
    for _ in 0 ..< 3 {
      var frame = try deflater.frame(GRPCWebMessage(CompressionFixture.text))
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
    var deflater = MessageDeflater(encoding: .identity, minimumMessageSize: 0)
    let message = GRPCWebMessage(CompressionFixture.text)
    let frame = try deflater.frame(message)
    #expect(frame.bytes == Fixture.frame(CompressionFixture.text))
    #expect(frame.address == message.frame.address)
  }

  @Test("What compression doesn't make smaller is sent as it is")
  @available(GRPCWeb 1.0, *)
  func incompressible() throws {
    var generator = SplitMix64(seed: 1)
    var deflater = MessageDeflater(encoding: .gzip, minimumMessageSize: 0)
    for bytes in [[], [1], generator.bytes(count: 5000)] {
      #expect(try deflater.frame(GRPCWebMessage(bytes)).bytes == Fixture.frame(bytes))
    }
  }

  @Test("Messages under the smallest size are left alone")
  @available(GRPCWeb 1.0, *)
  func minimumSize() throws {
    var deflater = MessageDeflater(encoding: .gzip, minimumMessageSize: 1000)
    for (size, flags) in [(999, 0), (1000, 1)] as [(Int, UInt8)] {
      let frame = try deflater.frame(GRPCWebMessage(repeating: 7, count: size))
      #expect(frame.bytes.first == flags)
    }
  }
}
