import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Response encoder")
struct ResponseEncoderTests {
  @available(GRPCWeb 1.0, *)
  private static func encoder(
    _ type: MethodDescriptor.RPCType?,
    fields: HTTPFields = [:],
    configure: (inout GRPCWebServer.Config) -> Void = { _ in }
  ) -> ResponseEncoder {
    let config = GRPCWebServer.Config.defaults(configure)
    let call = GRPCWebCallHead.test(type, fields: fields, config: config)
    return ResponseEncoder(call: call, config: config)
  }

  private static let success = Fixture.trailers("grpc-status: 0")
  private static let aborted = Fixture.trailers("grpc-status: 10", "grpc-message: test aborting")

  @available(GRPCWeb 1.0, *)
  private static var ok: Status {
    Status(code: .ok, message: "")
  }

  @available(GRPCWeb 1.0, *)
  private static var abort: Status {
    Status(code: .aborted, message: "test aborting")
  }

  // One message

  @Test(
    "Requirement 10: head, message and trailers leave as one, with their length",
    arguments: [MethodDescriptor.RPCType].oneResponse
  )
  @available(GRPCWeb 1.0, *)
  func unary(type: MethodDescriptor.RPCType) throws {
    var encoder = Self.encoder(type)
    try encoder.write(["x-key": "1", "x-key": "2"])
    #expect(!encoder.hasOutput)
    #expect(encoder.takeOutput() == nil)
    try encoder.write(GRPCWebMessage("hi".utf8))
    #expect(!encoder.hasOutput)
    #expect(encoder.takeOutput() == nil)
    try encoder.write(Self.ok, ["x-trailer": "3"])
    #expect(encoder.hasOutput)

    let body = Fixture.frame(Array("hi".utf8)) + Fixture.trailers("grpc-status: 0", "x-trailer: 3")
    let output = try encoder.requireOutput()
    #expect(output.head?.status == .ok)
    #expect(output.fields[.contentType] == "application/grpc-web+proto")
    #expect(output.fields[.contentLength] == "\(body.count)")
    #expect(output.fields[values: try #require(.init("x-key"))] == ["1", "2"])
    #expect(output.fields[.grpcStatus] == nil)
    #expect(output.fields.count == 4)
    #expect(output.bytes == body)
    #expect(output.body.count == 1)
    #expect(output.isEnd)

    #expect(encoder.isDrained)
    #expect(encoder.takeOutput() == nil)
    #expect(encoder.queuedBytes == 0)
  }

  @Test("Requirement 17: a whole response in text mode is one padded run")
  @available(GRPCWeb 1.0, *)
  func unaryText() throws {
    for size in [0, 1, 2, 3, 40_000] {
      var encoder = Self.encoder(.unary, fields: [.accept: "application/grpc-web-text"])
      let message = [UInt8](repeating: 5, count: size)
      try encoder.write([:])
      try encoder.write(GRPCWebMessage(message))
      try encoder.write(Self.ok, [:])

      let output = try encoder.requireOutput()
      #expect(output.fields[.contentType] == "application/grpc-web-text+proto")
      #expect(output.bytes == Fixture.base64(Fixture.frame(message) + Self.success))
      #expect(output.fields[.contentLength] == "\(output.bytes.count)")
      #expect(output.body.count == 1)
    }
  }

  @Test("A large message is sent from where it was serialized")
  @available(GRPCWeb 1.0, *)
  func largeUnaryIsNotCopied() throws {
    let message = GRPCWebMessage(repeating: 1, count: 1 << 20)
    var encoder = Self.encoder(.unary)
    try encoder.write([:])
    try encoder.write(message)
    try encoder.write(Self.ok, [:])

    let output = try encoder.requireOutput()
    #expect(output.body.first?.address == message.frame.address)
    #expect(output.body.count == 2)
    #expect(output.bytes == message.frame.bytes + Self.success)
  }

  @Test("A message may be written before metadata, and an empty one is one")
  @available(GRPCWeb 1.0, *)
  func withoutMetadata() throws {
    var encoder = Self.encoder(.unary)
    try encoder.write(GRPCWebMessage([]))
    try encoder.write(Self.ok, [:])
    let output = try encoder.requireOutput()
    #expect(output.head?.status == .ok)
    #expect(output.bytes == [0, 0, 0, 0, 0] + Self.success)
  }

  @Test("An error after the message follows it")
  @available(GRPCWeb 1.0, *)
  func unaryErrorAfterMessage() throws {
    var encoder = Self.encoder(.unary)
    try encoder.write([:])
    try encoder.write(GRPCWebMessage([1]))
    try encoder.write(Self.abort, [:])
    let output = try encoder.requireOutput()
    #expect(output.fields[.grpcStatus] == nil)
    #expect(output.bytes == Fixture.frame([1]) + Self.aborted)
  }

  // Many messages

  @Test(
    "Requirement 24: the head of a stream leaves at once, each message as it is written",
    arguments: [MethodDescriptor.RPCType].manyResponses
  )
  @available(GRPCWeb 1.0, *)
  func streaming(type: MethodDescriptor.RPCType) throws {
    var encoder = Self.encoder(type)
    #expect(!encoder.hasOutput)
    try encoder.write(["x-key": "1"])

    let first = try encoder.requireOutput()
    #expect(first.head?.status == .ok)
    #expect(first.fields[.contentType] == "application/grpc-web+proto")
    #expect(first.fields[.cacheControl] == "no-store, no-transform")
    #expect(first.fields[.xAccelBuffering] == "no")
    #expect(first.fields[.contentLength] == nil)
    #expect(first.fields[try #require(.init("x-key"))] == "1")
    #expect(first.body.isEmpty)
    #expect(!first.isEnd)
    #expect(!encoder.hasOutput)
    #expect(encoder.takeOutput() == nil)

    for byte in 0 ..< 3 as Range<UInt8> {
      try encoder.write(GRPCWebMessage([byte]))
      let output = try encoder.requireOutput()
      #expect(output.head == nil)
      #expect(output.bytes == Fixture.frame([byte]))
      #expect(!output.isEnd)
    }

    try encoder.write(Self.ok, [:])
    let last = try encoder.requireOutput()
    #expect(last.head == nil)
    #expect(last.bytes == Self.success)
    #expect(last.isEnd)
    #expect(encoder.isDrained)
    #expect(encoder.takeOutput() == nil)
  }

  @Test("A method whose type isn't known is streamed")
  @available(GRPCWeb 1.0, *)
  func unknownType() throws {
    var encoder = Self.encoder(nil)
    try encoder.write([:])
    #expect(encoder.takeOutput()?.fields[.contentLength] == nil)
    try encoder.write(GRPCWebMessage([1]))
    try encoder.write(GRPCWebMessage([2]))
    #expect(encoder.takeOutput()?.bytes == Fixture.frame([1]) + Fixture.frame([2]))
  }

  @Test("Requirement 10: a stream without messages has a body of trailers")
  @available(GRPCWeb 1.0, *)
  func emptyStream() throws {
    var encoder = Self.encoder(.serverStreaming)
    try encoder.write([:])
    try encoder.write(Self.ok, [:])
    let output = try encoder.requireOutput()
    #expect(output.fields[.grpcStatus] == nil)
    #expect(output.fields[.contentLength] == nil)
    #expect(output.bytes == Self.success)
    #expect(output.isEnd)
  }

  @Test("What is written before it is taken leaves as one buffer")
  @available(GRPCWeb 1.0, *)
  func coalesces() throws {
    var encoder = Self.encoder(.serverStreaming)
    var expected: [UInt8] = []
    try encoder.write([:])
    for index in 0 ..< 1000 {
      let message = [UInt8](repeating: UInt8(index % 256), count: index % 50)
      try encoder.write(GRPCWebMessage(message))
      expected += Fixture.frame(message)
    }
    #expect(encoder.queuedBytes == expected.count)
    try encoder.write(Self.ok, [:])

    let output = try encoder.requireOutput()
    #expect(output.head != nil)
    #expect(output.body.count == 1)
    #expect(output.bytes == expected + Self.success)
    #expect(output.isEnd)
    #expect(encoder.queuedBytes == 0)
  }

  @Test("What is taken isn't changed by what is written later")
  @available(GRPCWeb 1.0, *)
  func takenIsTaken() throws {
    var encoder = Self.encoder(.serverStreaming)
    try encoder.write([:])
    try encoder.write(GRPCWebMessage([1]))
    let first = try encoder.requireOutput()
    try encoder.write(GRPCWebMessage([2]))
    let second = try encoder.requireOutput()
    #expect(first.bytes == Fixture.frame([1]))
    #expect(second.bytes == Fixture.frame([2]))
  }

  @Test("Large frames keep their order, and aren't copied together with others")
  @available(GRPCWeb 1.0, *)
  func largeFramesAreNotCopied() throws {
    let large = GRPCWebMessage(repeating: 9, count: 32 * 1024)
    var encoder = Self.encoder(.serverStreaming)
    try encoder.write([:])
    for message in [GRPCWebMessage([1]), GRPCWebMessage([2]), large, large] {
      try encoder.write(message)
    }
    for byte in [3, 4] as [UInt8] {
      try encoder.write(GRPCWebMessage([byte]))
    }

    let output = try encoder.requireOutput()
    try #require(output.body.count == 4)
    #expect(output.body.first?.bytes == Fixture.frame([1]) + Fixture.frame([2]))
    #expect(output.body[1 ... 2].allSatisfy { $0.address == large.frame.address })
    #expect(output.body.last?.bytes == Fixture.frame([3]) + Fixture.frame([4]))
  }

  @Test("Requirement 17: in text mode each take is one padded run")
  @available(GRPCWeb 1.0, *)
  func streamingText() throws {
    let large = GRPCWebMessage(repeating: 9, count: 32 * 1024)
    var encoder = Self.encoder(.serverStreaming, fields: [.accept: "application/grpc-web-text"])
    try encoder.write([:])
    let head = try encoder.requireOutput()
    #expect(head.fields[.contentType] == "application/grpc-web-text+proto")
    #expect(head.body.isEmpty)

    try encoder.write(GRPCWebMessage([1]))
    let first = try encoder.requireOutput()
    #expect(first.bytes == Fixture.base64(Fixture.frame([1])))

    try encoder.write(GRPCWebMessage([2]))
    try encoder.write(large)
    let second = try encoder.requireOutput()
    #expect(second.body.count == 1)
    #expect(second.bytes == Fixture.base64(Fixture.frame([2]) + large.frame.bytes))

    try encoder.write(Self.ok, [:])
    #expect(encoder.takeOutput()?.bytes == Fixture.base64(Self.success))
  }

  // Errors before anything else

  @Test(
    "Requirement 13: an error before anything goes into the headers, for a peer that is no page",
    arguments: MethodDescriptor.RPCType.allCases
  )
  @available(GRPCWeb 1.0, *)
  func trailersOnly(type: MethodDescriptor.RPCType) throws {
    var encoder = Self.encoder(type)
    var metadata: Metadata = ["x-key": "1"]
    metadata.addBinary([8, 10], forKey: "grpc-status-details-bin")
    try encoder.write(Status(code: .aborted, message: "test %\u{e4}"), metadata)

    let output = try encoder.requireOutput()
    #expect(output.head?.status == .ok)
    #expect(
      output.fields == [
        .contentType: "application/grpc-web+proto",
        .grpcStatus: "10",
        .grpcMessage: "test %25%C3%A4",
        try #require(.init("x-key")): "1",
        .grpcStatusDetails: "CAo",
        .contentLength: "0",
      ]
    )
    #expect(output.body.isEmpty)
    #expect(output.isEnd)
    #expect(encoder.isDrained)
  }

  @Test("Requirement 11: no empty message in the headers either")
  @available(GRPCWeb 1.0, *)
  func trailersOnlyWithoutMessage() throws {
    var encoder = Self.encoder(.unary)
    try encoder.write(Status(code: .aborted, message: ""), [:])
    let output = try encoder.requireOutput()
    #expect(output.fields[.grpcStatus] == "10")
    #expect(output.fields[.grpcMessage] == nil)
  }

  @Test(
    "Requirement 13: an error before anything goes into a frame, for a page",
    arguments: MethodDescriptor.RPCType.allCases
  )
  @available(GRPCWeb 1.0, *)
  func frameForAPage(type: MethodDescriptor.RPCType) throws {
    var encoder = Self.encoder(type, fields: [.origin: "https://a.example"])
    try encoder.write(Self.abort, [:])
    let output = try encoder.requireOutput()
    #expect(output.head?.status == .ok)
    #expect(output.fields[.contentType] == "application/grpc-web+proto")
    #expect(output.fields[.grpcStatus] == nil)
    #expect(output.fields[.grpcMessage] == nil)
    #expect(output.bytes == Self.aborted)
    #expect(output.isEnd)
  }

  @Test(
    "Requirement 13: the config can force either",
    arguments: [nil, "https://a.example"],
    MethodDescriptor.RPCType.allCases
  )
  @available(GRPCWeb 1.0, *)
  func forcedPlacement(origin: String?, type: MethodDescriptor.RPCType) throws {
    var fields = HTTPFields()
    fields[.origin] = origin

    var encoder = Self.encoder(type, fields: fields) { $0.errorPlacement = .headers }
    try encoder.write(Self.abort, [:])
    let inHeaders = try encoder.requireOutput()
    #expect(inHeaders.fields[.grpcStatus] == "10")
    #expect(inHeaders.body.isEmpty)

    encoder = Self.encoder(type, fields: fields) { $0.errorPlacement = .body }
    try encoder.write(Self.abort, [:])
    let inBody = try encoder.requireOutput()
    #expect(inBody.fields[.grpcStatus] == nil)
    #expect(inBody.bytes == Self.aborted)
  }

  @Test(
    "Requirement 13: a status too large for headers goes into the body, also without an origin",
    arguments: MethodDescriptor.RPCType.allCases
  )
  @available(GRPCWeb 1.0, *)
  func largeStatus(type: MethodDescriptor.RPCType) throws {
    var details: Metadata = [:]
    details.addBinary([UInt8](repeating: 1, count: 2000), forKey: "grpc-status-details-bin")
    let statuses: [(Status, Metadata)] = [
      (Status(code: .aborted, message: String(repeating: "x", count: 2048)), [:]),
      (Status(code: .aborted, message: String(repeating: "\u{e9}", count: 400)), [:]),
      (Self.abort, details),
      (Self.abort, ["x-large": .string(String(repeating: "x", count: 2048))]),
    ]
    for (status, metadata) in statuses {
      var encoder = Self.encoder(type)
      try encoder.write(status, metadata)
      let output = try encoder.requireOutput()
      #expect(output.fields[.grpcStatus] == nil)
      #expect(output.fields[.grpcMessage] == nil)
      #expect(output.fields[.grpcStatusDetails] == nil)
      #expect(output.fields.reduce(0) { $0 + $1.value.utf8.count } < 500)
      #expect(output.isEnd)

      let block = ByteBuffer(bytes: output.bytes.dropFirst(5))
      let (decoded, trailing) = try TrailersBlock.decode(block)
      #expect(decoded == status)
      #expect(trailing == metadata)
    }
  }

  @Test("Requirement 13: a status of 2 KiB of fields is in the headers yet")
  @available(GRPCWeb 1.0, *)
  func statusThatFits() throws {
    // "grpc-status: 10\r\n", "grpc-message: …\r\n"
    let room = 2048 - 17 - 16
    for (count, isInHeaders) in [(room, true), (room + 1, false)] {
      var encoder = Self.encoder(.unary)
      try encoder.write([:])
      let message = String(repeating: "x", count: count)
      try encoder.write(Status(code: .aborted, message: message), [:])
      let output = try encoder.requireOutput()
      #expect(output.fields[.grpcMessage] == (isInHeaders ? message : nil))
      #expect(output.body.isEmpty == isInHeaders)
      #expect(output.fields[.contentLength] == "\(output.bytes.count)")
    }
  }

  @Test("Metadata that can't be sent with a status too large for headers is reported once")
  @available(GRPCWeb 1.0, *)
  func largeStatusRejects() throws {
    var encoder = Self.encoder(.unary)
    let status = Status(code: .aborted, message: String(repeating: "x", count: 4096))
    try encoder.write(status, ["x-bad": "\n", "x-worse-bin": "?"])
    #expect(encoder.rejectedKeys == ["x-bad", "x-worse-bin"])
  }

  @Test("Requirement 13: headers that are forced take a large status, but no endless message")
  @available(GRPCWeb 1.0, *)
  func largeStatusForcedIntoHeaders() throws {
    for placement in [GRPCWebServer.Config.ErrorPlacement.automatic, .headers, .body] {
      var encoder = Self.encoder(.unary) { $0.errorPlacement = placement }
      let message = String(repeating: "\u{e9}", count: 2_000_000)
      try encoder.write(Status(code: .aborted, message: message), [:])
      let output = try encoder.requireOutput()
      #expect((output.fields[.grpcStatus] != nil) == (placement == .headers))
      let size = output.bytes.count + output.fields.reduce(0) { $0 + $1.value.utf8.count }
      #expect(size < 8192 + 500)
      // Interceptors and logs see the service's status in full.
      #expect(encoder.status?.message == message)
    }
  }

  @Test("Requirement 13: a unary error after empty metadata is an error before anything")
  @available(GRPCWeb 1.0, *)
  func errorAfterEmptyMetadata() throws {
    var encoder = Self.encoder(.unary)
    try encoder.write([:])
    try encoder.write(Self.abort, [:])
    let output = try encoder.requireOutput()
    #expect(output.fields[.grpcStatus] == "10")
    #expect(output.fields[.contentLength] == "0")
    #expect(output.body.isEmpty)
  }

  @Test("Requirement 11: after metadata, a status has its place in the body")
  @available(GRPCWeb 1.0, *)
  func errorAfterMetadata() throws {
    for type in MethodDescriptor.RPCType.allCases {
      var encoder = Self.encoder(type) { $0.errorPlacement = .headers }
      try encoder.write(["x-key": "1"])
      try encoder.write(Self.abort, [:])
      let output = try encoder.requireOutput()
      #expect(output.fields[.grpcStatus] == nil)
      #expect(output.fields[try #require(.init("x-key"))] == "1")
      #expect(output.bytes == Self.aborted)
    }
  }

  @Test("Requirement 11: a stream's error is in its body once its head was written, empty or not")
  @available(GRPCWeb 1.0, *)
  func streamErrorAfterHead() throws {
    for isTaken in [true, false] {
      var encoder = Self.encoder(.serverStreaming)
      try encoder.write([:])
      var fields = HTTPFields()
      if isTaken {
        fields = encoder.takeOutput()?.fields ?? [:]
      }
      try encoder.write(Self.abort, [:])
      let output = try encoder.requireOutput()
      fields.append(contentsOf: output.fields)
      #expect(fields[.grpcStatus] == nil)
      #expect(output.bytes == Self.aborted)
    }
  }

  @Test("Requirement 17: a lone trailers frame is base64 in text mode")
  @available(GRPCWeb 1.0, *)
  func errorInText() throws {
    var encoder = Self.encoder(
      .unary,
      fields: [.origin: "https://a.example", .accept: "application/grpc-web-text"]
    )
    try encoder.write(Self.abort, [:])
    let output = try encoder.requireOutput()
    #expect(output.bytes == Fixture.base64(Self.aborted))
    #expect(output.fields[.contentLength] == "\(output.bytes.count)")
  }

  @Test("Requirement 18: an unknown encoding is answered with those that are known")
  @available(GRPCWeb 1.0, *)
  func unknownEncoding() throws {
    for origin in [nil, "https://a.example"] {
      var fields: HTTPFields = [.grpcEncoding: "br"]
      fields[.origin] = origin
      var encoder = Self.encoder(.unary, fields: fields)
      try encoder.write(Status(code: .unimplemented, message: ""), [:])
      let output = try encoder.requireOutput()
      #expect(output.fields[.grpcAcceptEncoding] == "identity,gzip,deflate")
    }
  }

  // CORS

  @Test("Requirement 22: responses and errors expose their metadata to pages that may call")
  @available(GRPCWeb 1.0, *)
  func cors() throws {
    let key = try #require(HTTPField.Name("x-key"))
    for placement in [
      GRPCWebServer.Config.ErrorPlacement.automatic, .headers, .body,
    ] {
      for isError in [true, false] {
        var encoder = Self.encoder(.unary, fields: [.origin: "https://a.example"]) {
          $0.cors = .allow(origins: ["https://a.example"])
          $0.cors.allowsCredentials = true
          $0.errorPlacement = placement
        }
        if isError {
          try encoder.write(Self.abort, ["x-key": "1"])
        } else {
          try encoder.write(["x-key": "1"])
          try encoder.write(GRPCWebMessage([]))
          try encoder.write(Self.ok, [:])
        }

        let fields = try encoder.requireOutput().fields
        let exposed = try #require(fields[.accessControlExposeHeaders])
        #expect(fields[.accessControlAllowOrigin] == "https://a.example")
        #expect(fields[.accessControlAllowCredentials] == "true")
        #expect(fields[.vary] == "origin")
        for name in ["grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding"] {
          #expect(exposed.contains(name))
        }
        #expect(exposed.contains("x-key") == (fields[key] != nil))
      }
    }
  }

  // Rejected metadata

  @Test("What can't be sent is reported, wherever it was written")
  @available(GRPCWeb 1.0, *)
  func rejectedKeys() throws {
    var encoder = Self.encoder(.unary)
    try encoder.write(["x-bad": "a\r\nb", "x-good": "1", "Content-Type": "text/html"])
    try encoder.write(GRPCWebMessage([]))
    try encoder.write(Self.ok, ["grpc-status": "1", "x-worse": "\n"])
    #expect(encoder.rejectedKeys == ["x-bad", "content-type", "grpc-status", "x-worse"])

    let output = try encoder.requireOutput()
    #expect(output.fields[values: .contentType] == ["application/grpc-web+proto"])
    #expect(output.bytes == [0, 0, 0, 0, 0] + Self.success)

    encoder = Self.encoder(.unary)
    try encoder.write(Self.abort, ["x-bad": "\n"])
    #expect(encoder.rejectedKeys == ["x-bad"])
  }

  // Misuse and limits

  @available(GRPCWeb 1.0, *)
  private static func code(_ body: () throws -> Void) -> RPCError.Code? {
    #expect(throws: RPCError.self) { try body() }?.code
  }

  @Test("Parts where they have no place are errors")
  @available(GRPCWeb 1.0, *)
  func misuse() throws {
    var encoder = Self.encoder(.serverStreaming)
    try encoder.write([:])
    #expect(Self.code { try encoder.write([:]) } == .internalError)
    try encoder.write(GRPCWebMessage([]))
    #expect(Self.code { try encoder.write([:]) } == .internalError)
    try encoder.write(Self.ok, [:])
    #expect(Self.code { try encoder.write([:]) } == .internalError)
    #expect(Self.code { try encoder.write(GRPCWebMessage([])) } == .internalError)
    #expect(Self.code { try encoder.write(Self.ok, [:]) } == .internalError)
    #expect(encoder.takeOutput()?.bytes == [0, 0, 0, 0, 0] + Self.success)
  }

  @Test("After a failed call, writing says why it failed")
  @available(GRPCWeb 1.0, *)
  func writeAfterFailure() throws {
    for type in MethodDescriptor.RPCType.allCases {
      var encoder = Self.encoder(type)
      try encoder.write(Self.abort, [:])
      #expect(Self.code { try encoder.write([:]) } == .aborted)
      #expect(Self.code { try encoder.write(GRPCWebMessage([])) } == .aborted)
      #expect(Self.code { try encoder.write(Self.ok, [:]) } == .aborted)
      #expect(encoder.status == Self.abort)
    }
  }

  @Test(
    "A second message for a method that answers with one is an error",
    arguments: [MethodDescriptor.RPCType].oneResponse
  )
  @available(GRPCWeb 1.0, *)
  func secondMessage(type: MethodDescriptor.RPCType) throws {
    var encoder = Self.encoder(type)
    try encoder.write(GRPCWebMessage([1]))
    #expect(Self.code { try encoder.write(GRPCWebMessage([2])) } == .internalError)
    try encoder.write(Self.abort, [:])
    #expect(encoder.takeOutput()?.bytes == Fixture.frame([1]) + Self.aborted)
  }

  @Test("Requirement 19: a response message over the limit is resourceExhausted")
  @available(GRPCWeb 1.0, *)
  func limit() throws {
    for type in MethodDescriptor.RPCType.allCases {
      var encoder = Self.encoder(type) { $0.limits.maximumResponseMessageSize = 10 }
      let tooLarge = GRPCWebMessage(repeating: 0, count: 11)
      #expect(Self.code { try encoder.write(tooLarge) } == .resourceExhausted)
      try encoder.write(GRPCWebMessage(repeating: 0, count: 10))
    }
  }

  @Test("Requirement 19: the limit of a response counts the message before it is compressed")
  @available(GRPCWeb 1.0, *)
  func limitBeforeCompression() {
    var encoder = Self.encoder(.unary, fields: [.grpcAcceptEncoding: "gzip"]) {
      $0.compression = .enabled
      $0.limits.maximumResponseMessageSize = 2000
    }
    let tooLarge = GRPCWebMessage(repeating: 0, count: 2001)
    #expect(Self.code { try encoder.write(tooLarge) } == .resourceExhausted)
  }

  // Compression

  @Test(
    "Requirement 18: compresses with what the peer accepts, flag and header set",
    arguments: [("gzip", ZlibFormat.gzip), ("deflate, gzip", .zlib)]
  )
  @available(GRPCWeb 1.0, *)
  func compresses(accepted: String, format: ZlibFormat) throws {
    var encoder = Self.encoder(.serverStreaming, fields: [.grpcAcceptEncoding: accepted]) {
      $0.compression = .enabled
    }
    try encoder.write([:])
    let head = try encoder.requireOutput()
    #expect(head.fields[.grpcEncoding] == (format == .gzip ? "gzip" : "deflate"))
    #expect(head.fields[.contentEncoding] == nil)

    // The second message must not depend on the compression of the first.
    for _ in 0 ..< 2 {
      try encoder.write(GRPCWebMessage(CompressionFixture.text))
      let frame = try encoder.requireOutput().bytes
      #expect(frame.count < CompressionFixture.text.count)
      #expect(
        Array(frame.prefix(5)) == Fixture.header(flags: 1, length: UInt32(frame.count - 5))
      )
      var inflated = ByteBuffer()
      let compressed = ByteBuffer(bytes: frame.dropFirst(5))
      try Inflater(format: format).inflate(compressed, limit: 10_000, into: &inflated)
      #expect(inflated.bytes == CompressionFixture.text)
    }

    try encoder.write(Self.ok, [:])
    #expect(encoder.takeOutput()?.bytes == Self.success)
  }

  @Test("Requirement 20: HTTP's own encoding is never used, nor can a service claim it")
  @available(GRPCWeb 1.0, *)
  func contentEncoding() throws {
    let fields: HTTPFields = [.acceptEncoding: "gzip", .grpcAcceptEncoding: "gzip"]
    var encoder = Self.encoder(.unary, fields: fields) {
      $0.compression = .enabled
      $0.compression.minimumMessageSize = 1
    }
    try encoder.write(["content-encoding": "gzip"])
    try encoder.write(GRPCWebMessage(repeating: 0, count: 1000))
    try encoder.write(Self.ok, [:])

    let output = try encoder.requireOutput()
    #expect(output.fields[.contentEncoding] == nil)
    #expect(output.fields[.grpcEncoding] == "gzip")
    #expect(output.bytes.first == FrameHeader.compressedFlag)
    #expect(encoder.rejectedKeys == ["content-encoding"])
  }

  @Test("Requirement 18: compresses only when enabled and accepted")
  @available(GRPCWeb 1.0, *)
  func doesNotCompress() throws {
    let frame = Fixture.frame(CompressionFixture.text)
    for (accepted, isEnabled) in [("gzip", false), ("identity", true), ("br", true), (nil, true)] {
      var fields = HTTPFields()
      fields[.grpcAcceptEncoding] = accepted
      var encoder = Self.encoder(.unary, fields: fields) { $0.compression.isEnabled = isEnabled }
      try encoder.write([:])
      try encoder.write(GRPCWebMessage(CompressionFixture.text))
      try encoder.write(Self.ok, [:])
      let output = try encoder.requireOutput()
      #expect(output.fields[.grpcEncoding] == nil)
      #expect(output.bytes == frame + Self.success)
    }
  }

  @Test("Compresses nothing that is small, and nothing that doesn't get smaller")
  @available(GRPCWeb 1.0, *)
  func notWorthIt() throws {
    var generator = SplitMix64(seed: 4)
    var encoder = Self.encoder(.serverStreaming, fields: [.grpcAcceptEncoding: "gzip"]) {
      $0.compression = .enabled
      $0.compression.minimumMessageSize = 500
    }
    try encoder.write([:])
    _ = encoder.takeOutput()

    let small = [UInt8](repeating: 0, count: 499)
    let random = generator.bytes(count: 5000)
    for message in [[], small, random] {
      try encoder.write(GRPCWebMessage(message))
      #expect(encoder.takeOutput()?.bytes == Fixture.frame(message))
    }

    try encoder.write(GRPCWebMessage(repeating: 0, count: 500))
    #expect(encoder.takeOutput()?.bytes.first == FrameHeader.compressedFlag)
  }

  // Native gRPC

  @available(GRPCWeb 1.0, *)
  private static func nativeEncoder(
    _ type: MethodDescriptor.RPCType,
    fields: HTTPFields = [:],
    configure: (inout GRPCWebServer.Config) -> Void = { _ in }
  ) -> ResponseEncoder {
    let config = GRPCWebServer.Config.defaults(configure)
    let call = GRPCWebCallHead.test(
      type,
      isNativeGRPC: true,
      fields: fields,
      config: config
    )
    return ResponseEncoder(call: call, config: config)
  }

  @Test(
    "The status of a native call is in HTTP's trailers, behind the messages alone",
    arguments: [MethodDescriptor.RPCType.unary, .serverStreaming]
  )
  @available(GRPCWeb 1.0, *)
  func nativeTrailers(type: MethodDescriptor.RPCType) throws {
    var encoder = Self.nativeEncoder(type)
    try encoder.write(["x-key": "1"])
    try encoder.write(GRPCWebMessage("hi".utf8))
    try encoder.write(Self.abort, ["x-trailer": "3"])

    let output = try encoder.requireOutput()
    #expect(output.head?.status == .ok)
    #expect(output.fields[.contentType] == "application/grpc+proto")
    #expect(output.fields[.contentLength] == nil)
    #expect(output.fields[.cacheControl] == nil)
    #expect(output.fields[.grpcStatus] == nil)
    #expect(output.fields[try #require(.init("x-key"))] == "1")
    #expect(output.bytes == Fixture.frame(Array("hi".utf8)))
    #expect(output.isEnd)
    #expect(output.trailers?[.grpcStatus] == "10")
    #expect(output.trailers?[.grpcMessage] == "test aborting")
    #expect(output.trailers?[try #require(.init("x-trailer"))] == "3")
    #expect(encoder.isDrained)
  }

  @Test("A native stream that has begun ends with trailers and without a body of its own")
  @available(GRPCWeb 1.0, *)
  func nativeStream() throws {
    var encoder = Self.nativeEncoder(.serverStreaming)
    try encoder.write([:])
    let first = try encoder.requireOutput()
    #expect(first.head != nil)
    #expect(first.trailers == nil)
    #expect(!first.isEnd)
    try encoder.write(Self.ok, [:])
    let last = try encoder.requireOutput()
    #expect(last.head == nil)
    #expect(last.body.isEmpty)
    #expect(last.trailers == [.grpcStatus: "0"])
    #expect(last.isEnd)
  }

  @Test(
    "An error of a native call before anything else is in the trailers, whatever is configured",
    arguments: [GRPCWebServer.Config.ErrorPlacement.automatic, .headers, .body]
  )
  @available(GRPCWeb 1.0, *)
  func nativeError(placement: GRPCWebServer.Config.ErrorPlacement) throws {
    var encoder = Self.nativeEncoder(.unary, fields: [.origin: "https://a.example"]) {
      $0.errorPlacement = placement
    }
    try encoder.write(Self.abort, ["x-trailer": "3"])
    let output = try encoder.requireOutput()
    #expect(output.fields[.grpcStatus] == nil)
    #expect(output.fields[.contentLength] == nil)
    #expect(output.body.isEmpty)
    #expect(output.trailers?[.grpcStatus] == "10")
    #expect(output.trailers?[.grpcMessage] == "test aborting")
    #expect(output.trailers?[try #require(.init("x-trailer"))] == "3")
    #expect(output.isEnd)
  }

  @Test("The message of a native call's status has a bound, too")
  @available(GRPCWeb 1.0, *)
  func largeNativeStatus() throws {
    var encoder = Self.nativeEncoder(.unary)
    let message = String(repeating: "x", count: 5_000_000)
    try encoder.write(Status(code: .aborted, message: message), [:])
    let trailers = try #require(try encoder.requireOutput().trailers)
    let sent = try #require(trailers[.grpcMessage])
    #expect(sent.utf8.count <= 8192)
    #expect(StatusMessage.decode(sent).hasSuffix("… [cut, of 5000000 bytes]"))
  }
}
