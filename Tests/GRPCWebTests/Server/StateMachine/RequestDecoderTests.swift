import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Request decoder")
struct RequestDecoderTests {
  /// The outcome of a body: the messages decoded, and the error.
  @available(GRPCWeb 1.0, *)
  struct Outcome: Equatable {
    var messages: [GRPCWebMessage] = []
    var code: RPCError.Code?

    init(_ messages: [[UInt8]], code: RPCError.Code? = nil) {
      self.messages = messages.map { GRPCWebMessage($0) }
      self.code = code
    }
  }

  /// Three messages, one of them empty and one of them compressed.
  private static let body =
    Fixture.frame(Array("hello".utf8)) + Fixture.frame([])
    + Fixture.frame(flags: 1, CompressionFixture.gzip)
  private static let messages = [Array("hello".utf8), [], CompressionFixture.text]

  @available(GRPCWeb 1.0, *)
  private static func text(_ body: [UInt8], in mode: GRPCWebMode) -> [UInt8] {
    mode == .text ? Fixture.base64(body) : body
  }

  /// Decodes a body, draining the decoder after each chunk.
  @available(GRPCWeb 1.0, *)
  private static func decode(
    _ chunks: [ByteBuffer],
    mode: GRPCWebMode = .binary,
    encoding: MessageEncoding = .identity,
    isStreaming: Bool,
    maximumMessageSize: Int = 10_000
  ) -> Outcome {
    var decoder = RequestDecoder(
      mode: mode,
      isStreaming: isStreaming,
      maximumMessageSize: maximumMessageSize
    )
    var inflater = MessageInflater(encoding: encoding)
    var outcome = Outcome([])
    do throws(RPCError) {
      for chunk in chunks {
        decoder.receive(chunk)
        while let message = try decoder.nextMessage(inflater: &inflater, maximumMessageSize) {
          outcome.messages.append(message)
        }
      }
      decoder.receiveEnd()
      while let message = try decoder.nextMessage(inflater: &inflater, maximumMessageSize) {
        outcome.messages.append(message)
      }
      if try decoder.next() != .end {
        Issue.record("The body should have ended.")
      }
    } catch {
      outcome.code = error.code
    }
    return outcome
  }

  // Any chunking

  @Test("Requirement 5: messages come out of any chunking", arguments: [GRPCWebMode.binary, .text])
  @available(GRPCWeb 1.0, *)
  func everySplit(mode: GRPCWebMode) {
    for chunks in Chunking.all(of: Self.text(Self.body, in: mode)) {
      let outcome = Self.decode(chunks, mode: mode, encoding: .gzip, isStreaming: true)
      #expect(outcome == Outcome(Self.messages))
    }
  }

  @Test("Requirement 17: each message may be a padded run of its own")
  @available(GRPCWeb 1.0, *)
  func everySplitOfRuns() {
    let body =
      Fixture.base64(Fixture.frame(Array("hello".utf8))) + Fixture.base64(Fixture.frame([]))
      + Fixture.base64(Fixture.frame(flags: 1, CompressionFixture.gzip))
    for chunks in Chunking.all(of: body) {
      let outcome = Self.decode(chunks, mode: .text, encoding: .gzip, isStreaming: true)
      #expect(outcome == Outcome(Self.messages))
    }
  }

  @Test(
    "Requirement 5: a single message comes out of any chunking",
    arguments: [GRPCWebMode.binary, .text],
    [
      (MessageEncoding.identity, Fixture.frame([1, 2, 3]), [1, 2, 3]),
      (.identity, Fixture.frame([]), []),
      (.gzip, Fixture.frame(flags: 1, CompressionFixture.gzip), CompressionFixture.text),
      (.deflate, Fixture.frame(flags: 1, CompressionFixture.zlib), CompressionFixture.text),
      (.deflate, Fixture.frame(flags: 1, CompressionFixture.emptyZlib), []),
      (.gzip, Fixture.frame([1, 2, 3]), [1, 2, 3]),
    ] as [(MessageEncoding, [UInt8], [UInt8])]
  )
  @available(GRPCWeb 1.0, *)
  func everySplitOfSingle(mode: GRPCWebMode, fixture: (MessageEncoding, [UInt8], [UInt8])) {
    let (encoding, body, message) = fixture
    for chunks in Chunking.all(of: Self.text(body, in: mode)) {
      let outcome = Self.decode(chunks, mode: mode, encoding: encoding, isStreaming: false)
      #expect(outcome == Outcome([message]))
    }
  }

  @Test("Requirement 5: random messages in random chunks", arguments: 0 ..< 30 as Range<UInt64>)
  @available(GRPCWeb 1.0, *)
  func random(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let deflater = try Deflater(format: .gzip)
    var messages: [[UInt8]] = []
    var frames: [[UInt8]] = []
    for _ in 0 ..< 10 {
      let message = generator.bytes(count: Int.random(in: 0 ... 200, using: &generator))
      messages.append(message)
      if Bool.random(using: &generator) {
        var compressed = ByteBuffer()
        try deflater.deflate(ByteBuffer(bytes: message), into: &compressed)
        frames.append(Fixture.frame(flags: 1, compressed.bytes))
      } else {
        frames.append(Fixture.frame(message))
      }
    }

    for mode in [GRPCWebMode.binary, .text] {
      let body = frames.flatMap { Self.text($0, in: mode) }
      let chunks = Chunking.random(of: body, using: &generator)
      let outcome = Self.decode(chunks, mode: mode, encoding: .gzip, isStreaming: true)
      #expect(outcome == Outcome(messages))
    }
  }

  // The number of messages

  @Test("Requirement 6: a streamed request has any number of messages")
  @available(GRPCWeb 1.0, *)
  func streaming() {
    for count in 0 ... 3 {
      let messages = [[UInt8]](repeating: [7], count: count)
      let chunk = ByteBuffer(bytes: messages.flatMap { Fixture.frame($0) })
      #expect(Self.decode([chunk], isStreaming: true) == Outcome(messages))
    }
    #expect(Self.decode([], isStreaming: true) == Outcome([]))
  }

  @Test("A streamed request's messages are there before its end")
  @available(GRPCWeb 1.0, *)
  func streamingBeforeTheEnd() throws {
    var decoder = RequestDecoder(
      mode: .binary,
      isStreaming: true,
      maximumMessageSize: 10
    )
    #expect(try decoder.next() == .needsBytes)
    decoder.receive(ByteBuffer(bytes: Fixture.frame([1]) + Fixture.frame([2])))
    #expect(try decoder.next() == .message(GRPCWebMessage([1])))
    #expect(try decoder.next() == .message(GRPCWebMessage([2])))
    #expect(try decoder.next() == .needsBytes)
    decoder.receiveEnd()
    #expect(try decoder.next() == .end)
    #expect(try decoder.next() == .end)
  }

  @Test("Requirement 6: no message for a method that takes one is unimplemented")
  @available(GRPCWeb 1.0, *)
  func none() {
    #expect(Self.decode([], isStreaming: false) == Outcome([], code: .unimplemented))
    let empty = Self.decode([ByteBuffer()], mode: .text, isStreaming: false)
    #expect(empty == Outcome([], code: .unimplemented))
  }

  @Test(
    "Requirement 6: a second message for a method that takes one is unimplemented",
    arguments: [GRPCWebMode.binary, .text]
  )
  @available(GRPCWeb 1.0, *)
  func two(mode: GRPCWebMode) {
    for second in [Fixture.frame([2]), Fixture.frame([])] {
      let body = Self.text(Fixture.frame([1]) + second, in: mode)
      for chunks in Chunking.all(of: body) {
        let outcome = Self.decode(chunks, mode: mode, isStreaming: false)
        #expect(outcome == Outcome([], code: .unimplemented))
      }
    }
  }

  @Test("Requirement 6: the only message is handed out when the body has ended without fault")
  @available(GRPCWeb 1.0, *)
  func singleAtTheEnd() throws {
    var decoder = RequestDecoder(
      mode: .binary,
      isStreaming: false,
      maximumMessageSize: 10
    )
    #expect(try decoder.next() == .needsBytes)
    decoder.receive(ByteBuffer(bytes: Fixture.frame([1])))
    #expect(try decoder.next() == .needsBytes)
    decoder.receiveEnd()
    #expect(try decoder.next() == .message(GRPCWebMessage([1])))
    #expect(try decoder.next() == .end)
    #expect(try decoder.next() == .end)
  }

  // Faults

  /// Bodies whose first message is valid, and whose rest isn't.
  ///
  /// The last body has a second message that can't be inflated.
  private static let malformed: [(body: [UInt8], code: RPCError.Code)] = [
    (Fixture.frame([1]) + [0], .internalError),
    (Fixture.frame([1]) + [0, 0, 0, 0, 2, 9], .internalError),
    (Fixture.frame([1]) + Fixture.header(flags: 2, length: 0), .internalError),
    (Fixture.frame([1]) + Fixture.trailers("grpc-status: 0"), .internalError),
    (Fixture.frame([1]) + Fixture.header(length: .max), .resourceExhausted),
    (Fixture.frame([1]) + Fixture.frame(flags: 1, [1, 2]), .internalError),
  ]

  @Test("Requirement 6: a service never sees the message of a malformed call")
  @available(GRPCWeb 1.0, *)
  func malformedSingle() {
    // For a method that takes one message, a second message is the fault, whether or not it can be
    // inflated.
    let last = (body: Self.malformed[5].body, code: RPCError.Code.unimplemented)
    for (body, code) in Self.malformed.dropLast() + [last] {
      for mode in [GRPCWebMode.binary, .text] {
        for chunks in Chunking.all(of: Self.text(body, in: mode)) {
          let outcome = Self.decode(chunks, mode: mode, isStreaming: false)
          #expect(outcome == Outcome([], code: code))
        }
      }
    }
  }

  @Test("Messages of a stream that came before a fault are good")
  @available(GRPCWeb 1.0, *)
  func malformedStream() {
    for (body, code) in Self.malformed {
      for mode in [GRPCWebMode.binary, .text] {
        for chunks in Chunking.all(of: Self.text(body, in: mode)) {
          let outcome = Self.decode(chunks, mode: mode, isStreaming: true)
          #expect(outcome == Outcome([[1]], code: code))
        }
      }
    }
  }

  @Test(
    "Requirement 6: a body that ends inside a frame is an error",
    arguments: [GRPCWebMode.binary, .text],
    [true, false]
  )
  @available(GRPCWeb 1.0, *)
  func everyTruncation(mode: GRPCWebMode, isStreaming: Bool) {
    let frame = Self.text(Fixture.frame([1, 2, 3, 4]), in: mode)
    for length in 1 ..< frame.count {
      let chunk = ByteBuffer(bytes: frame.prefix(length))
      let outcome = Self.decode([chunk], mode: mode, isStreaming: isStreaming)
      #expect(outcome == Outcome([], code: .internalError))
    }
  }

  @Test(
    "Requirement 17: a text body that isn't base64 is an error",
    arguments: ["AAAAAAE*", "AAAAAAEB\r\n", "{}", "AAAAAAEBA", "=AAA", "AA=A", "AAAAAAEB===="]
  )
  @available(GRPCWeb 1.0, *)
  func invalidBase64(text: String) {
    for chunks in Chunking.all(of: Array(text.utf8)) {
      let outcome = Self.decode(chunks, mode: .text, isStreaming: false)
      #expect(outcome == Outcome([], code: .internalError))
    }
  }

  @Test("Nothing that comes after a fault in the text mends it")
  @available(GRPCWeb 1.0, *)
  func faultIsFinal() {
    let chunks = ["AAAAAAE*", "AAAAAAEB"].map { ByteBuffer(string: $0) }
    var decoder = RequestDecoder(
      mode: .text,
      isStreaming: true,
      maximumMessageSize: 10
    )
    for chunk in chunks {
      decoder.receive(chunk)
    }
    #expect(throws: RPCError.self) { try decoder.next() }
    #expect(throws: RPCError.self) { try decoder.next() }
  }

  // Limits and compression

  @Test("Requirement 19: a message of the limit is accepted, one byte more is not")
  @available(GRPCWeb 1.0, *)
  func limit() {
    let chunk = ByteBuffer(bytes: Fixture.frame([1, 2, 3]))
    for isStreaming in [true, false] {
      #expect(
        Self.decode([chunk], isStreaming: isStreaming, maximumMessageSize: 3)
          == Outcome([[1, 2, 3]])
      )
      #expect(
        Self.decode([chunk], isStreaming: isStreaming, maximumMessageSize: 2)
          == Outcome([], code: .resourceExhausted)
      )
    }
  }

  @Test("Requirement 19: the limit counts the message after decompression")
  @available(GRPCWeb 1.0, *)
  func limitAfterDecompression() {
    let chunk = ByteBuffer(bytes: Fixture.frame(flags: 1, CompressionFixture.gzip))
    let size = CompressionFixture.text.count
    for isStreaming in [true, false] {
      #expect(
        Self.decode(
          [chunk],
          encoding: .gzip,
          isStreaming: isStreaming,
          maximumMessageSize: size
        ) == Outcome([CompressionFixture.text])
      )
      #expect(
        Self.decode(
          [chunk],
          encoding: .gzip,
          isStreaming: isStreaming,
          maximumMessageSize: size - 1
        ) == Outcome([], code: .resourceExhausted)
      )
    }
  }

  @Test("Requirement 19: what can't be shrunk fits the limit also when it is compressed")
  @available(GRPCWeb 1.0, *)
  func incompressibleAtTheLimit() throws {
    var generator = SplitMix64(seed: 3)
    for size in [0, 1, 10, 1000, 100_000] {
      let message = generator.bytes(count: size)
      for (encoding, format) in [(MessageEncoding.gzip, ZlibFormat.gzip), (.deflate, .zlib)] {
        var compressed = ByteBuffer()
        try Deflater(format: format).deflate(ByteBuffer(bytes: message), into: &compressed)
        let outcome = Self.decode(
          [ByteBuffer(bytes: Fixture.frame(flags: 1, compressed.bytes))],
          encoding: encoding,
          isStreaming: false,
          maximumMessageSize: size
        )
        #expect(outcome == Outcome([message]))
      }
    }
  }

  @Test("Requirement 19: a bomb is resourceExhausted", arguments: [GRPCWebMode.binary, .text])
  @available(GRPCWeb 1.0, *)
  func bomb(mode: GRPCWebMode) throws {
    var bomb = ByteBuffer()
    try Deflater(format: .gzip).deflate(ByteBuffer(repeating: 0, count: 10 << 20), into: &bomb)
    let body = Self.text(Fixture.frame(flags: 1, bomb.bytes), in: mode)
    let outcome = Self.decode(
      [ByteBuffer(bytes: body)],
      mode: mode,
      encoding: .gzip,
      isStreaming: false,
      maximumMessageSize: 1 << 20
    )
    #expect(outcome == Outcome([], code: .resourceExhausted))
  }

  @Test("Requirement 18: the compressed flag without an encoding is an error")
  @available(GRPCWeb 1.0, *)
  func compressedWithoutEncoding() {
    for payload in [CompressionFixture.gzip, []] {
      let chunk = ByteBuffer(bytes: Fixture.frame(flags: 1, payload))
      #expect(Self.decode([chunk], isStreaming: true) == Outcome([], code: .internalError))
    }
  }

  @Test("Requirement 18: with an encoding, a message may still be sent as it is")
  @available(GRPCWeb 1.0, *)
  func uncompressedWithEncoding() {
    let chunk = ByteBuffer(bytes: Fixture.frame([1]))
    #expect(Self.decode([chunk], encoding: .gzip, isStreaming: true) == Outcome([[1]]))
  }

  @Test("A message of no bytes may have the compressed flag")
  @available(GRPCWeb 1.0, *)
  func emptyCompressed() {
    let chunk = ByteBuffer(bytes: Fixture.frame(flags: 1, []))
    #expect(Self.decode([chunk], encoding: .gzip, isStreaming: true) == Outcome([[]]))
  }

  @Test(
    "Requirement 18: garbage, truncation, excess and another encoding are errors",
    arguments: [
      Array("garbage".utf8), Array(CompressionFixture.gzip.dropLast()),
      CompressionFixture.gzip + [0], CompressionFixture.zlib,
    ]
  )
  @available(GRPCWeb 1.0, *)
  func compressedGarbage(payload: [UInt8]) {
    let chunk = ByteBuffer(bytes: Fixture.frame(flags: 1, payload))
    for isStreaming in [true, false] {
      let outcome = Self.decode([chunk], encoding: .gzip, isStreaming: isStreaming)
      #expect(outcome == Outcome([], code: .internalError))
    }
  }

  @Test("A message that isn't compressed is a slice of the chunk it came in")
  @available(GRPCWeb 1.0, *)
  func sharesStorage() throws {
    var decoder = RequestDecoder(
      mode: .binary,
      isStreaming: true,
      maximumMessageSize: 10
    )
    let chunk = ByteBuffer(bytes: Fixture.frame([1, 2, 3]))
    decoder.receive(chunk)
    guard case .message(let message) = try decoder.next() else {
      Issue.record("There should be a message.")
      return
    }
    #expect(message.frame.address == chunk.address)
  }

  // Looking ahead

  /// Valid and invalid bodies.
  private static let bodies: [[UInt8]] = [
    Fixture.frame(Array("hello".utf8)), Fixture.frame([]), [],
    Fixture.frame([1]) + Fixture.frame([2]), Fixture.frame(flags: 1, CompressionFixture.gzip),
    Fixture.frame([1]) + [0], Fixture.frame(flags: 0x80, [1]), Fixture.frame(flags: 4, []),
    [0, 255, 255, 255, 255], [0, 0, 0],
    Fixture.frame([1]) + Fixture.frame(flags: 0x80, []),
  ]

  @Test(
    "An event is announced when there is one; where there is none, looking takes that back",
    arguments: [false, true],
    [GRPCWebMode.binary, .text]
  )
  @available(GRPCWeb 1.0, *)
  func announcesEvents(isStreaming: Bool, mode: GRPCWebMode) {
    for body in Self.bodies {
      var taking = RequestDecoder(mode: mode, isStreaming: isStreaming, maximumMessageSize: 10_000)
      var waiting = taking
      let chunks = Self.text(body, in: mode).map { ByteBuffer?(ByteBuffer(bytes: [$0])) } + [nil]
      for chunk in chunks {
        if let chunk = chunk {
          taking.receive(chunk)
          waiting.receive(chunk)
        } else {
          taking.receiveEnd()
          waiting.receiveEnd()
        }

        // The first decoder returns events as bytes arrive.
        while true {
          let isAnnounced = taking.hasEvent
          let event = try? taking.next()
          if event == .needsBytes {
            #expect(!taking.hasEvent, "\(body)")
            break
          }
          #expect(isAnnounced, "\(body)")
          guard let event = event, event != .end else { break }
        }

        // The second decoder only receives bytes, and returns no event.
        var looking = waiting
        if (try? looking.next()) != .needsBytes {
          #expect(waiting.hasEvent, "\(body)")
        } else if isStreaming {
          #expect(!waiting.hasEvent, "\(body)")
        }
      }
    }
  }

  @Test("The bytes that wait are counted until their message is taken")
  @available(GRPCWeb 1.0, *)
  func countsUnreadBytes() throws {
    var decoder = RequestDecoder(
      mode: .binary,
      isStreaming: true,
      maximumMessageSize: 10_000
    )
    let frame = Fixture.frame([UInt8](repeating: 0, count: 100))
    decoder.receive(ByteBuffer(bytes: frame + frame))
    #expect(decoder.bufferedBytes == 210)
    _ = try decoder.next()
    #expect(decoder.bufferedBytes == 105)
    _ = try decoder.next()
    #expect(decoder.bufferedBytes == 0)
  }
}

@available(GRPCWeb 1.0, *)
extension RequestDecoder {
  /// Returns the next message, inflated as a call does it, or `nil` if none is available.
  fileprivate mutating func nextMessage(
    inflater: inout MessageInflater,
    _ limit: Int
  ) throws(RPCError) -> GRPCWebMessage? {
    switch try self.next() {
    case .message(let message):
      return message
    case .compressedMessage(let bytes):
      return try inflater.inflate(bytes, limit: limit)
    case .needsBytes, .end:
      return nil
    }
  }
}
