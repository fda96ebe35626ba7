import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Deflater")
struct DeflaterTests {
  @available(GRPCWeb 1.0, *)
  private static func deflate(_ message: [UInt8], _ format: ZlibFormat) throws -> [UInt8] {
    var output = ByteBuffer()
    try Deflater(format: format).deflate(ByteBuffer(bytes: message), into: &output)
    return output.bytes
  }

  @Test("Requirement 18: gzip has the header, the checksum and the length that others write")
  @available(GRPCWeb 1.0, *)
  func gzip() throws {
    let compressed = try Self.deflate(CompressionFixture.text, .gzip)
    // Implementations compress to different bits, so the test compares the decompressed message.
    #expect(compressed.starts(with: [0x1f, 0x8b, 0x08]))
    #expect(compressed.suffix(8) == CompressionFixture.gzip.suffix(8))
    #expect(compressed.count < CompressionFixture.text.count / 4)
  }

  @Test("Requirement 18: deflate is the zlib format, with the checksum that others write")
  @available(GRPCWeb 1.0, *)
  func zlib() throws {
    let compressed = try Self.deflate(CompressionFixture.text, .zlib)
    #expect(compressed.first == 0x78)
    #expect(compressed.suffix(4) == CompressionFixture.zlib.suffix(4))
    #expect(compressed.count < CompressionFixture.text.count / 4)
  }

  @Test("What is deflated inflates to what it was", arguments: [ZlibFormat.gzip, .zlib])
  @available(GRPCWeb 1.0, *)
  func roundTrip(format: ZlibFormat) throws {
    var generator = SplitMix64(seed: 1)
    let deflater = try Deflater(format: format)
    let inflater = try Inflater(format: format)
    for size in [0, 1, 100, 16_384, 300_000] {
      for message in [generator.bytes(count: size), [UInt8](repeating: 0, count: size)] {
        var compressed = ByteBuffer()
        var inflated = ByteBuffer()
        try deflater.deflate(ByteBuffer(bytes: message), into: &compressed)
        try inflater.inflate(compressed, limit: size, into: &inflated)
        #expect(inflated.bytes == message)
      }
    }
  }

  @Test("The output is appended to what is there")
  @available(GRPCWeb 1.0, *)
  func appends() throws {
    let alone = try Self.deflate(CompressionFixture.text, .zlib)
    var output = ByteBuffer(string: "before")
    try Deflater(format: .zlib).deflate(ByteBuffer(bytes: CompressionFixture.text), into: &output)
    #expect(output.bytes == Array("before".utf8) + alone)
  }

  @Test("Only the readable bytes of a buffer are compressed, and they stay there")
  @available(GRPCWeb 1.0, *)
  func readsOnly() throws {
    var message = ByteBuffer(bytes: [9] + CompressionFixture.text)
    message.moveReaderIndex(forwardBy: 1)
    var output = ByteBuffer()
    try Deflater(format: .gzip).deflate(message, into: &output)
    #expect(message.bytes == CompressionFixture.text)
    #expect(output.bytes == (try Self.deflate(CompressionFixture.text, .gzip)))
  }

  @Test("Random bytes grow by little", arguments: [ZlibFormat.gzip, .zlib])
  @available(GRPCWeb 1.0, *)
  func incompressible(format: ZlibFormat) throws {
    var generator = SplitMix64(seed: 2)
    let size = 1 << 20
    let compressed = try Self.deflate(generator.bytes(count: size), format)
    // The frame decoder allows compressed messages this many bytes more.
    #expect((size ... size + size / 1024 + 64).contains(compressed.count))
  }
}
