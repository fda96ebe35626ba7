import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Message compressor")
struct MessageCompressorTests {
  @Test(
    "Requirement 18: compresses message after message",
    arguments: [MessageEncoding.gzip, .deflate]
  )
  @available(GRPCWeb 1.0, *)
  func compresses(encoding: MessageEncoding) throws {
    var compressor = MessageCompressor(encoding: encoding, minimumMessageSize: 1)
    var inflater = MessageInflater(encoding: encoding)
    let message = GRPCWebMessage(CompressionFixture.text)
    for headerSize in [0, 5, 9] {
      var compressed = try #require(try compressor.compress(message, headerSize: headerSize))
      #expect(compressed.readBytes(length: headerSize) == [UInt8](repeating: 0, count: headerSize))
      #expect(compressed.readableBytes < message.count)
      #expect(try inflater.inflate(compressed, limit: 10_000) == message)
    }
  }

  @Test("Identity compresses nothing")
  @available(GRPCWeb 1.0, *)
  func identity() throws {
    var compressor = MessageCompressor(encoding: .identity, minimumMessageSize: 0)
    let message = GRPCWebMessage(CompressionFixture.text)
    #expect(try compressor.compress(message, headerSize: 5) == nil)
  }

  @Test("What compression doesn't make smaller is left as it is", arguments: [0, 5])
  @available(GRPCWeb 1.0, *)
  func incompressible(headerSize: Int) throws {
    var generator = SplitMix64(seed: 1)
    var compressor = MessageCompressor(encoding: .gzip, minimumMessageSize: 0)
    for bytes in [[], [1], generator.bytes(count: 5000)] {
      #expect(try compressor.compress(GRPCWebMessage(bytes), headerSize: headerSize) == nil)
    }
  }

  @Test("Messages under the smallest size are left alone", arguments: [(999, false), (1000, true)])
  @available(GRPCWeb 1.0, *)
  func minimumSize(size: Int, isCompressed: Bool) throws {
    var compressor = MessageCompressor(encoding: .gzip, minimumMessageSize: 1000)
    let message = GRPCWebMessage(repeating: 7, count: size)
    let compressed = try compressor.compress(message, headerSize: 0)
    #expect((compressed != nil) == isCompressed)
  }
}
