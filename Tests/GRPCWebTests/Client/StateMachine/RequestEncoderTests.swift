import GRPCCore
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Request encoder")
struct RequestEncoderTests {
  @Test(
    "Requirement 1: the path of the method below that of the URL",
    arguments: [
      ("http://localhost:8080", "http", "localhost:8080", "/test.Service/Method"),
      ("https://example.org/api/", "https", "example.org", "/api/test.Service/Method"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func head(url: String, scheme: String, authority: String, path: String) throws {
    var encoder = RequestEncoder(call: try .test(url: url))
    #expect(encoder.head == nil)
    try encoder.write([:])
    let head = try #require(encoder.head)
    #expect(head.method == .post)
    #expect(head.scheme == scheme)
    #expect(head.authority == authority)
    #expect(head.path == path)
    #expect(head.headerFields == (try ClientCallOptions.test().fields))
  }

  @Test("Requirements 7 and 8: metadata as fields, in order, binary values unpadded")
  @available(GRPCWeb 1.0, *)
  func metadata() throws {
    var encoder = RequestEncoder(call: try .test())
    var metadata: Metadata = [
      "X-Two": "1", "x-two": "2, 3", "authorization": "Bearer x", "grpc-timeout": "5S",
      "grpc-previous-rpc-attempts": "2",
    ]
    metadata.addBinary([0xfb, 0xef, 0xff, 0x00], forKey: "x-data-bin")
    try encoder.write(metadata)

    let own = try ClientCallOptions.test().fields
    let fields = try #require(encoder.head?.headerFields)
    #expect(
      try HTTPFields(fields.dropFirst(own.count))
        == Fixture.fields([
          ("x-two", "1"), ("x-two", "2, 3"), ("authorization", "Bearer x"),
          ("grpc-timeout", "5S"), ("grpc-previous-rpc-attempts", "2"), ("x-data-bin", "++//AA"),
        ])
    )
  }

  @Test(
    "Requirement 8: what can't be sent fails the call, and is named",
    arguments: [
      ("x\r\ny", "1"), ("x-key", "a\r\nb"), ("grpc-status", "0"), ("grpc-encoding", "gzip"),
      ("content-type", "x"), ("host", "x"), ("te", "trailers"), ("transfer-encoding", "chunked"),
      ("x y", "1"), ("x-key", "\u{0}"), (":path", "/"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func rejectedMetadata(key: String, value: String) throws {
    var encoder = RequestEncoder(call: try .test())
    let error = #expect(throws: RPCError.self) {
      try encoder.write(["x-good": "1", key: .string(value)])
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains(key) == true)
    #expect(error?.message.contains("x-good") == false)
    #expect(!encoder.canStart)
  }

  @Test("Requirement 4: messages are frames, empty ones too")
  @available(GRPCWeb 1.0, *)
  func messages() throws {
    var encoder = RequestEncoder(call: try .test(.clientStreaming))
    try encoder.write([:])
    #expect(encoder.queuedBytes == 0)
    try encoder.write(GRPCWebMessage([1, 2]))
    try encoder.write(GRPCWebMessage([]))
    #expect(encoder.queuedBytes == 12)
    #expect(encoder.takeBody().flatMap(\.bytes) == Fixture.frame([1, 2]) + Fixture.frame([]))
    #expect(encoder.queuedBytes == 0)
    #expect(encoder.takeBody().isEmpty)
    try encoder.write(GRPCWebMessage([3]))
    encoder.finish()
    #expect(encoder.takeBody().flatMap(\.bytes) == Fixture.frame([3]))
  }

  @Test("Requirement 17: in text mode each flush is a padded run of its own")
  @available(GRPCWeb 1.0, *)
  func text() throws {
    var encoder = RequestEncoder(
      call: try .test(.clientStreaming, config: .defaults { $0.mode = .text })
    )
    try encoder.write([:])
    #expect(encoder.takeBody().isEmpty)
    try encoder.write(GRPCWebMessage([1, 2]))
    try encoder.write(GRPCWebMessage([3]))
    #expect(
      encoder.takeBody().flatMap(\.bytes)
        == Fixture.base64(Fixture.frame([1, 2]) + Fixture.frame([3]))
    )
    try encoder.write(GRPCWebMessage([]))
    #expect(encoder.takeBody().flatMap(\.bytes) == Fixture.base64(Fixture.frame([])))
  }

  @Test("Requirement 20: HTTP's own encoding isn't used, and the server is asked not to")
  @available(GRPCWeb 1.0, *)
  func contentEncoding() throws {
    var options = CallOptions.defaults
    options.compression = .gzip
    var encoder = RequestEncoder(call: try .test(options: options))
    try encoder.write([:])
    let fields = try #require(encoder.head?.headerFields)
    #expect(fields[.grpcEncoding] == "gzip")
    #expect(fields[.contentEncoding] == nil)
    #expect(fields[.acceptEncoding] == "identity")

    var other = RequestEncoder(call: try .test(options: options))
    #expect(throws: RPCError.self) { try other.write(["content-encoding": "gzip"]) }
  }

  @Test("Requirement 18: messages are compressed where that makes them smaller")
  @available(GRPCWeb 1.0, *)
  func compression() throws {
    var options = CallOptions.defaults
    options.compression = .gzip
    var encoder = RequestEncoder(call: try .test(.clientStreaming, options: options))
    try encoder.write([:])
    try encoder.write(GRPCWebMessage(CompressionFixture.text))
    try encoder.write(GRPCWebMessage([1]))

    var frames = FrameDecoder(maximumMessageSize: 10_000)
    for buffer in encoder.takeBody() {
      frames.append(buffer)
    }
    guard case .compressedMessage(let compressed) = try frames.next() else {
      Issue.record("The first message should be compressed.")
      return
    }
    var inflater = MessageInflater(encoding: .gzip)
    let inflated = try inflater.inflate(compressed, limit: 10_000)
    #expect(inflated == GRPCWebMessage(CompressionFixture.text))
    #expect(try frames.next() == .message(GRPCWebMessage([1])))
  }

  @Test("Requirement 19: a message over the limit is resourceExhausted")
  @available(GRPCWeb 1.0, *)
  func limit() throws {
    var options = CallOptions.defaults
    options.maxRequestMessageBytes = 10
    options.compression = .gzip
    var encoder = RequestEncoder(call: try .test(.clientStreaming, options: options))
    try encoder.write([:])
    try encoder.write(GRPCWebMessage(repeating: 0, count: 10))
    let error = #expect(throws: RPCError.self) {
      try encoder.write(GRPCWebMessage(repeating: 0, count: 11))
    }
    #expect(error?.code == .resourceExhausted)
    #expect(error?.message.contains("11 bytes") == true)
    #expect(error?.message.contains("10 bytes") == true)
  }

  @Test("What is out of place is an error")
  @available(GRPCWeb 1.0, *)
  func order() throws {
    var early = RequestEncoder(call: try .test())
    #expect(throws: RPCError.self) { try early.write(GRPCWebMessage([])) }

    var twice = RequestEncoder(call: try .test())
    try twice.write([:])
    #expect(throws: RPCError.self) { try twice.write([:]) }

    var late = RequestEncoder(call: try .test(.clientStreaming))
    try late.write([:])
    late.finish()
    #expect(throws: RPCError.self) { try late.write(GRPCWebMessage([])) }
  }

  @Test("Requirement 6: a second message has no place where there is one")
  @available(GRPCWeb 1.0, *)
  func second() throws {
    for type in [MethodDescriptor.RPCType].oneRequest {
      var encoder = RequestEncoder(call: try .test(type))
      try encoder.write([:])
      try encoder.write(GRPCWebMessage([1]))
      let error = #expect(throws: RPCError.self) { try encoder.write(GRPCWebMessage([2])) }
      #expect(error?.code == .internalError)
    }
  }

  @Test("One message is sent when the request is whole, a stream as soon as it has begun")
  @available(GRPCWeb 1.0, *)
  func start() throws {
    let kinds: [(MethodDescriptor.RPCType?, Bool)] = [
      (.unary, false), (.serverStreaming, false), (.clientStreaming, true),
      (.bidirectionalStreaming, true), (nil, true),
    ]
    for (type, isEarly) in kinds {
      var encoder = RequestEncoder(call: try .test(type))
      #expect(!encoder.canStart)
      try encoder.write([:])
      #expect(encoder.canStart == isEarly)
      try encoder.write(GRPCWebMessage([1]))
      #expect(encoder.canStart == isEarly)
      encoder.finish()
      #expect(encoder.canStart)
      #expect(encoder.isFinished)
    }
  }

  @Test("A request that ends without metadata can't be sent")
  @available(GRPCWeb 1.0, *)
  func noMetadata() throws {
    var encoder = RequestEncoder(call: try .test())
    encoder.finish()
    #expect(encoder.isFinished)
    #expect(!encoder.canStart)
  }
}
