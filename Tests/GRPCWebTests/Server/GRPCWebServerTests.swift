import GRPCCore
import GRPCProtobuf
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWeb

@Suite(.timeLimit(.minutes(3)))
struct GRPCWebServerTests {
  private static let binary = "application/grpc-web+proto"
  private static let text = "application/grpc-web-text+proto"

  // Calls

  @Test(
    "Requirements 3, 5, 6, 10, 17: all four kinds of calls work in every mix of modes, byte by byte",
    arguments: [
      ("Get", ["abc"], ["abc"]),
      ("Expand", ["abc"], ["a", "b", "c"]),
      ("Collect", ["abc", "", "def"], ["abcdef"]),
      ("Update", ["abc", "", "def"], ["abc", "", "def"]),
    ],
    [("binary", "binary"), ("binary", "text"), ("text", "binary"), ("text", "text")]
  )
  @available(GRPCWeb 1.0, *)
  func kindsAndModes(
    call: (method: String, sent: [String], received: [String]),
    modes: (request: String, response: String)
  ) async throws {
    let server = GRPCWebServer(services: [EchoService()])
    let requestType = modes.request == "text" ? Self.text : Self.binary
    let responseType = modes.response == "text" ? Self.text : Self.binary

    var bytes = try call.sent.flatMap { text in
      try TestFrame(EchoMessage.with { $0.text = text }).bytes
    }
    if modes.request == "text" {
      bytes = Array(TestBase64.encode(bytes).utf8)
    }

    let answer = try await server.answer(
      TestCall(
        method: call.method,
        contentType: requestType,
        fields: [("accept", responseType)]
      ),
      body: TestBody(bytes.map { [$0] })
    )

    #expect(answer.httpStatus == 200)
    #expect(answer.header("content-type") == [responseType])
    #expect(try answer.texts == call.received)
    #expect(answer.trailers == [.init("grpc-status", "0")])
  }

  @Test("Requirement 10: a unary call is answered as a whole, with its length")
  @available(GRPCWeb 1.0, *)
  func unaryIsComplete() async throws {
    let server = GRPCWebServer(services: [EchoService()])
    let response = try await server.start(TestCall(), body: try TestBody(text: "hello"))

    let buffers = try #require(response.complete)
    #expect(buffers.count == 1)
    #expect(response.head.headerFields[.contentLength] == "\(buffers[0].readableBytes)")
  }

  @Test("Requirement 24: a streamed response has no length, and headers against caches and proxies")
  @available(GRPCWeb 1.0, *)
  func streamedHeaders() async throws {
    let server = GRPCWebServer(services: [EchoService()])
    let response = try await server.start(
      TestCall(method: "Expand"),
      body: try TestBody(text: "hello")
    )

    #expect(response.head.headerFields[.contentLength] == nil)
    #expect(response.head.headerFields[.cacheControl] == "no-store, no-transform")
    #expect(response.head.headerFields[.xAccelBuffering] == "no")
  }

  @Test("Requirement 2: a method that isn't registered is answered with unimplemented")
  @available(GRPCWeb 1.0, *)
  func unknownMethod() async throws {
    let server = GRPCWebServer(services: [EchoService()])
    let answer = try await server.answer(TestCall(method: "Nope"), body: TestBody([]))

    #expect(answer.httpStatus == 200)
    #expect(answer.status == Status.Code.unimplemented.rawValue)
  }

  @Test("Requirement 26: the request of a call that failed by its head isn't read")
  @available(GRPCWeb 1.0, *)
  func failedHeadReadsNoBody() async throws {
    let server = GRPCWebServer(services: [EchoService()])
    let body = try TestBody(text: "hello", ending: .never)
    let answer = try await server.answer(
      TestCall(fields: [("grpc-timeout", "1234567890")]),
      body: body
    )

    #expect(answer.status == Status.Code.invalidArgument.rawValue)
    #expect(body.pulls.values.isEmpty)
  }

  // Metadata

  @Test("Requirement 8: metadata reaches the service, repeated and binary values included")
  @available(GRPCWeb 1.0, *)
  func requestMetadata() async throws {
    let seen = Recorder<Metadata>()
    let service = ScriptedService(
      onGet: { request, _ in
        seen.append(request.metadata)
        return ServerResponse(message: request.message)
      }
    )
    let server = GRPCWebServer(services: [service])

    _ = try await server.answer(
      TestCall(
        fields: [
          ("x-color", "red"), ("X-Color", "green"), ("x-raw-bin", "AAEC"),
          ("x-raw-bin", "AwQ=,BQ"), ("authorization", "Bearer x"), ("user-agent", "test/1"),
          ("x-grpc-web", "1"), ("accept-encoding", "gzip"), ("grpc-accept-encoding", "identity"),
        ]
      ),
      texts: "hello"
    )

    let metadata = try #require(seen.values.first)
    #expect(Array(metadata[stringValues: "x-color"]) == ["red", "green"])
    #expect(Array(metadata[binaryValues: "x-raw-bin"]) == [[0, 1, 2], [3, 4], [5]])
    #expect(Array(metadata[stringValues: "authorization"]) == ["Bearer x"])
    #expect(Array(metadata[stringValues: "user-agent"]) == ["test/1"])
    let keys = Set(metadata.map(\.key))
    #expect(keys == ["x-color", "x-raw-bin", "authorization", "user-agent"])
  }

  @Test(
    "Requirements 8, 11: metadata reaches the peer, initial as headers and trailing as trailers",
    arguments: ["Get", "Expand"]
  )
  @available(GRPCWeb 1.0, *)
  func responseMetadata(method: String) async throws {
    let initial: Metadata = ["X-First": "1", "x-first": "2", "x-raw-bin": .binary([0, 1, 2, 3])]
    let trailing: Metadata = ["X-Last": "a", "x-last": "b", "x-end-bin": .binary([255])]
    let service = ScriptedService(
      onGet: { request, _ in
        ServerResponse(
          message: request.message,
          metadata: initial,
          trailingMetadata: trailing
        )
      },
      onExpand: { request, _ in
        StreamingServerResponse(metadata: initial) { writer in
          try await writer.write(request.message)
          return trailing
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let answer = try await server.answer(TestCall(method: method), texts: "hello")

    #expect(answer.header("x-first") == ["1", "2"])
    #expect(answer.header("x-raw-bin") == ["AAECAw"])
    #expect(
      answer.trailers == [
        .init("grpc-status", "0"), .init("x-last", "a"), .init("x-last", "b"),
        .init("x-end-bin", "/w"),
      ]
    )
    #expect(try answer.texts == ["hello"])
  }

  @Test("Requirement 8: a service reads the timeout where gRPC Swift puts it")
  @available(GRPCWeb 1.0, *)
  func timeoutIsMetadata() async throws {
    let seen = Recorder<Metadata>()
    let service = ScriptedService(
      onGet: { request, _ in
        seen.append(request.metadata)
        return ServerResponse(message: request.message)
      }
    )
    let server = GRPCWebServer(services: [service])
    _ = try await server.answer(TestCall(fields: [("grpc-timeout", "10S")]), texts: "hello")
    let metadata = try #require(seen.values.first)
    #expect(Array(metadata[stringValues: "grpc-timeout"]) == ["10S"])
  }

  // Errors

  @Test(
    "Requirements 13, 16: a thrown error reaches the peer with its metadata",
    arguments: ["Get", "Expand", "Collect", "Update"],
    [nil, "https://shop.example"]
  )
  @available(GRPCWeb 1.0, *)
  func thrownError(method: String, origin: String?) async throws {
    let error = RPCError(
      code: .failedPrecondition,
      message: "50 % of naïve\r\n",
      metadata: ["x-reason": "one", "x-reason": "two", "x-raw-bin": .binary([1, 2])]
    )
    let server = GRPCWebServer(services: [Self.failing(with: error)])
    let answer = try await server.answer(
      TestCall(method: method, fields: origin.map { [("origin", $0)] } ?? []),
      texts: "hello"
    )

    #expect(answer.httpStatus == 200)
    #expect(answer.isTrailersOnly == (origin == nil))
    #expect(answer.status == Status.Code.failedPrecondition.rawValue)
    #expect(answer.statusMessage == "50 %25 of na%C3%AFve%0D%0A")
    #expect(answer.trailer("x-reason") == ["one", "two"])
    #expect(answer.trailer("x-raw-bin") == ["AQI"])
  }

  @Test(
    "Requirement 16: details of a GoogleRPCStatus reach the peer",
    arguments: ["Get", "Expand", "Collect", "Update"],
    [nil, "https://shop.example"]
  )
  @available(GRPCWeb 1.0, *)
  func errorDetails(method: String, origin: String?) async throws {
    let error = GoogleRPCStatus(
      code: .resourceExhausted,
      message: "Too much",
      details: [.errorInfo(reason: "QUOTA", domain: "shop.example")]
    )
    let server = GRPCWebServer(services: [Self.failing(with: error)])
    let answer = try await server.answer(
      TestCall(method: method, fields: origin.map { [("origin", $0)] } ?? []),
      texts: "hello"
    )

    #expect(answer.status == Status.Code.resourceExhausted.rawValue)
    let details = answer.trailer("grpc-status-details-bin")
    #expect(details.count == 1)
    let bytes = try #require(TestBase64.decode(details.first ?? ""))
    #expect(try GoogleRPCStatus(serializedBytes: bytes) == error)
  }

  @Test("Requirement 16: an error after messages ends the stream in its trailers")
  @available(GRPCWeb 1.0, *)
  func errorInMidStream() async throws {
    let service = ScriptedService(
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          throw RPCError(code: .dataLoss, message: "gone", metadata: ["x-lost": "1"])
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let answer = try await server.answer(TestCall(method: "Expand"), texts: "hello")

    #expect(try answer.texts == ["hello"])
    #expect(
      answer.trailers == [
        .init("grpc-status", "15"), .init("grpc-message", "gone"), .init("x-lost", "1"),
      ]
    )
  }

  @Test("Requirement 16: an error that isn't gRPC's tells the peer nothing of the app")
  @available(GRPCWeb 1.0, *)
  func foreignError() async throws {
    struct Secret: Error {}
    let server = GRPCWebServer(services: [Self.failing(with: Secret())])
    let answer = try await server.answer(TestCall(), texts: "hello")

    #expect(answer.status == Status.Code.unknown.rawValue)
    #expect(!answer.statusMessage.contains("Secret"))
  }

  private static func failing(with error: any Error) -> ScriptedService {
    ScriptedService(
      onGet: { _, _ in throw error },
      onExpand: { _, _ in throw error },
      onCollect: { _, _ in throw error },
      onUpdate: { _, _ in throw error }
    )
  }

  // Interceptors

  @Test("Interceptors run in order around each call, and can refuse it")
  @available(GRPCWeb 1.0, *)
  func interceptors() async throws {
    let log = Recorder<String>()
    let server = GRPCWebServer(
      services: [EchoService()],
      interceptors: [
        RecordingInterceptor(name: "outer", log: log),
        RecordingInterceptor(name: "inner", log: log),
      ]
    )

    let answer = try await server.answer(TestCall(), texts: "hello")
    #expect(answer.status == 0)
    #expect(log.values == ["outer >", "inner >", "inner <", "outer <"])

    let refused = try await server.answer(TestCall(fields: [("x-refuse", "1")]), texts: "hello")
    #expect(refused.status == Status.Code.permissionDenied.rawValue)
    #expect(refused.trailer("x-refused-by") == ["outer"])
  }

  @Test(
    "A server of a list of services, or of a router, offers its methods and applies its interceptors"
  )
  @available(GRPCWeb 1.0, *)
  func servicesAndRouter() async throws {
    let log = Recorder<String>()
    let interceptor = RecordingInterceptor(name: "it", log: log)
    var router = RPCRouter<GRPCWebServerTransport>()
    EchoService().registerMethods(with: &router)
    router.registerInterceptors(pipeline: [.apply(interceptor, to: .all)])

    for server in [
      GRPCWebServer(interceptors: [interceptor]) { EchoService() },
      GRPCWebServer(services: [EchoService()], interceptors: [interceptor]),
      GRPCWebServer(router: router),
    ] {
      let answer = try await server.answer(TestCall(), texts: "hello")
      #expect(try answer.texts == ["hello"])
    }
    #expect(log.values == ["it >", "it <", "it >", "it <", "it >", "it <"])
  }

  @Test("A server is built of services one after another, of branches and of loops")
  @available(GRPCWeb 1.0, *)
  func builtServices() async throws {
    for isBranchTaken in [false, true] {
      let log = Recorder<String>()
      let server = GRPCWebServer {
        NamedService(name: "one")
        NamedService(name: "two")
        if isBranchTaken {
          NamedService(name: "if")
        }
        if isBranchTaken {
          NamedService(name: "first")
        } else {
          EchoService()
        }
        for name in ["a", "b"] {
          NamedService(name: name)
        }
      }
      for name in ["one", "two", "if", "first", "a", "b"] {
        guard case .call(let call) = server.route(try NamedService.request(name)) else {
          Issue.record("Not routed to a call.")
          return
        }
        if call.failure == nil {
          log.append(name)
        }
      }
      let always = ["one", "two", "a", "b"]
      #expect(log.values == (isBranchTaken ? ["one", "two", "if", "first", "a", "b"] : always))
      guard case .call(let echo) = server.route(try TestCall().head()) else {
        Issue.record("Not routed to a call.")
        return
      }
      #expect((echo.failure == nil) == !isBranchTaken)
    }
  }

  @Test("Interceptors of a router run for the calls they target")
  @available(GRPCWeb 1.0, *)
  func interceptorPipeline() async throws {
    let log = Recorder<String>()
    var router = RPCRouter<GRPCWebServerTransport>()
    EchoService().registerMethods(with: &router)
    router.registerInterceptors(pipeline: [
      .apply(
        RecordingInterceptor(name: "expand", log: log),
        to: .methods([Sonora_Test_Echo.Method.Expand.descriptor])
      )
    ])
    let server = GRPCWebServer(router: router)

    _ = try await server.answer(TestCall(), texts: "hello")
    #expect(log.values.isEmpty)
    _ = try await server.answer(TestCall(method: "Expand"), texts: "hello")
    #expect(log.values == ["expand >", "expand <"])
  }

  // Peers

  @Test("A service sees the method and both peers")
  @available(GRPCWeb 1.0, *)
  func peers() async throws {
    let seen = Recorder<ServerContext>()
    let service = ScriptedService(
      onGet: { request, context in
        seen.append(context)
        return ServerResponse(message: request.message)
      }
    )
    let server = GRPCWebServer(services: [service])
    _ = try await server.answer(
      TestCall(),
      body: try TestBody(text: "hello"),
      peers: GRPCWebPeers(remote: "ipv4:1.2.3.4:5", local: "ipv6:[::1]:443")
    )

    let context = try #require(seen.values.first)
    #expect(context.remotePeer == "ipv4:1.2.3.4:5")
    #expect(context.localPeer == "ipv6:[::1]:443")
    #expect(context.descriptor.fullyQualifiedMethod == "sonora.test.Echo/Get")
  }

  // Compression

  @Test(
    "Requirement 18: responses are compressed for a peer that accepts it",
    arguments: [("gzip", "gzip"), ("br, deflate,gzip", "deflate"), ("identity, gzip", "gzip")]
  )
  @available(GRPCWeb 1.0, *)
  func compression(accepted: String, chosen: String) async throws {
    let server = GRPCWebServer(
      services: [EchoService()],
      config: .defaults { $0.compression = .enabled }
    )
    let message = EchoMessage.with { $0.text = String(repeating: "sonora ", count: 1000) }
    let answer = try await server.answer(
      TestCall(fields: [("grpc-accept-encoding", accepted)]),
      texts: message.text
    )

    #expect(answer.header("grpc-encoding") == [chosen])
    #expect(answer.header("content-encoding").isEmpty)
    let frame = try #require(answer.frames.first)
    #expect(frame.flags == 1)
    #expect(frame.payload.count < 200)

    var inflated = ByteBuffer()
    try Inflater(format: chosen == "gzip" ? .gzip : .zlib)
      .inflate(ByteBuffer(bytes: frame.payload), limit: 100_000, into: &inflated)
    #expect(try EchoMessage(serializedBytes: Array(inflated.readableBytesView)) == message)
    #expect(answer.status == 0)
  }

  @Test(
    "Requirement 18: responses aren't compressed for others, nor when they are small",
    arguments: [(nil, 7000), ("identity", 7000), ("br", 7000), ("gzip", 100)]
  )
  @available(GRPCWeb 1.0, *)
  func noCompression(accepted: String?, size: Int) async throws {
    let server = GRPCWebServer(
      services: [EchoService()],
      config: .defaults { $0.compression = .enabled }
    )
    let text = String(repeating: "s", count: size)
    let answer = try await server.answer(
      TestCall(fields: accepted.map { [("grpc-accept-encoding", $0)] } ?? []),
      texts: text
    )
    #expect(try answer.texts == [text])
  }

  // Limits

  @Test("Requirement 19: a response message beyond the limit fails the call")
  @available(GRPCWeb 1.0, *)
  func responseLimit() async throws {
    let server = GRPCWebServer(
      services: [EchoService()],
      config: .defaults { $0.limits.maximumResponseMessageSize = 100 }
    )
    let fits = try await server.answer(TestCall(), texts: String(repeating: "s", count: 98))
    #expect(fits.status == 0)
    let tooLarge = try await server.answer(TestCall(), texts: String(repeating: "s", count: 99))
    #expect(tooLarge.status == Status.Code.resourceExhausted.rawValue)
  }

  // Lifetime

  @Test("A call that comes as soon as the server exists is answered")
  @available(GRPCWeb 1.0, *)
  func callAtOnce() async throws {
    for _ in 0 ..< 100 {
      let server = GRPCWebServer(services: [EchoService()])
      let answer = try await server.answer(TestCall(), texts: "hello")
      #expect(answer.status == 0)
    }
  }

  @Test("Calls end as unavailable when the last reference to the server is gone")
  @available(GRPCWeb 1.0, *)
  func deinitEndsCalls() async throws {
    let cancelled = Gate()
    let service = ScriptedService(
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          await withTaskCancellationHandler {
            try? await suspendUntilCancelled()
          } onCancel: {
            cancelled.open()
          }
          return [:]
        }
      }
    )

    var server: GRPCWebServer? = GRPCWebServer(services: [service])
    let response = try #require(
      try await server?.start(TestCall(method: "Expand"), body: try TestBody(text: "hello"))
    )
    server = nil

    let answer = try await within(defaultTimeout, "the response ends") {
      try await response.answer()
    }
    #expect(answer.status == Status.Code.unavailable.rawValue)
    try await cancelled.pass("the service is cancelled")
  }

  @Test("Graceful shutdown lets calls end, refuses new ones, and is over with the last")
  @available(GRPCWeb 1.0, *)
  func gracefulShutdown() async throws {
    let gate = Gate()
    let service = ScriptedService(
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          try await gate.pass()
          try await writer.write(request.message)
          return [:]
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let response = try await server.start(
      TestCall(method: "Expand"),
      body: try TestBody(text: "hello")
    )

    server.beginGracefulShutdown()
    let refused = try await server.answer(TestCall(), texts: "hello")
    #expect(refused.status == Status.Code.unavailable.rawValue)

    gate.open()
    let answer = try await within(defaultTimeout, "the response ends") {
      try await response.answer()
    }
    #expect(answer.status == 0)
    #expect(try answer.texts == ["hello", "hello"])
    try await within(defaultTimeout, "the server has shut down") {
      await server.untilShutdown()
    }
  }

  @Test("Shutting down a server without calls is over at once")
  @available(GRPCWeb 1.0, *)
  func idleShutdown() async throws {
    let server = GRPCWebServer(services: [EchoService()])
    server.beginGracefulShutdown()
    server.beginGracefulShutdown()
    try await within(defaultTimeout, "the server has shut down") {
      await server.untilShutdown()
    }
  }
}

/// An interceptor that records when calls start and end, and refuses calls with `x-refuse`.
@available(GRPCWeb 1.0, *)
private struct RecordingInterceptor: ServerInterceptor {
  var name: String
  var log: Recorder<String>

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @Sendable (
        _ request: StreamingServerRequest<Input>,
        _ context: ServerContext
      ) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    if request.metadata["x-refuse"].contains(where: { _ in true }) {
      throw RPCError(
        code: .permissionDenied,
        message: "refused",
        metadata: ["x-refused-by": .string(self.name)]
      )
    }
    self.log.append("\(self.name) >")
    let response = try await next(request, context)
    self.log.append("\(self.name) <")
    return response
  }
}

/// A service with one method, whose name is the service's, too.
@available(GRPCWeb 1.0, *)
private struct NamedService: RegistrableRPCService {
  var name: String

  static func request(_ name: String) throws -> HTTPRequest {
    var request = try TestCall().head()
    request.path = "/\(name)/\(name)"
    return request
  }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: self.name, method: self.name),
      deserializer: BytesCoding(),
      serializer: BytesCoding()
    ) { _, _ in
      throw RPCError(code: .aborted, message: "")
    }
  }

  private struct BytesCoding: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes {
      Bytes(message)
    }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] {
      bytes.withUnsafeBytes { Array($0) }
    }
  }
}
