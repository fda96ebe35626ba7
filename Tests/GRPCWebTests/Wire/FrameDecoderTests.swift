import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Frame decoder")
struct FrameDecoderTests {
  /// Two messages, one of them empty, a compressed one, and trailers.
  static let stream =
    Fixture.frame(Array("hello".utf8)) + Fixture.frame([])
    + Fixture.frame(flags: 1, [1, 2, 3]) + Fixture.frame(Array("!".utf8))
    + Fixture.trailers("grpc-status: 0")

  @available(GRPCWeb 1.0, *)
  static var frames: [FrameDecoder.Frame] {
    [
      .message(GRPCWebMessage("hello".utf8)),
      .message(GRPCWebMessage([])),
      .compressedMessage(ByteBuffer(bytes: [1, 2, 3])),
      .message(GRPCWebMessage("!".utf8)),
      .trailers(ByteBuffer(string: "grpc-status: 0\r\n"), isCompressed: false),
    ]
  }

  @available(GRPCWeb 1.0, *)
  private static func decoder() -> FrameDecoder {
    FrameDecoder(maximumMessageSize: 100, maximumTrailersSize: 100)
  }

  @available(GRPCWeb 1.0, *)
  private static func takeAll(_ decoder: inout FrameDecoder) throws -> [FrameDecoder.Frame] {
    var frames: [FrameDecoder.Frame] = []
    while let frame = try decoder.next() {
      frames.append(frame)
    }
    return frames
  }

  @Test("Requirement 5: a frame may be split anywhere, several may share a chunk")
  @available(GRPCWeb 1.0, *)
  func everySplit() throws {
    for chunks in Chunking.all(of: Self.stream) {
      var decoder = Self.decoder()
      var frames: [FrameDecoder.Frame] = []
      for chunk in chunks {
        decoder.append(chunk)
        frames += try Self.takeAll(&decoder)
      }
      try decoder.finish()
      #expect(frames == Self.frames)
      #expect(decoder.bufferedBytes == 0)
    }
  }

  @Test("Requirement 5: frames may be taken long after their chunks have come")
  @available(GRPCWeb 1.0, *)
  func everySplitTakenAtTheEnd() throws {
    for chunks in Chunking.all(of: Self.stream) {
      var decoder = Self.decoder()
      for chunk in chunks {
        decoder.append(chunk)
      }
      #expect(decoder.bufferedBytes == Self.stream.count)
      #expect(try Self.takeAll(&decoder) == Self.frames)
      try decoder.finish()
    }
  }

  @Test("Requirement 5: random messages in random chunks", arguments: 0 ..< 40 as Range<UInt64>)
  @available(GRPCWeb 1.0, *)
  func random(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let messages = (0 ..< 20).map { _ in
      generator.bytes(count: Int.random(in: 0 ... 300, using: &generator))
    }

    var decoder = FrameDecoder(maximumMessageSize: 300)
    var frames: [FrameDecoder.Frame] = []
    let stream = messages.flatMap { Fixture.frame($0) }
    for chunk in Chunking.random(of: stream, using: &generator) {
      decoder.append(chunk)
      frames += try Self.takeAll(&decoder)
    }
    try decoder.finish()
    #expect(frames == messages.map { .message(GRPCWebMessage($0)) })
  }

  @Test("Requirement 4: a message of no bytes is a message")
  @available(GRPCWeb 1.0, *)
  func emptyMessage() throws {
    var decoder = FrameDecoder(maximumMessageSize: 0)
    decoder.append(ByteBuffer(bytes: [0, 0, 0, 0, 0]))
    #expect(try decoder.next() == .message(GRPCWebMessage([])))
    #expect(try decoder.next() == nil)
    try decoder.finish()
  }

  @Test("Requirement 19: a message of exactly the limit is accepted")
  @available(GRPCWeb 1.0, *)
  func messageAtTheLimit() throws {
    var decoder = FrameDecoder(maximumMessageSize: 3)
    decoder.append(ByteBuffer(bytes: Fixture.frame([1, 2, 3])))
    #expect(try decoder.next() == .message(GRPCWebMessage([1, 2, 3])))
  }

  @Test(
    "Requirement 19: a length over the limit is refused before any of the payload is there",
    arguments: [4, 5, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32]
  )
  @available(GRPCWeb 1.0, *)
  func lengthOverTheLimit(length: UInt32) {
    var decoder = FrameDecoder(maximumMessageSize: 3)
    decoder.append(ByteBuffer(bytes: Fixture.header(length: length)))
    let error = #expect(throws: RPCError.self) { try decoder.next() }
    #expect(error?.code == .resourceExhausted)
    #expect(decoder.bufferedBytes == FrameHeader.size)
  }

  @Test("Requirement 19: a length is refused as soon as its last byte is there, not earlier")
  @available(GRPCWeb 1.0, *)
  func lengthInParts() throws {
    var decoder = FrameDecoder(maximumMessageSize: 3)
    for byte in [0, 0xff, 0xff, 0xff] as [UInt8] {
      decoder.append(ByteBuffer(bytes: [byte]))
      #expect(try decoder.next() == nil)
    }
    decoder.append(ByteBuffer(bytes: [0xff]))
    #expect(throws: RPCError.self) { try decoder.next() }
  }

  @Test("Requirement 19: without a limit of one's own it is 1 GiB")
  @available(GRPCWeb 1.0, *)
  func noLimit() throws {
    var decoder = FrameDecoder(maximumMessageSize: .max)
    decoder.append(ByteBuffer(bytes: Fixture.header(length: 1 << 30)))
    #expect(try decoder.next() == nil)
    #expect(decoder.bufferedBytes == FrameHeader.size)

    for flags in [0x00, 0x01] as [UInt8] {
      decoder = FrameDecoder(maximumMessageSize: .max)
      decoder.append(ByteBuffer(bytes: Fixture.header(flags: flags, length: .max)))
      let error = #expect(throws: RPCError.self) { try decoder.next() }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("Requirement 19: a compressed message may be a little longer than its limit")
  @available(GRPCWeb 1.0, *)
  func compressedLimit() throws {
    var decoder = FrameDecoder(maximumMessageSize: 100)
    decoder.append(ByteBuffer(bytes: Fixture.header(flags: 1, length: 120)))
    #expect(try decoder.next() == nil)

    decoder = FrameDecoder(maximumMessageSize: 100)
    decoder.append(ByteBuffer(bytes: Fixture.header(flags: 1, length: 300)))
    let error = #expect(throws: RPCError.self) { try decoder.next() }
    #expect(error?.code == .resourceExhausted)
  }

  @Test("Trailers have a limit of their own")
  @available(GRPCWeb 1.0, *)
  func trailersLimit() throws {
    var decoder = FrameDecoder(maximumMessageSize: 1, maximumTrailersSize: 20)
    decoder.append(ByteBuffer(bytes: Fixture.header(flags: 0x80, length: 20)))
    #expect(try decoder.next() == nil)

    decoder = FrameDecoder(maximumMessageSize: 100, maximumTrailersSize: 20)
    decoder.append(ByteBuffer(bytes: Fixture.header(flags: 0x80, length: 21)))
    let error = #expect(throws: RPCError.self) { try decoder.next() }
    #expect(error?.code == .resourceExhausted)
  }

  @Test("Requirement 4: an unknown flag is an error", arguments: (1 ... 6).map { UInt8(1) << $0 })
  @available(GRPCWeb 1.0, *)
  func unknownFlags(flag: UInt8) {
    for flags in [flag, flag | 0x01, flag | 0x80, flag | 0x81] {
      var decoder = Self.decoder()
      decoder.append(ByteBuffer(bytes: Fixture.header(flags: flags, length: 0)))
      let error = #expect(throws: RPCError.self) { try decoder.next() }
      #expect(error?.code == .internalError)
    }
  }

  @Test("Requirement 4: trailers in a request are an error", arguments: [0x80, 0x81] as [UInt8])
  @available(GRPCWeb 1.0, *)
  func trailersInARequest(flags: UInt8) {
    var decoder = FrameDecoder(maximumMessageSize: 100)
    decoder.append(ByteBuffer(bytes: Fixture.frame(flags: flags, [])))
    let error = #expect(throws: RPCError.self) { try decoder.next() }
    #expect(error?.code == .internalError)
  }

  @Test("Requirement 18: compressed trailers are told from others")
  @available(GRPCWeb 1.0, *)
  func compressedTrailers() throws {
    var decoder = Self.decoder()
    decoder.append(ByteBuffer(bytes: Fixture.frame(flags: 0x81, [1, 2])))
    #expect(try decoder.next() == .trailers(ByteBuffer(bytes: [1, 2]), isCompressed: true))
  }

  @Test("Requirement 6: a stream that ends inside a frame is an error")
  @available(GRPCWeb 1.0, *)
  func everyTruncation() throws {
    let ends: Set<Int> = [0, 10, 15, 23, 29, Self.stream.count]
    for length in 0 ... Self.stream.count {
      var decoder = Self.decoder()
      decoder.append(ByteBuffer(bytes: Self.stream.prefix(length)))
      _ = try Self.takeAll(&decoder)
      if ends.contains(length) {
        try decoder.finish()
      } else {
        let error = #expect(throws: RPCError.self) { try decoder.finish() }
        #expect(error?.code == .internalError)
      }
    }
  }

  @Test("Messages of a chunk of whole frames are slices of it, not copies")
  @available(GRPCWeb 1.0, *)
  func sharesStorage() throws {
    let chunk = ByteBuffer(bytes: Fixture.frame([1, 2]) + Fixture.frame([3]))
    var decoder = Self.decoder()
    decoder.append(chunk)

    guard case .message(let first) = try decoder.next(),
      case .message(let second) = try decoder.next()
    else {
      Issue.record("There should be two messages.")
      return
    }
    #expect(first.frame.address == chunk.address)
    #expect(second.frame.address == chunk.address + 7)
  }

  @Test("Requirement 26: a stream whose chunks never end with a frame keeps no more than a frame")
  @available(GRPCWeb 1.0, *)
  func boundedStorage() throws {
    let size = 1000
    let frame = Fixture.frame([UInt8](repeating: 7, count: size - FrameHeader.size))
    // Each chunk ends after three bytes of the next frame.
    let chunk = ByteBuffer(bytes: frame[3...] + frame[..<3])

    var decoder = FrameDecoder(maximumMessageSize: size)
    decoder.append(ByteBuffer(bytes: frame[..<3]))
    var largest = 0
    for _ in 0 ..< 1000 {
      decoder.append(chunk)
      guard case .message(let message) = try decoder.next() else {
        Issue.record("Each chunk should complete a message.")
        return
      }
      largest = max(largest, message.frame.storageCapacity)
      #expect(try decoder.next() == nil)
    }
    #expect(decoder.bufferedBytes == 3)
    #expect(largest <= 8 * size)
  }

  // Looking ahead

  @Test("A whole frame is seen when its last byte is there, and what is behind it as well")
  @available(GRPCWeb 1.0, *)
  func looksAhead() throws {
    let frame = Fixture.frame(Array("hello".utf8))
    var decoder = Self.decoder()
    for byte in frame {
      #expect(!decoder.hasWholeFrame)
      decoder.append(ByteBuffer(bytes: [byte]))
      #expect(!decoder.hasFaultyHeader)
      #expect(!decoder.hasMoreThanFrame)
    }
    #expect(decoder.hasWholeFrame)

    decoder.append(ByteBuffer(bytes: [0]))
    #expect(decoder.hasMoreThanFrame)
    _ = try decoder.next()
    #expect(!decoder.hasWholeFrame)
    #expect(!decoder.hasMoreThanFrame)
  }

  @Test("An empty message is a whole frame, with nothing behind it")
  @available(GRPCWeb 1.0, *)
  func looksAheadToEmptyMessage() {
    var decoder = Self.decoder()
    decoder.append(ByteBuffer(bytes: Fixture.frame([])))
    #expect(decoder.hasWholeFrame)
    #expect(!decoder.hasMoreThanFrame)
  }

  @Test(
    "A header that isn't accepted is seen at once, and only then is next() to throw",
    arguments: [
      ([0, 0, 0, 0, 100], false), ([0, 0, 0, 0, 101], true), ([0, 255, 255, 255, 255], true),
      ([1, 0, 0, 0, 100], false), ([1, 0, 0, 1, 0], true), ([2, 0, 0, 0, 0], true),
      ([0x40, 0, 0, 0, 1], true), ([0x80, 0, 0, 0, 1], true), ([0x81, 0, 0, 0, 1], true),
    ] as [([UInt8], Bool)]
  )
  @available(GRPCWeb 1.0, *)
  func looksAtHeader(header: [UInt8], isFaulty: Bool) {
    var decoder = FrameDecoder(maximumMessageSize: 100)
    decoder.append(ByteBuffer(bytes: header))
    #expect(decoder.hasFaultyHeader == isFaulty)
    #expect(decoder.hasWholeFrame == isFaulty)
    do throws(RPCError) {
      let frame = try decoder.next()
      #expect(frame == nil)
      #expect(!isFaulty)
    } catch {
      #expect(isFaulty)
    }
  }

  @Test("Trailers are accepted where they have a place, up to their limit")
  @available(GRPCWeb 1.0, *)
  func looksAtTrailersHeader() {
    var decoder = Self.decoder()
    decoder.append(ByteBuffer(bytes: [0x80, 0, 0, 0, 100]))
    #expect(!decoder.hasFaultyHeader)
    decoder = Self.decoder()
    decoder.append(ByteBuffer(bytes: [0x80, 0, 0, 0, 101]))
    #expect(decoder.hasFaultyHeader)
  }
}
