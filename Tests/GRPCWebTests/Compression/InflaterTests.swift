import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Inflater")
struct InflaterTests {
  /// A message compressed by another implementation.
  struct Vector: Sendable {
    var name: String
    var format: ZlibFormat
    var compressed: [UInt8]
    var message: [UInt8]
  }

  static let vectors = [
    Vector(
      name: "gzip",
      format: .gzip,
      compressed: CompressionFixture.gzip,
      message: CompressionFixture.text
    ),
    Vector(
      name: "gzip with a name",
      format: .gzip,
      compressed: CompressionFixture.gzipWithName,
      message: CompressionFixture.text
    ),
    Vector(
      name: "empty gzip",
      format: .gzip,
      compressed: CompressionFixture.emptyGzip,
      message: []
    ),
    Vector(
      name: "deflate",
      format: .zlib,
      compressed: CompressionFixture.zlib,
      message: CompressionFixture.text
    ),
    Vector(
      name: "empty deflate",
      format: .zlib,
      compressed: CompressionFixture.emptyZlib,
      message: []
    ),
    Vector(
      name: "stored deflate",
      format: .zlib,
      compressed: CompressionFixture.storedZlib,
      message: Array("stored".utf8)
    ),
  ]

  @available(GRPCWeb 1.0, *)
  private static func inflate(
    _ compressed: [UInt8],
    _ format: ZlibFormat,
    limit: Int = 1 << 20
  ) throws -> [UInt8] {
    var output = ByteBuffer()
    try Inflater(format: format).inflate(ByteBuffer(bytes: compressed), limit: limit, into: &output)
    return output.bytes
  }

  @Test("Requirement 18: inflates what others compressed", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func inflates(vector: Vector) throws {
    #expect(try Self.inflate(vector.compressed, vector.format) == vector.message)
  }

  @Test("Requirement 19: a message of exactly the limit is accepted", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func exactlyTheLimit(vector: Vector) throws {
    let limit = vector.message.count
    #expect(try Self.inflate(vector.compressed, vector.format, limit: limit) == vector.message)
  }

  @Test(
    "Requirement 19: one byte over the limit is too much",
    arguments: Self.vectors.filter { !$0.message.isEmpty }
  )
  @available(GRPCWeb 1.0, *)
  func oneOverTheLimit(vector: Vector) {
    for limit in [vector.message.count - 1, 1, 0] {
      let error = #expect(throws: RPCError.self) {
        try Self.inflate(vector.compressed, vector.format, limit: limit)
      }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("Requirement 18: every truncation is an error", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func everyTruncation(vector: Vector) {
    for length in 0 ..< vector.compressed.count {
      let error = #expect(throws: RPCError.self) {
        try Self.inflate(Array(vector.compressed.prefix(length)), vector.format)
      }
      #expect(error?.code == .internalError)
    }
  }

  @Test("Bytes after a compressed message are an error", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func trailingBytes(vector: Vector) {
    for excess in [[0], [0x1f, 0x8b], vector.compressed] as [[UInt8]] {
      let error = #expect(throws: RPCError.self) {
        try Self.inflate(vector.compressed + excess, vector.format)
      }
      #expect(error?.code == .internalError)
    }
  }

  @Test("A wrong checksum is an error", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func wrongChecksum(vector: Vector) {
    // The checksum is the last four bytes; in gzip four bytes of length follow it.
    var compressed = vector.compressed
    compressed[compressed.count - (vector.format == .gzip ? 8 : 4)] ^= 1
    let error = #expect(throws: RPCError.self) { try Self.inflate(compressed, vector.format) }
    #expect(error?.code == .internalError)
  }

  @Test(
    "Garbage is an error",
    arguments: [
      Array("not compressed at all".utf8), [0], [UInt8](repeating: 0, count: 100),
      [UInt8](repeating: 0xff, count: 100), Array(CompressionFixture.gzip.dropFirst(2)),
      // A zlib header that asks for a preset dictionary.
      [0x78, 0xbb, 0, 0, 0, 1, 0x03, 0, 0, 0, 0, 1],
    ] as [[UInt8]]
  )
  @available(GRPCWeb 1.0, *)
  func garbage(bytes: [UInt8]) {
    for format in [ZlibFormat.gzip, .zlib] {
      let error = #expect(throws: RPCError.self) { try Self.inflate(bytes, format) }
      #expect(error?.code == .internalError)
    }
  }

  @Test("Each format is read as what it is declared to be")
  @available(GRPCWeb 1.0, *)
  func otherFormat() {
    #expect(throws: RPCError.self) { try Self.inflate(CompressionFixture.gzip, .zlib) }
    #expect(throws: RPCError.self) { try Self.inflate(CompressionFixture.zlib, .gzip) }
  }

  @Test("Every damaged byte is an error or harmless, never a crash", arguments: Self.vectors)
  @available(GRPCWeb 1.0, *)
  func damage(vector: Vector) {
    for index in vector.compressed.indices {
      for mask in [0x01, 0x80, 0xff] as [UInt8] {
        var compressed = vector.compressed
        compressed[index] ^= mask
        // The checksum covers all bytes of the message; only gzip's header, which has none, may
        // change without an error.
        let message = try? Self.inflate(compressed, vector.format)
        #expect(message == nil || message == vector.message)
      }
    }
  }

  @Test(
    "Requirement 19: a bomb stops at the limit and costs no more memory than that",
    arguments: [ZlibFormat.gzip, .zlib]
  )
  @available(GRPCWeb 1.0, *)
  func bomb(format: ZlibFormat) throws {
    let limit = 1 << 20
    var bomb = ByteBuffer()
    try Deflater(format: format).deflate(
      ByteBuffer(repeating: 0, count: 10 << 20),
      into: &bomb
    )
    #expect(bomb.readableBytes < 20_000)

    var output = ByteBuffer()
    let inflater = try Inflater(format: format)
    let error = #expect(throws: RPCError.self) {
      try inflater.inflate(bomb, limit: limit, into: &output)
    }
    #expect(error?.code == .resourceExhausted)
    // The output stops one byte over the limit, in a buffer whose capacity is a power of two.
    #expect(output.readableBytes == limit + 1)
    #expect(output.capacity <= 2 * limit)
  }

  @Test("A small message costs little, however high the limit")
  @available(GRPCWeb 1.0, *)
  func smallMessage() throws {
    var output = ByteBuffer()
    try Inflater(format: .gzip).inflate(
      ByteBuffer(bytes: CompressionFixture.gzip),
      limit: .max,
      into: &output
    )
    #expect(output.bytes == CompressionFixture.text)
    #expect(output.capacity <= 64 * 1024)
  }

  @Test("An inflater goes on after an error, and appends to what is there")
  @available(GRPCWeb 1.0, *)
  func reuse() throws {
    let inflater = try Inflater(format: .gzip)
    var output = ByteBuffer(string: "before ")
    for length in [3, 50, 140] {
      var discarded = ByteBuffer()
      let truncated = ByteBuffer(bytes: CompressionFixture.gzip.prefix(length))
      #expect(throws: RPCError.self) {
        try inflater.inflate(truncated, limit: 10_000, into: &discarded)
      }
    }
    try inflater.inflate(
      ByteBuffer(bytes: CompressionFixture.gzip),
      limit: 10_000,
      into: &output
    )
    #expect(output.bytes == Array("before ".utf8) + CompressionFixture.text)
  }

  @Test(
    "Sizes around those by which the output grows come back",
    arguments: [0, 1, 16_383, 16_384, 16_385, 16_386, 32_768, 32_769, 32_770, 65_539, 200_000],
    [ZlibFormat.gzip, .zlib]
  )
  @available(GRPCWeb 1.0, *)
  func growth(size: Int, format: ZlibFormat) throws {
    var generator = SplitMix64(seed: UInt64(size))
    for message in [generator.bytes(count: size), [UInt8](repeating: 1, count: size)] {
      var compressed = ByteBuffer()
      try Deflater(format: format).deflate(ByteBuffer(bytes: message), into: &compressed)
      for limit in [size, size + 1, size * 2, Int.max] {
        #expect(try Self.inflate(compressed.bytes, format, limit: limit) == message)
      }
    }
  }
}
