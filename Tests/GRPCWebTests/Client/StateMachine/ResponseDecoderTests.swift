import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Response decoder")
struct ResponseDecoderTests {
  /// The outcome of a response: the parts decoded, and the error.
  @available(GRPCWeb 1.0, *)
  struct Outcome: Equatable {
    var metadata: Metadata?
    var messages: [GRPCWebMessage]
    var status: Status?
    var trailing: Metadata
    var error: RPCError.Code?

    init(
      metadata: Metadata? = [:],
      _ messages: [[UInt8]] = [],
      status: Status? = nil,
      trailing: Metadata = [:],
      error: RPCError.Code? = nil
    ) {
      self.metadata = metadata
      self.messages = messages.map { GRPCWebMessage($0) }
      self.status = status
      self.trailing = trailing
      self.error = error
    }
  }

  /// A decoder with the parts decoded so far.
  @available(GRPCWeb 1.0, *)
  private struct Reader {
    var decoder: ResponseDecoder
    var outcome = Outcome(metadata: nil)
    var isEnded = false

    /// Decodes all events available.
    mutating func drain() throws(RPCError) {
      while !self.isEnded {
        switch try self.decoder.next() {
        case .part(.metadata(let metadata)):
          #expect(self.outcome.metadata == nil && self.outcome.messages.isEmpty)
          self.outcome.metadata = metadata
        case .part(.message(let message)):
          #expect(self.outcome.metadata != nil && self.outcome.status == nil)
          self.outcome.messages.append(message)
        case .part(.status(let status, let trailing)):
          #expect(self.outcome.status == nil)
          self.outcome.status = status
          self.outcome.trailing = trailing
          #expect(self.decoder.isEnded)
        case .needsBytes:
          return
        case .end:
          self.isEnded = true
        }
      }
    }
  }

  /// Decodes a response, draining the decoder after each chunk or only at the end.
  @available(GRPCWeb 1.0, *)
  private static func decode(
    _ head: HTTPResponse,
    _ chunks: [ByteBuffer],
    isStreaming: Bool = true,
    maximumMessageSize: Int = 10_000,
    drainsOften: Bool = true
  ) -> Outcome {
    var reader = Reader(
      decoder: ResponseDecoder(isStreaming: isStreaming, maximumMessageSize: maximumMessageSize)
    )
    do throws(RPCError) {
      try reader.drain()
      reader.decoder.receive(head)
      for chunk in chunks {
        if drainsOften {
          try reader.drain()
        }
        reader.decoder.receive(chunk)
      }
      if drainsOften {
        try reader.drain()
      }
      reader.decoder.receiveEnd()
      try reader.drain()
      if !reader.isEnded {
        Issue.record("The response should have ended.")
      }
    } catch {
      reader.outcome.error = error.code
      #expect(reader.decoder.isEnded)
    }
    return reader.outcome
  }

  @available(GRPCWeb 1.0, *)
  private static func decode(
    _ head: HTTPResponse,
    _ body: [UInt8],
    isStreaming: Bool = true,
    maximumMessageSize: Int = 10_000
  ) -> Outcome {
    Self.decode(
      head,
      body.isEmpty ? [] : [ByteBuffer(bytes: body)],
      isStreaming: isStreaming,
      maximumMessageSize: maximumMessageSize
    )
  }

  private static let ok = Fixture.trailers("grpc-status: 0")

  // Any chunking

  /// A whole response with its expected outcome.
  @available(GRPCWeb 1.0, *)
  struct Vector: CustomStringConvertible, Sendable {
    var description: String
    var isStreaming = true
    var fields: [(name: String, value: String)] = []
    var body: [UInt8]
    var outcome: Outcome
  }

  @available(GRPCWeb 1.0, *)
  static var vectors: [Vector] {
    [
      Vector(
        description: "messages, one empty, one compressed",
        fields: [("grpc-encoding", "gzip"), ("x-first", "1")],
        body: Fixture.frame([1, 2, 3]) + Fixture.frame([])
          + Fixture.frame(flags: 1, CompressionFixture.gzip)
          + Fixture.trailers("grpc-status: 0", "x-last: 2"),
        outcome: Outcome(
          metadata: ["x-first": "1"],
          [[1, 2, 3], [], CompressionFixture.text],
          status: .test(.ok),
          trailing: ["x-last": "2"]
        )
      ),
      Vector(
        description: "one message",
        isStreaming: false,
        body: Fixture.frame([1]) + Self.ok,
        outcome: Outcome([[1]], status: .test(.ok))
      ),
      Vector(
        description: "one empty message",
        isStreaming: false,
        body: Fixture.frame([]) + Self.ok,
        outcome: Outcome([[]], status: .test(.ok))
      ),
      Vector(
        description: "an error",
        isStreaming: false,
        body: Fixture.trailers("grpc-status: 5", "grpc-message: gone%21"),
        outcome: Outcome(metadata: nil, status: .test(.notFound, "gone!"))
      ),
      Vector(
        description: "an error, and metadata in the headers",
        isStreaming: false,
        fields: [("x-a", "1")],
        body: Fixture.trailers("grpc-status: 14", "x-b: 2"),
        outcome: Outcome(
          metadata: nil,
          status: .test(.unavailable),
          trailing: ["x-a": "1", "x-b": "2"]
        )
      ),
      Vector(
        description: "no messages",
        body: Self.ok,
        outcome: Outcome(status: .test(.ok))
      ),
      Vector(
        description: "an error after a message",
        body: Fixture.frame([1]) + Fixture.trailers("grpc-status: 5"),
        outcome: Outcome([[1]], status: .test(.notFound))
      ),
      Vector(
        description: "compressed trailers",
        fields: [("grpc-encoding", "gzip")],
        body: Fixture.frame([1]) + Fixture.frame(flags: 0x81, Self.compressedTrailers),
        outcome: Outcome([[1]], status: .test(.notFound, "gone"))
      ),
      Vector(
        description: "a status in the headers as well",
        fields: [("grpc-status", "0"), ("x-first", "1")],
        body: Fixture.frame([1]) + Fixture.trailers("grpc-status: 5"),
        outcome: Outcome(metadata: ["x-first": "1"], [[1]], status: .test(.notFound))
      ),
      Vector(
        description: "a status in the headers, a message and no trailers",
        fields: [("grpc-status", "0"), ("x-first", "1")],
        body: Fixture.frame([1]),
        outcome: Outcome(metadata: ["x-first": "1"], [[1]], status: .test(.ok))
      ),
      Vector(
        description: "a body that ends inside a frame",
        body: Fixture.frame([1]) + [0, 0],
        outcome: Outcome([[1]], error: .internalError)
      ),
      Vector(
        description: "a body that ends without a status",
        body: Fixture.frame([1]),
        outcome: Outcome([[1]], error: .unknown)
      ),
    ]
  }

  /// `gzip.compress(b"grpc-status: 5\r\ngrpc-message: gone\r\n", 9, mtime=0)` of Python.
  private static let compressedTrailers: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0x2f,
    0x2a, 0x48, 0xd6, 0x2d, 0x2e, 0x49, 0x2c, 0x29, 0x2d, 0xb6, 0x52, 0x30,
    0xe5, 0xe5, 0x4a, 0x07, 0xf1, 0x73, 0x53, 0x8b, 0x8b, 0x13, 0xd3, 0x53,
    0xad, 0x14, 0xd2, 0xf3, 0xf3, 0x52, 0x79, 0xb9, 0x00, 0xb9, 0x25, 0x42,
    0x0c, 0x24, 0x00, 0x00, 0x00,
  ]

  @Test("Requirements 5 and 17: the same out of any chunking, in both modes")
  @available(GRPCWeb 1.0, *)
  func everySplit() throws {
    for vector in Self.vectors {
      for mode in [GRPCWebMode.binary, .text] {
        let head = try HTTPResponse.test(contentType: ContentType.value(for: mode), vector.fields)
        let body = mode == .text ? Fixture.base64(vector.body) : vector.body
        for chunks in Chunking.all(of: body) {
          for drainsOften in [true, false] {
            let outcome = Self.decode(
              head,
              chunks,
              isStreaming: vector.isStreaming,
              drainsOften: drainsOften
            )
            #expect(outcome == vector.outcome, "\(vector), \(mode)")
          }
        }
      }
    }
  }

  @Test("Requirement 17: each frame may be a padded run of its own")
  @available(GRPCWeb 1.0, *)
  func runs() throws {
    let body =
      Fixture.base64(Fixture.frame([1])) + Fixture.base64(Fixture.frame([]))
      + Fixture.base64(Self.ok)
    let head = try HTTPResponse.test(contentType: "application/grpc-web-text")
    for chunks in Chunking.all(of: body) {
      #expect(Self.decode(head, chunks) == Outcome([[1], []], status: .test(.ok)))
    }
  }

  @Test("Requirement 5: random responses in random chunks", arguments: 0 ..< 30 as Range<UInt64>)
  @available(GRPCWeb 1.0, *)
  func random(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    var messages: [[UInt8]] = []
    var frames: [[UInt8]] = []
    for _ in 0 ..< 10 {
      messages.append(generator.bytes(count: Int.random(in: 0 ... 200, using: &generator)))
      frames.append(messages.last.map { Fixture.frame($0) } ?? [])
    }
    frames.append(Self.ok)

    for mode in [GRPCWebMode.binary, .text] {
      let body = frames.flatMap { mode == .text ? Fixture.base64($0) : $0 }
      let head = try HTTPResponse.test(contentType: ContentType.value(for: mode))
      let chunks = Chunking.random(of: body, using: &generator)
      #expect(Self.decode(head, chunks) == Outcome(messages, status: .test(.ok)))
    }
  }

  @Test("Never a crash, whatever the bytes", arguments: 0 ..< 200 as Range<UInt64>)
  @available(GRPCWeb 1.0, *)
  func damage(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    for vector in Self.vectors {
      var body = vector.body
      for _ in 0 ... Int.random(in: 0 ... 3, using: &generator) {
        let index = Int.random(in: 0 ..< body.count, using: &generator)
        body[index] = UInt8.random(in: 0 ... 255, using: &generator)
      }
      let outcome = Self.decode(try .test(vector.fields), body, isStreaming: vector.isStreaming)
      #expect(outcome.status != nil || outcome.error != nil)
    }
  }

  // Trailers

  @Test(
    "Requirement 11: trailers in all the forms they are sent",
    arguments: [
      "grpc-status: 5\r\ngrpc-message: gone\r\nx-a: 1\r\n",
      "grpc-status:5\r\ngrpc-message:gone\r\nx-a:1\r\n",
      "grpc-status: 5\r\ngrpc-message: gone\r\nx-a: 1",
      "Grpc-Status: 5\r\nGRPC-MESSAGE: gone\r\nX-A: 1\r\n",
      "grpc-status \t:  5 \t\r\ngrpc-message:\tgone \r\nx-a :1\r\n",
      "grpc-status: 5\ngrpc-message: gone\nx-a: 1\n",
      "\r\ngrpc-status: 5\r\n\r\ngrpc-message: gone\r\nx-a: 1\r\n\r\n",
      "x-a: 1\r\ngrpc-message: gone\r\ngrpc-status: 5\r\n",
      "grpc-status: 5\r\ngrpc-message: g%6Fne\r\nx-a: 1\r\n",
      "grpc-status: 5\r\ngrpc-message: gone\r\nx-a: 1\r\ngrpc-encoding: gzip\r\n",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func trailersForms(block: String) throws {
    let body = Fixture.frame([1]) + Fixture.frame(flags: 0x80, Array(block.utf8))
    #expect(
      Self.decode(try .test(), body)
        == Outcome([[1]], status: .test(.notFound, "gone"), trailing: ["x-a": "1"])
    )
  }

  @Test("Requirement 11: repeated keys keep their values, split at the first colon only")
  @available(GRPCWeb 1.0, *)
  func trailersValues() throws {
    let body = Fixture.trailers(
      "grpc-status: 3",
      "grpc-message: a, b: c",
      "x-two: 1",
      "x-other: http://x:80/",
      "X-Two: 2, 3",
      "x-empty:",
      "x-data-bin: AQI,Aw==",
      "x-data-bin: BA"
    )
    var trailing: Metadata = [
      "x-two": "1", "x-other": "http://x:80/", "x-two": "2, 3", "x-empty": "",
    ]
    for bytes in [[1, 2], [3], [4]] as [[UInt8]] {
      trailing.addBinary(bytes, forKey: "x-data-bin")
    }
    #expect(
      Self.decode(try .test(), body)
        == Outcome(status: .test(.invalidArgument, "a, b: c"), trailing: trailing)
    )
  }

  @Test(
    "Requirement 11: only CR LF and LF end a line, and only a colon ends a name",
    arguments: [
      "a\u{2028}b", "a\u{2029}b", "a\u{85}b", "a\u{b}b", "a\u{c}b", "\u{2028}", "a\rb", "\u{301}a",
      "\u{301}: a", "\u{fe0f}", "\u{200d}x: y", "a \u{301}", "\u{1f3f3}\u{fe0f}",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func unicodeInTrailers(value: String) throws {
    for space in ["", " "] {
      let lines = "grpc-status:5\r\nx-text:\(space)\(value)\r\ngrpc-message:\(space)\(value)\r\n"
      let outcome = Self.decode(try .test(), Fixture.frame(flags: 0x80, Array(lines.utf8)))
      #expect(outcome.error == nil)
      // Compares scalars: a String treats a space and a combining character as one character.
      let scalars = Array(value.unicodeScalars)
      let text = outcome.trailing[stringValues: "x-text"].map { Array($0.unicodeScalars) }
      #expect(text == [scalars])
      #expect(outcome.status?.code == .notFound)
      #expect(outcome.status.map { Array($0.message.unicodeScalars) } == scalars)
    }
  }

  @Test(
    "Requirement 12: the decoding of a message never fails",
    arguments: [
      ("100%", "100%"), ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%%41", "%A"),
      ("%C3%A4", "\u{e4}"), ("%c3%a4", "\u{e4}"), ("%C3", "\u{fffd}"),
      ("%FF%FE", "\u{fffd}\u{fffd}"),
      ("\u{e4}", "\u{e4}"), ("%0D%0Agrpc-status: 0", "\r\ngrpc-status: 0"), ("a+b", "a+b"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func messageEscapes(encoded: String, decoded: String) throws {
    let inTrailers = Self.decode(
      try .test(),
      Fixture.trailers("grpc-status: 2", "grpc-message: \(encoded)")
    )
    #expect(inTrailers.status == .test(.unknown, decoded))
  }

  @Test("Requirement 11: a status code that gRPC doesn't have is unknown, and named")
  @available(GRPCWeb 1.0, *)
  func unknownStatus() throws {
    for code in ["17", "-1", "99999999999999999999", "banana", "", "0x5", "5.0"] {
      let outcome = Self.decode(
        try .test(),
        Fixture.trailers("grpc-status: \(code)", "grpc-message: m")
      )
      #expect(outcome.status?.code == .unknown)
      #expect(outcome.status?.message.contains("'\(code)'") == true)
      #expect(outcome.status?.message.contains(" m") == true)
    }
  }

  @Test("Requirement 11: every code of gRPC's", arguments: 0 ... 16)
  @available(GRPCWeb 1.0, *)
  func knownStatus(code: Int) throws {
    let outcome = Self.decode(try .test(), Fixture.trailers("grpc-status: \(code)"))
    #expect(outcome.status?.code.rawValue == code)
    #expect(outcome.status?.message == "")
  }

  @Test("Requirement 14: trailers without a status are unknown")
  @available(GRPCWeb 1.0, *)
  func noStatusInTrailers() throws {
    for block in ["", "x-a: 1\r\n", "grpc-message: m\r\n", "\r\n"] {
      let body = Fixture.frame([1]) + Fixture.frame(flags: 0x80, Array(block.utf8))
      #expect(Self.decode(try .test(), body) == Outcome([[1]], error: .unknown))
    }
  }

  @Test("Faulty trailers are internalError")
  @available(GRPCWeb 1.0, *)
  func faultyTrailers() throws {
    for line in ["nonsense", "x-bin: ?", "x-bin: A"] {
      let body = Fixture.frame([1]) + Fixture.trailers("grpc-status: 0", line)
      #expect(Self.decode(try .test(), body) == Outcome([[1]], error: .internalError))
    }
  }

  @Test("Requirement 19: trailers over 64 KiB are resourceExhausted, before they are there")
  @available(GRPCWeb 1.0, *)
  func largeTrailers() throws {
    let header = Fixture.header(flags: 0x80, length: 64 * 1024 + 1)
    #expect(Self.decode(try .test(), header) == Outcome(error: .resourceExhausted))

    let value = String(repeating: "v", count: 64 * 1024 - 23)
    let body = Fixture.trailers("grpc-status: 0", "x: \(value)")
    #expect(body.count == 5 + 64 * 1024 - 2)
    #expect(Self.decode(try .test(), body).trailing == ["x": .string(value)])
  }

  @Test("Requirement 18: compressed trailers need an encoding, and are bounded")
  @available(GRPCWeb 1.0, *)
  func compressedTrailersFaults() throws {
    let body = Fixture.frame(flags: 0x81, Self.compressedTrailers)
    #expect(Self.decode(try .test(), body) == Outcome(error: .internalError))
    #expect(
      Self.decode(try .test([("grpc-encoding", "br")]), body) == Outcome(error: .internalError)
    )

    var bomb = ByteBuffer()
    try Deflater(format: .gzip).deflate(ByteBuffer(repeating: 0, count: 1 << 20), into: &bomb)
    let head = try HTTPResponse.test([("grpc-encoding", "gzip")])
    let outcome = Self.decode(head, Fixture.frame(flags: 0x81, bomb.bytes))
    #expect(outcome == Outcome(error: .resourceExhausted))
  }

  // Trailers-only

  @Test("Requirement 13: a status in the headers, whose metadata is trailing then")
  @available(GRPCWeb 1.0, *)
  func trailersOnly() throws {
    let fields = [
      ("grpc-status", "5"), ("grpc-message", "gone%21"), ("x-a", "1"), ("date", "today"),
      ("grpc-status-details-bin", "AQI"), ("grpc-encoding", "gzip"), ("content-length", "0"),
    ]
    // The `date` field is HTTP's, and no metadata.
    var trailing: Metadata = ["x-a": "1"]
    trailing.addBinary([1, 2], forKey: "grpc-status-details-bin")
    for isStreaming in [true, false] {
      let outcome = Self.decode(try .test(fields), [], isStreaming: isStreaming)
      #expect(
        outcome == Outcome(metadata: nil, status: .test(.notFound, "gone!"), trailing: trailing)
      )
    }
  }

  @Test("Requirement 13: of a stream, too, where nothing else has come when it is asked for")
  @available(GRPCWeb 1.0, *)
  func trailersOnlyOfStream() throws {
    let head = try HTTPResponse.test([("x-a", "1")])
    let error = Fixture.trailers("grpc-status: 14", "x-b: 2")
    #expect(
      Self.decode(head, [ByteBuffer(bytes: error)], drainsOften: false)
        == Outcome(
          metadata: nil,
          status: .test(.unavailable),
          trailing: ["x-a": "1", "x-b": "2"]
        )
    )
    // Metadata is returned as initial metadata if it was read before the rest of the response was
    // received.
    #expect(
      Self.decode(head, error)
        == Outcome(metadata: ["x-a": "1"], status: .test(.unavailable), trailing: ["x-b": "2"])
    )
    // A successful response has initial metadata, even without messages.
    #expect(
      Self.decode(head, [ByteBuffer(bytes: Self.ok)], drainsOften: false)
        == Outcome(metadata: ["x-a": "1"], status: .test(.ok))
    )
  }

  @Test("Requirement 20: a response with a content coding is refused, and the coding named")
  @available(GRPCWeb 1.0, *)
  func contentCoding() throws {
    for isStreaming in [true, false] {
      for coding in ["gzip", "br", "gzip, br", "x-unheard-of"] {
        let head = try HTTPResponse.test([("content-encoding", coding)])
        var decoder = ResponseDecoder(isStreaming: isStreaming, maximumMessageSize: 100)
        decoder.receive(head)
        let error = #expect(throws: RPCError.self) { try decoder.next() }
        #expect(error?.code == .internalError)
        #expect(error?.message.contains("'\(coding)'") == true)
      }
      for coding in ["identity", "Identity", ""] {
        let head = try HTTPResponse.test([("content-encoding", coding)])
        let outcome = Self.decode(head, Fixture.frame([1]) + Self.ok, isStreaming: isStreaming)
        #expect(outcome == Outcome([[1]], status: .test(.ok)))
      }
    }
    // A status in the headers, or an HTTP status, explains more than the content coding.
    let status = try HTTPResponse.test([("content-encoding", "gzip"), ("grpc-status", "5")])
    #expect(Self.decode(status, [1, 2]) == Outcome(metadata: nil, status: .test(.notFound)))
    let html = try HTTPResponse.test(
      .init(code: 502),
      contentType: "text/html",
      [("content-encoding", "gzip")]
    )
    #expect(Self.decode(html, [1, 2]).status?.code == .unavailable)
  }

  @Test("Requirement 18: a message in an encoding that isn't known names it")
  @available(GRPCWeb 1.0, *)
  func unknownEncoding() throws {
    for flags in [1, 0x81] as [UInt8] {
      var decoder = ResponseDecoder(isStreaming: false, maximumMessageSize: 100)
      decoder.receive(try .test([("grpc-encoding", "snappy")]))
      decoder.receive(ByteBuffer(bytes: Fixture.frame(flags: flags, [1, 2])))
      let error = #expect(throws: RPCError.self) { try decoder.next() }
      #expect(error?.code == .internalError)
      #expect(error?.message.contains("'snappy'") == true)
    }
    let head = try HTTPResponse.test([("grpc-encoding", "snappy")])
    #expect(
      Self.decode(head, Fixture.frame([1]) + Self.ok) == Outcome([[1]], status: .test(.ok))
    )
  }

  @Test("Requirement 13: a trailers frame wins over a header status, an empty one doesn't hide it")
  @available(GRPCWeb 1.0, *)
  func headersAndFrame() throws {
    let head = try HTTPResponse.test([("grpc-status", "5"), ("x-a", "1")])
    #expect(
      Self.decode(head, Fixture.trailers("grpc-status: 9", "x-b: 2"))
        == Outcome(
          metadata: nil,
          status: .test(.failedPrecondition),
          trailing: ["x-a": "1", "x-b": "2"]
        )
    )
    #expect(
      Self.decode(head, Fixture.frame(flags: 0x80, []))
        == Outcome(metadata: nil, status: .test(.notFound), trailing: ["x-a": "1"])
    )
    #expect(
      Self.decode(head, Fixture.trailers("x-b: 2"))
        == Outcome(metadata: nil, status: .test(.notFound), trailing: ["x-a": "1", "x-b": "2"])
    )
  }

  @Test("Requirement 13: a header status is no licence for a faulty body")
  @available(GRPCWeb 1.0, *)
  func trailersOnlyWithFaults() throws {
    let head = try HTTPResponse.test([("grpc-status", "0")])
    for body in [[0, 0], Fixture.frame([1]).dropLast(), [2, 0, 0, 0, 0]] as [[UInt8]] {
      #expect(Self.decode(head, body).error == .internalError)
    }
  }

  @Test("Requirement 16: undecodable metadata is internalError")
  @available(GRPCWeb 1.0, *)
  func faultyMetadata() throws {
    let initial = try HTTPResponse.test([("x-bin", "?")])
    #expect(Self.decode(initial, Self.ok) == Outcome(metadata: nil, error: .internalError))
    let only = try HTTPResponse.test([("x-bin", "?"), ("grpc-status", "0")])
    #expect(Self.decode(only, []) == Outcome(metadata: nil, error: .internalError))
  }

  // Not gRPC-Web

  @Test(
    "Requirement 15: the HTTP status decides where the response isn't gRPC-Web",
    arguments: [
      (400, .internalError), (401, .unauthenticated), (403, .permissionDenied),
      (404, .unimplemented), (429, .unavailable), (502, .unavailable), (503, .unavailable),
      (504, .unavailable), (500, .unknown), (204, .unknown), (302, .unknown), (418, .unknown),
    ] as [(Int, Status.Code)]
  )
  @available(GRPCWeb 1.0, *)
  func httpStatus(status: Int, code: Status.Code) throws {
    for contentType in ["text/html", nil, "application/grpc-web+proto"] {
      let head = try HTTPResponse.test(.init(code: status), contentType: contentType)
      for body in [[], Self.ok, Array("<html>".utf8)] {
        let outcome = Self.decode(head, body)
        #expect(outcome.metadata == nil)
        #expect(outcome.messages == [])
        #expect(outcome.status?.code == code)
        #expect(outcome.status?.message.contains("\(status)") == true)
        #expect(outcome.status?.message.contains(contentType ?? "no content type") == true)
      }
    }
  }

  @Test("Requirement 15: a status that isn't gRPC's doesn't hide that of HTTP")
  @available(GRPCWeb 1.0, *)
  func invalidGRPCStatus() throws {
    let head = try HTTPResponse.test(
      .init(code: 503),
      contentType: "text/html",
      [("grpc-status", "banana")]
    )
    #expect(Self.decode(head, []).status?.code == .unavailable)
  }

  @Test("Requirement 15: a status in the headers wins over that of HTTP, its body is no frames")
  @available(GRPCWeb 1.0, *)
  func grpcStatusWins() throws {
    for status in [200, 400, 503] {
      let head = try HTTPResponse.test(
        .init(code: status),
        contentType: "text/html",
        [("grpc-status", "8"), ("grpc-message", "m")]
      )
      let outcome = Self.decode(head, Array("<html>".utf8))
      #expect(outcome == Outcome(metadata: nil, status: .test(.resourceExhausted, "m")))
    }
  }

  @Test(
    "Requirement 15: a 200 of a foreign type is unknown, and named",
    arguments: [
      "text/html", "application/json", "application/grpc", "application/grpc-web+json",
      "application/grpc-webx", "", "*/*", "application/grpc-web+proto+x",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func foreignType(contentType: String) throws {
    let outcome = Self.decode(try .test(contentType: contentType), Self.ok)
    #expect(outcome.status?.code == .unknown)
    #expect(outcome.status?.message.contains("'\(contentType)'") == true)
  }

  @Test("Requirement 15: a response that isn't gRPC-Web is settled by its head")
  @available(GRPCWeb 1.0, *)
  func settledByHead() throws {
    var decoder = ResponseDecoder(isStreaming: true, maximumMessageSize: 10)
    decoder.receive(try .test(.init(code: 502), contentType: "text/html"))
    guard case .part(.status(let status, _)) = try decoder.next() else {
      Issue.record("There should be a status.")
      return
    }
    #expect(status.code == .unavailable)
    #expect(decoder.isEnded)
  }

  @Test(
    "Requirement 2: types are compared without case and parameters, and the response's counts",
    arguments: [
      ("application/grpc-web", GRPCWebMode.binary), ("Application/GRPC-Web+Proto", .binary),
      ("application/grpc-web+proto; charset=utf-8", .binary), ("application/grpc-web ;x", .binary),
      ("application/grpc-web-text", .text), ("APPLICATION/grpc-web-text+proto;a=b", .text),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func ownTypes(contentType: String, mode: GRPCWebMode) throws {
    let body = Fixture.frame([1]) + Self.ok
    let outcome = Self.decode(
      try .test(contentType: contentType),
      mode == .text ? Fixture.base64(body) : body
    )
    #expect(outcome == Outcome([[1]], status: .test(.ok)))
  }

  // The order of messages and trailers

  @Test("Requirement 14: bytes after the trailers are internalError, in any chunking")
  @available(GRPCWeb 1.0, *)
  func afterTrailers() throws {
    for garbage in [[0], Fixture.frame([1]), Self.ok, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
      let body = Fixture.frame([1]) + Self.ok + garbage
      for chunks in Chunking.all(of: body) {
        #expect(Self.decode(try .test(), chunks) == Outcome([[1]], error: .internalError))
      }
      let head = try HTTPResponse.test(contentType: "application/grpc-web-text")
      let separate = Fixture.base64(Fixture.frame([1]) + Self.ok) + Fixture.base64(garbage)
      for chunks in Chunking.all(of: separate) {
        #expect(Self.decode(head, chunks) == Outcome([[1]], error: .internalError))
      }
    }
  }

  @Test("Requirement 17: text that isn't base64 is internalError, also after the trailers")
  @available(GRPCWeb 1.0, *)
  func faultyText() throws {
    let head = try HTTPResponse.test(contentType: "application/grpc-web-text")
    let whole = Fixture.base64(Fixture.frame([1]) + Self.ok)
    for garbage in ["A", "AA", "AAA", "?", "=", "\r\n"] {
      for chunks in Chunking.all(of: whole + Array(garbage.utf8)) {
        let outcome = Self.decode(head, chunks)
        #expect(outcome.error == .internalError, "\(garbage.debugDescription)")
        #expect(outcome.status == nil)
      }
    }
    for garbage in ["?", "A", "AA=A", "===="] {
      #expect(Self.decode(head, Array(garbage.utf8)).error == .internalError)
    }
  }

  @Test("Messages before faulty text are handed out")
  @available(GRPCWeb 1.0, *)
  func messagesBeforeFault() throws {
    let head = try HTTPResponse.test(contentType: "application/grpc-web-text")
    let chunks = [
      ByteBuffer(bytes: Fixture.base64(Fixture.frame([1]))), ByteBuffer(string: "????"),
    ]
    for drainsOften in [true, false] {
      let outcome = Self.decode(head, chunks, drainsOften: drainsOften)
      #expect(outcome == Outcome([[1]], error: .internalError))
    }
  }

  @Test("Requirement 14: how many messages a method that answers with one may be sent")
  @available(GRPCWeb 1.0, *)
  func cardinality() throws {
    let none = Self.decode(try .test(), Self.ok, isStreaming: false)
    #expect(none.status?.code == .unimplemented)
    #expect(none.status?.message.contains("no message") == true)

    let only = Self.decode(try .test([("grpc-status", "0")]), [], isStreaming: false)
    #expect(only.status?.code == .unimplemented)

    for second in [Fixture.frame([2]), Fixture.frame([])] {
      let body = Fixture.frame([1]) + second + Self.ok
      for chunks in Chunking.all(of: body) {
        let two = Self.decode(try .test(), chunks, isStreaming: false)
        #expect(two == Outcome([[1]], error: .unimplemented))
      }
    }

    // An error may come without messages or after one.
    let error = Fixture.trailers("grpc-status: 5")
    for messages in [[], [[1]]] as [[[UInt8]]] {
      let body = messages.flatMap { Fixture.frame($0) } + error
      #expect(
        Self.decode(try .test(), body, isStreaming: false)
          == Outcome(metadata: messages.isEmpty ? nil : [:], messages, status: .test(.notFound))
      )
    }
  }

  @Test("Requirement 4: flags that the protocol doesn't have are internalError")
  @available(GRPCWeb 1.0, *)
  func unknownFlags() throws {
    for flags in [0x02, 0x40, 0x82, 0xff] as [UInt8] {
      let outcome = Self.decode(try .test(), Fixture.frame(flags: flags, [1]) + Self.ok)
      #expect(outcome == Outcome(error: .internalError))
    }
  }

  @Test("Requirement 19: a length over the limit is refused before anything else is there")
  @available(GRPCWeb 1.0, *)
  func limit() throws {
    for length in [11, UInt32.max] {
      let outcome = Self.decode(
        try .test(),
        Fixture.frame(Array(0 ..< 10)) + Fixture.header(length: length),
        maximumMessageSize: 10
      )
      #expect(outcome == Outcome([Array(0 ..< 10)], error: .resourceExhausted))
    }
    let compressed = Self.decode(
      try .test([("grpc-encoding", "gzip")]),
      Fixture.header(flags: 1, length: .max),
      maximumMessageSize: 10
    )
    #expect(compressed == Outcome(error: .resourceExhausted))
  }

  @Test("Requirement 19: the limit is that of the inflated message")
  @available(GRPCWeb 1.0, *)
  func inflatedLimit() throws {
    let head = try HTTPResponse.test([("grpc-encoding", "gzip")])
    let body = Fixture.frame(flags: 1, CompressionFixture.gzip) + Self.ok
    let size = CompressionFixture.text.count
    #expect(
      Self.decode(head, body, maximumMessageSize: size)
        == Outcome([CompressionFixture.text], status: .test(.ok))
    )
    #expect(
      Self.decode(head, body, maximumMessageSize: size - 1) == Outcome(error: .resourceExhausted)
    )
  }

  @Test(
    "Requirement 18: a compressed message needs an encoding that is known",
    arguments: [nil, "identity", "br", ""]
  )
  @available(GRPCWeb 1.0, *)
  func unusableEncoding(encoding: String?) throws {
    let fields = encoding.map { [(name: "grpc-encoding", value: $0)] } ?? []
    let body = Fixture.frame(flags: 1, CompressionFixture.gzip) + Self.ok
    #expect(Self.decode(try .test(fields), body) == Outcome(error: .internalError))
    // An unknown encoding is no error where no message is compressed.
    let plain = Fixture.frame([1]) + Self.ok
    #expect(Self.decode(try .test(fields), plain) == Outcome([[1]], status: .test(.ok)))
  }

  @Test("Metadata is handed out as soon as the head is there, unless that has a status")
  @available(GRPCWeb 1.0, *)
  func metadataAtOnce() throws {
    var decoder = ResponseDecoder(isStreaming: true, maximumMessageSize: 10)
    decoder.receive(try .test([("x-a", "1")]))
    guard case .part(.metadata(let metadata)) = try decoder.next() else {
      Issue.record("There should be metadata.")
      return
    }
    #expect(metadata == ["x-a": "1"])
    var other = ResponseDecoder(isStreaming: true, maximumMessageSize: 10)
    other.receive(try .test([("grpc-status", "0")]))
    guard case .needsBytes = try other.next() else {
      Issue.record("There should be nothing yet.")
      return
    }
  }
}

@available(GRPCWeb 1.0, *)
extension Status {
  /// A status.
  fileprivate static func test(_ code: Code, _ message: String = "") -> Self {
    Self(code: code, message: message)
  }
}
