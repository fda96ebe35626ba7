import GRPCCore
import GRPCProtobuf
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWeb

@Suite(.timeLimit(.minutes(3)))
struct GRPCWebMiddlewareTests {
  private static let binary = "application/grpc-web+proto"
  private static let text = "application/grpc-web-text+proto"

  // Calls

  @Test(
    "Requirements 1-6, 10, 11, 17, 27: all four kinds of calls, in every mix of modes and chunks",
    arguments: [
      ("Get", ["abc"], ["abc"]),
      ("Expand", ["abc"], ["a", "b", "c"]),
      ("Collect", ["abc", "", "def"], ["abcdef"]),
      ("Update", ["abc", "", "def"], ["abc", "", "def"]),
    ],
    [("binary", "binary"), ("binary", "text"), ("text", "binary"), ("text", "text")]
  )
  @available(GRPCWeb 1.0, *)
  func kindsModesAndChunks(
    call: (method: String, sent: [String], received: [String]),
    modes: (request: String, response: String)
  ) async throws {
    let requestType = modes.request == "text" ? Self.text : Self.binary
    let responseType = modes.response == "text" ? Self.text : Self.binary
    let request = try RawRequest.call(
      call.method,
      contentType: requestType,
      fields: [("accept", responseType)],
      texts: call.sent
    )

    try await TestApp.run { app in
      let connection = try await app.connect()
      // With a length, in chunks of a byte, of a few bytes and as one; each on the same connection.
      for framing in [.length, .chunked(1), .chunked(3), .chunked(1000)] as [RawRequest.Framing] {
        let answer = try await connection.answer(request.framed(framing))
        #expect(answer.httpStatus == 200)
        #expect(answer.header("content-type") == [responseType])
        #expect(try answer.texts == call.received)
        #expect(answer.trailers == [.init("grpc-status", "0")])
      }
      await connection.close()
    }
  }

  @Test("Requirement 5: a request sent byte by byte is answered", arguments: [binary, text])
  @available(GRPCWeb 1.0, *)
  func byteByByte(contentType: String) async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let request = try RawRequest.call(contentType: contentType, texts: ["hello"])
      try await connection.sendBytewise(request.framed(.chunked(2)).bytes)
      let answer = try await connection.readResponse()
      #expect(try answer.texts == ["hello"])
      #expect(answer.status == 0)
    }
  }

  @Test("Requirement 3: a response's type is our own, never what the client sent")
  @available(GRPCWeb 1.0, *)
  func acceptAnything() async throws {
    try await TestApp.run { app in
      let answer = try await app.answer(
        try .call(
          contentType: "APPLICATION/gRPC-Web-Text; charset=utf-8",
          fields: [("accept", "*/*")],
          texts: []
        )
      )
      #expect(answer.header("content-type") == [Self.text])

      let binary = try await app.answer(
        try .call(
          contentType: "Application/GRPC-Web; charset=utf-8",
          fields: [("accept", "*/*")],
          texts: ["hello"]
        )
      )
      #expect(binary.header("content-type") == [Self.binary])
      #expect(try binary.texts == ["hello"])
    }
  }

  @Test("Requirement 4: a large message goes there and back")
  @available(GRPCWeb 1.0, *)
  func largeMessage() async throws {
    try await TestApp.run { app in
      let text = String(repeating: "0123456789abcdef", count: 64 * 1024)
      let answer = try await app.answer(try .call(texts: [text]))
      #expect(try answer.texts == [text])
      #expect(answer.header("content-length") == ["\(answer.body.count)"])
      #expect(answer.status == 0)
    }
  }

  @Test("Requirement 10: a unary call is answered in one write, with its length")
  @available(GRPCWeb 1.0, *)
  func unaryInOneWrite() async throws {
    let flushes = Recorder<Void>()
    try await TestApp.run(
      server: .http1(configuration: .init(additionalChannelHandlers: [FlushCounter(flushes)]))
    ) { app in
      let answer = try await app.answer(try .call(texts: ["hello"]))
      #expect(try answer.texts == ["hello"])
      #expect(answer.header("content-length") == ["\(answer.body.count)"])
      #expect(answer.header("transfer-encoding").isEmpty)
      #expect(flushes.values.count == 1)
    }
  }

  @Test("Requirement 13: a status without a body is answered in one write, too")
  @available(GRPCWeb 1.0, *)
  func trailersOnlyInOneWrite() async throws {
    let flushes = Recorder<Void>()
    try await TestApp.run(
      server: .http1(configuration: .init(additionalChannelHandlers: [FlushCounter(flushes)]))
    ) { app in
      let answer = try await app.answer(.call("Nope", body: []))
      #expect(answer.isTrailersOnly)
      #expect(answer.header("content-length") == ["0"])
      #expect(flushes.values.count == 1)
    }
  }

  @Test("Calls and routes pipelined in one write are answered in order")
  @available(GRPCWeb 1.0, *)
  func pipelining() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      try await connection.send(
        try RawRequest.call(texts: ["first"]).bytes
          + RawRequest(method: "GET", path: "/plain").bytes
          + RawRequest.call("Expand", texts: ["ab"]).framed(.chunked(4)).bytes
          + RawRequest.call("Nope", body: [1, 2, 3]).bytes
          + RawRequest(path: "/body", body: [7, 8, 9]).bytes
          + RawRequest.call(texts: ["last"]).bytes
      )
      #expect(try await connection.readResponse().texts == ["first"])
      #expect(try await connection.readResponse().body == Array("plain".utf8))
      #expect(try await connection.readResponse().texts == ["a", "b"])
      #expect(try await connection.readResponse().status == 12)
      #expect(try await connection.readResponse().body == [7, 8, 9])
      #expect(try await connection.readResponse().texts == ["last"])
    }
  }

  @Test("Calls on many connections at once are each answered with their own")
  @available(GRPCWeb 1.0, *)
  func manyConnections() async throws {
    try await TestApp.run { app in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0 ..< 30 {
          group.addTask {
            let connection = try await app.connect()
            for turn in 0 ..< 5 {
              let text = "\(index)/\(turn)"
              let answer = try await connection.answer(try .call(texts: [text]))
              #expect(try answer.texts == [text])
            }
            await connection.close()
          }
        }
        try await group.waitForAll()
      }
    }
  }

  // Metadata

  @Test("Requirement 8: metadata goes both ways, repeated and binary values included")
  @available(GRPCWeb 1.0, *)
  func metadata() async throws {
    let service = ScriptedService(
      onGet: { request, _ in
        let echoed = Metadata(request.metadata.map { (key: "echo-\($0.key)", value: $0.value) })
        return ServerResponse(
          message: request.message,
          metadata: echoed,
          trailingMetadata: echoed
        )
      }
    )
    try await TestApp.run(service) { app in
      let answer = try await app.answer(
        try .call(
          fields: [
            ("X-Color", "red"), ("x-color", "green"), ("x-raw-bin", "AAE"), ("x-raw-bin", "AgM="),
            ("cookie", "a=b"),
          ],
          texts: ["hello"]
        )
      )
      #expect(answer.status == 0)
      #expect(answer.header("echo-x-color") == ["red", "green"])
      #expect(answer.trailer("echo-x-color") == ["red", "green"])
      #expect(answer.header("echo-x-raw-bin") == ["AAE", "AgM"])
      #expect(answer.trailer("echo-x-raw-bin") == ["AAE", "AgM"])
      #expect(answer.header("echo-cookie") == ["a=b"])
      #expect(answer.header("echo-host").isEmpty)
      #expect(answer.header("echo-content-type").isEmpty)
    }
  }

  // Errors

  @Test(
    "Requirements 12, 13, 16: an error reaches the peer with its details",
    arguments: [nil, "https://shop.example"]
  )
  @available(GRPCWeb 1.0, *)
  func errorDetails(origin: String?) async throws {
    let error = GoogleRPCStatus(
      code: .notFound,
      message: "Kein Käse",
      details: [.errorInfo(reason: "CHEESE", domain: "shop.example")]
    )
    let fields = origin.map { [(name: "origin", value: $0)] } ?? []
    try await TestApp.run(ScriptedService(onGet: { _, _ in throw error })) { app in
      let answer = try await app.answer(try .call(fields: fields, texts: ["hello"]))
      #expect(answer.httpStatus == 200)
      #expect(answer.isTrailersOnly == (origin == nil))
      #expect(answer.status == Status.Code.notFound.rawValue)
      #expect(answer.statusMessage == "Kein K%C3%A4se")
      let details = try #require(answer.trailer("grpc-status-details-bin").first)
      let bytes = try #require(TestBase64.decode(details))
      #expect(try GoogleRPCStatus(serializedBytes: bytes) == error)
    }
  }

  @Test("Interceptors run")
  @available(GRPCWeb 1.0, *)
  func interceptors() async throws {
    try await TestApp.run(interceptors: [RefusingInterceptor()]) { app in
      let answer = try await app.answer(try .call(texts: ["hello"]))
      #expect(answer.status == Status.Code.unauthenticated.rawValue)
      let allowed = try await app.answer(
        try .call(fields: [("authorization", "Bearer x")], texts: ["hello"])
      )
      #expect(allowed.status == 0)
    }
  }

  // Compression

  @Test("Requirements 18, 20: messages are compressed both ways")
  @available(GRPCWeb 1.0, *)
  func compression() async throws {
    let message = EchoMessage.with { $0.text = String(repeating: "sonora ", count: 1000) }
    var compressed = ByteBuffer()
    try Deflater(format: .gzip)
      .deflate(ByteBuffer(bytes: try message.serializedBytes() as [UInt8]), into: &compressed)
    let frame = TestFrame(flags: 1, payload: Array(compressed.readableBytesView))

    try await TestApp.run(configuration: .defaults { $0.compression = .enabled }) { app in
      let answer = try await app.answer(
        .call(
          fields: [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")],
          body: frame.bytes
        )
      )
      #expect(answer.status == 0)
      #expect(answer.header("grpc-encoding") == ["gzip"])
      #expect(answer.header("content-encoding").isEmpty)
      let answered = try #require(answer.frames.first)
      #expect(answered.flags == 1)
      var inflated = ByteBuffer()
      try Inflater(format: .gzip)
        .inflate(ByteBuffer(bytes: answered.payload), limit: 100_000, into: &inflated)
      #expect(try EchoMessage(serializedBytes: Array(inflated.readableBytesView)) == message)
    }
  }

  // What is whose

  @Test("Requirement 2: requests that aren't gRPC-Web reach the router, their body unread")
  @available(GRPCWeb 1.0, *)
  func passedOn() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let plain = try await connection.answer(RawRequest(method: "GET", path: "/plain"))
      #expect(plain.httpStatus == 200)
      #expect(plain.body == Array("plain".utf8))

      let body = (0 ..< 100_000).map { UInt8(truncatingIfNeeded: $0) }
      for framing in [.length, .chunked(7000)] as [RawRequest.Framing] {
        let echoed = try await connection.answer(
          RawRequest(path: "/body", fields: [("content-type", "image/jpeg")], body: body)
            .framed(framing)
        )
        #expect(echoed.httpStatus == 200)
        #expect(echoed.body == body)
      }

      let missing = try await connection.answer(
        RawRequest(
          path: "/sonora.test.Echo/Nope",
          fields: [("content-type", "image/jpeg")],
          body: [1, 2, 3]
        )
      )
      #expect(missing.httpStatus == 404)
      let missingPage = try await connection.answer(
        RawRequest(method: "GET", path: "/sonora.test.Echo/Nope")
      )
      #expect(missingPage.httpStatus == 404)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test("Requirement 1: another verb on one of our paths is refused", arguments: ["GET", "PUT"])
  @available(GRPCWeb 1.0, *)
  func methodNotAllowed(method: String) async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let answer = try await connection.answer(
        RawRequest(method: method, path: "/sonora.test.Echo/Get")
      )
      #expect(answer.httpStatus == 405)
      #expect(answer.header("allow") == ["POST, OPTIONS"])
      #expect(answer.body.isEmpty)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test(
    "Requirement 2: a foreign content type on one of our paths is refused",
    arguments: ["image/jpeg", "application/grpc", "application/grpc-web+json", "application/json"]
  )
  @available(GRPCWeb 1.0, *)
  func unsupportedMediaType(contentType: String) async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let answer = try await connection.answer(
        try .call(contentType: contentType, texts: ["hello"])
      )
      #expect(answer.httpStatus == 415)
      #expect(answer.body.isEmpty)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test(
    "Requirement 2: an unknown method or service is answered with unimplemented",
    arguments: ["/sonora.test.Echo/Nope", "/sonora.test.echo/Get", "/nope.Nope/Get"],
    [binary, text]
  )
  @available(GRPCWeb 1.0, *)
  func unimplemented(path: String, contentType: String) async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let answer = try await connection.answer(
        RawRequest(path: path, fields: [("content-type", contentType)], body: [1, 2, 3])
      )
      #expect(answer.httpStatus == 200)
      #expect(answer.header("content-type") == [contentType])
      #expect(answer.status == Status.Code.unimplemented.rawValue)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test("Requirement 2: unknown methods reach the router of an app that wants them")
  @available(GRPCWeb 1.0, *)
  func unknownMethodsPassedOn() async throws {
    try await TestApp.run(
      configuration: .defaults { $0.answersUnknownMethods = false },
      configureRouter: Self.addNopeRoute
    ) { app in
      let answer = try await app.answer(
        RawRequest(
          path: "/nope.Nope/Get",
          fields: [("content-type", Self.binary)],
          body: Array("hello".utf8)
        )
      )
      #expect(answer.header("content-type") != [Self.binary])
      #expect(answer.body == Array("hello".utf8))
    }
  }

  @available(GRPCWeb 1.0, *)
  private static func addNopeRoute(to router: Router<GRPCWebRequestContext>) {
    router.post("nope.Nope/Get") { request, _ in
      String(buffer: try await request.body.collect(upTo: 1024))
    }
  }

  @Test("Requirement 1: services are mounted at a prefix, a query is ignored")
  @available(GRPCWeb 1.0, *)
  func prefix() async throws {
    try await TestApp.run(prefix: "/api") { app in
      let connection = try await app.connect()
      var request = try RawRequest.call(prefix: "/api", texts: ["hello"])
      #expect(try await connection.answer(request).texts == ["hello"])

      request.path += "?a=b"
      #expect(try await connection.answer(request).texts == ["hello"])

      for other in ["", "/API", "/ap", "/api/api"] {
        let answer = try await connection.answer(
          RawRequest(
            path: "\(other)/sonora.test.Echo/Get",
            fields: [("content-type", "application/octet-stream")]
          )
        )
        #expect(answer.httpStatus == 404)
      }
    }
  }
}

/// Counts how often something is flushed to the network.
@available(GRPCWeb 1.0, *)
private final class FlushCounter: ChannelOutboundHandler, RemovableChannelHandler, Sendable {
  typealias OutboundIn = Never

  private let flushes: Recorder<Void>

  init(_ flushes: Recorder<Void>) {
    self.flushes = flushes
  }

  func flush(context: ChannelHandlerContext) {
    self.flushes.append(())
    context.flush()
  }
}

/// Refuses calls without `authorization`.
@available(GRPCWeb 1.0, *)
private struct RefusingInterceptor: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @Sendable (
        _ request: StreamingServerRequest<Input>,
        _ context: ServerContext
      ) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    guard request.metadata["authorization"].contains(where: { _ in true }) else {
      throw RPCError(code: .unauthenticated, message: "Who are you?")
    }
    return try await next(request, context)
  }
}
