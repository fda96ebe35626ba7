import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import Logging
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWeb

@Suite(.timeLimit(.minutes(3)))
struct GRPCWebServerTransportTests {
  // Deadlines

  @Test(
    "Requirement 7: the server answers on time even when the handler does not cooperate",
    arguments: ["Get", "Expand", "Collect", "Update"]
  )
  @available(GRPCWeb 1.0, *)
  func deadlineOfUncooperativeHandler(method: String) async throws {
    let probe = CancellationProbe()
    defer { probe.release.open() }
    let server = GRPCWebServer(services: [probe.service])

    let start = ContinuousClock.now
    let answer = try await within(defaultTimeout, "the answer") {
      try await server.answer(
        TestCall(method: method, fields: [("grpc-timeout", "50m")]),
        texts: "hello"
      )
    }

    #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
    #expect(ContinuousClock.now - start >= .milliseconds(50))
    #expect(!probe.release.isOpen)
    try await probe.taskCancelled.pass("the handler's task is cancelled")
    try await probe.handleCancelled.pass("the RPC's cancellation handle is cancelled")
  }

  @Test("Requirement 7: a stream that has begun ends in its trailers when the deadline passes")
  @available(GRPCWeb 1.0, *)
  func deadlineOfStream() async throws {
    let release = Gate()
    defer { release.open() }
    let service = ScriptedService(
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          await release.passIgnoringCancellation()
          return [:]
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let answer = try await within(defaultTimeout, "the answer") {
      try await server.answer(
        TestCall(method: "Expand", fields: [("grpc-timeout", "100m")]),
        texts: "hello"
      )
    }

    #expect(answer.trailers?.first == .init("grpc-status", "4"))
    #expect(try answer.texts == ["hello"])
  }

  @Test(
    "Requirement 7: the deadline passes while the service waits for the request",
    arguments: ["Get", "Expand", "Collect", "Update"]
  )
  @available(GRPCWeb 1.0, *)
  func deadlineWhileReading(method: String) async throws {
    let server = GRPCWebServer(services: [EchoService()])
    let answer = try await within(defaultTimeout, "the answer") {
      try await server.answer(
        TestCall(method: method, fields: [("grpc-timeout", "50m")]),
        body: try TestBody(text: "hello", ending: .never)
      )
    }
    #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
  }

  @Test(
    "Requirement 7: a deadline that doesn't pass changes nothing",
    arguments: [
      "10S", "99999999H", "00000001M", "100080000m", "9999999H", "99999999M", "300000000M",
      "9223372036854775807n", "99999999999999999999999S",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func generousDeadline(timeout: String) async throws {
    let cancelled = Recorder<Bool>()
    let service = ScriptedService(
      onGet: { request, context in
        try await Task.sleep(for: .milliseconds(20))
        cancelled.append(Task.isCancelled || context.cancellation.isCancelled)
        return ServerResponse(message: request.message)
      }
    )
    let server = GRPCWebServer(services: [service])
    let answer = try await server.answer(
      TestCall(fields: [("grpc-timeout", timeout)]),
      texts: "hello"
    )
    #expect(answer.status == 0)
    #expect(cancelled.values == [false])
  }

  @Test("Requirement 7: a timeout of zero has passed on arrival, and the service isn't called")
  @available(GRPCWeb 1.0, *)
  func zeroTimeout() async throws {
    let called = Gate()
    let service = ScriptedService(
      onGet: { request, _ in
        called.open()
        return ServerResponse(message: request.message)
      }
    )
    let server = GRPCWebServer(services: [service])
    let answer = try await server.answer(
      TestCall(fields: [("grpc-timeout", "0n")]),
      texts: "hello"
    )
    #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
    #expect(!called.isOpen)
  }

  // The peer goes away

  @Test("Requirement 25: cancelling the task that answers cancels the handler")
  @available(GRPCWeb 1.0, *)
  func cancelledRespond() async throws {
    let probe = CancellationProbe()
    defer { probe.release.open() }
    let server = GRPCWebServer(services: [probe.service])
    let task = Task {
      try await server.answer(TestCall(), texts: "hello")
    }
    try await probe.started.pass("the handler starts")
    task.cancel()

    try await probe.taskCancelled.pass("the handler's task is cancelled")
    try await probe.handleCancelled.pass("the RPC's cancellation handle is cancelled")
    _ = try await within(defaultTimeout, "the answer") {
      try await task.value
    }
  }

  @Test("A request that can't be read to its end fails the call", arguments: ["Get", "Update"])
  @available(GRPCWeb 1.0, *)
  func brokenBody(method: String) async throws {
    struct ConnectionReset: Error {}
    let server = GRPCWebServer(services: [EchoService()])
    let answer = try await server.answer(
      TestCall(method: method),
      body: try TestBody(text: "hello", ending: .error(ConnectionReset()))
    )
    #expect(answer.status == Status.Code.unavailable.rawValue)
  }

  // Back-pressure

  @Test("Requirement 26: the request is read no faster than the service takes its messages")
  @available(GRPCWeb 1.0, *)
  func readsOnDemand() async throws {
    let gate = Gate()
    let taken = Gate()
    let service = ScriptedService(
      onUpdate: { request, _ in
        StreamingServerResponse { writer in
          for try await message in request.messages {
            try await writer.write(message)
            taken.open()
            try await gate.pass()
          }
          return [:]
        }
      }
    )
    let server = GRPCWebServer(services: [service])
    let frame = try TestFrame(EchoMessage.with { $0.text = "x" }).bytes
    let body = TestBody(Array(repeating: frame, count: 100))

    let response = try await server.start(TestCall(method: "Update"), body: body)
    try await taken.pass("a message is taken")
    #expect(body.pulls.values.count == 1)

    gate.open()
    let answer = try await response.answer()
    #expect(answer.frames.count == 100)
    #expect(answer.status == 0)
  }

  // Listening

  @Test("A call that comes before the transport listens is answered when it does")
  @available(GRPCWeb 1.0, *)
  func callBeforeListen() async throws {
    let transport = Self.transport()
    let answer = Task {
      try await transport.answer(TestCall(), texts: "hello")
    }
    let listening = Self.listen(transport) { stream in
      try? await stream.outbound.write(.message(GRPCWebMessage([])))
      try? await stream.outbound.write(.status(Status(code: .ok, message: ""), [:]))
      await stream.outbound.finish()
    }
    defer { listening.cancel() }

    let status = try await within(defaultTimeout, "the answer") { try await answer.value.status }
    #expect(status == 0)
  }

  @Test("A call that waits for the transport to listen fails on shutdown")
  @available(GRPCWeb 1.0, *)
  func shutdownBeforeListen() async throws {
    let transport = Self.transport()
    let answer = Task {
      try await transport.answer(TestCall(), texts: "hello")
    }
    // The answer is the same whether the call starts before or after shutdown.
    transport.beginGracefulShutdown()
    let status = try await within(defaultTimeout, "the answer") { try await answer.value.status }
    #expect(status == Status.Code.unavailable.rawValue)

    try await within(defaultTimeout, "listen returns") {
      try await transport.listen { _, _ in }
    }
  }

  @Test("A call that waits for the transport to listen is answered at its deadline")
  @available(GRPCWeb 1.0, *)
  func deadlineBeforeListen() async throws {
    let transport = Self.transport()
    let answer = try await within(defaultTimeout, "the answer") {
      try await transport.answer(TestCall(fields: [("grpc-timeout", "20m")]), texts: "hello")
    }
    #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
    transport.beginGracefulShutdown()
  }

  @Test("Nothing is routed to a transport without methods, unless it is gRPC-Web by its type")
  @available(GRPCWeb 1.0, *)
  func noMethods() throws {
    let transport = GRPCWebServerTransport()
    var request = try TestCall().head()
    guard case .call(let call) = transport.route(request) else {
      Issue.record("Not routed to a call.")
      return
    }
    #expect(call.failure?.code == .unimplemented)

    request.headerFields[.contentType] = "application/json"
    guard case .pass = transport.route(request) else {
      Issue.record("Not passed on.")
      return
    }
  }

  @Test("A GRPCServer can run on the transport")
  @available(GRPCWeb 1.0, *)
  func server() async throws {
    let transport = GRPCWebServerTransport()
    try await withGRPCServer(transport: transport, services: [EchoService()]) { _ in
      // The server configures the methods of the transport when it starts to serve.
      try await eventually("the method is known") {
        guard case .call(let call) = transport.route(try TestCall().head()) else { return false }
        return call.failure == nil
      }
      let answer = try await transport.answer(TestCall(), texts: "hello")
      #expect(try answer.texts == ["hello"])
    }
  }

  // Shutdown

  @Test("A call that outlasts the grace period fails as unavailable and is cancelled")
  @available(GRPCWeb 1.0, *)
  func gracePeriod() async throws {
    let probe = CancellationProbe()
    defer { probe.release.open() }
    let server = GRPCWebServer(
      services: [probe.service],
      config: .defaults { $0.shutdownGracePeriod = .milliseconds(50) }
    )
    let answer = Task {
      try await server.answer(TestCall(method: "Expand"), texts: "hello")
    }
    try await probe.started.pass("the handler starts")

    let start = ContinuousClock.now
    server.beginGracefulShutdown()
    let status = try await within(defaultTimeout, "the answer") { try await answer.value.status }
    #expect(status == Status.Code.unavailable.rawValue)
    #expect(ContinuousClock.now - start >= .milliseconds(50))
    try await probe.taskCancelled.pass("the handler's task is cancelled")
    try await probe.handleCancelled.pass("the RPC's cancellation handle is cancelled")

    probe.release.open()
    try await within(defaultTimeout, "the server has shut down") {
      await server.untilShutdown()
    }
  }

  @Test("Cancelling the task that listens ends calls as unavailable, at once")
  @available(GRPCWeb 1.0, *)
  func cancelledListen() async throws {
    let transport = Self.transport()
    let started = Gate()
    let listening = Self.listen(transport) { stream in
      started.open()
      try? await suspendUntilCancelled()
      await stream.outbound.finish()
    }
    let answer = Task {
      try await transport.answer(TestCall(), texts: "hello")
    }
    try await started.pass("the handler starts")
    listening.cancel()

    let status = try await within(defaultTimeout, "the answer") { try await answer.value.status }
    #expect(status == Status.Code.unavailable.rawValue)
    try await within(defaultTimeout, "listen returns") { try await listening.value }
  }

  // Services that don't do what they should

  @Test("A service that returns without a status fails the call")
  @available(GRPCWeb 1.0, *)
  func noStatus() async throws {
    let transport = Self.transport()
    let listening = Self.listen(transport) { _ in }
    defer { listening.cancel() }
    let answer = try await within(defaultTimeout, "the answer") {
      try await transport.answer(TestCall(), texts: "hello")
    }
    #expect(answer.status == Status.Code.internalError.rawValue)
  }

  @Test(
    "A response that is finished without a status fails the call",
    arguments: ["Get", "Expand"]
  )
  @available(GRPCWeb 1.0, *)
  func finishedWithoutStatus(method: String) async throws {
    let transport = Self.transport()
    let listening = Self.listen(transport) { stream in
      try? await stream.outbound.write(.metadata([:]))
      await stream.outbound.finish()
    }
    defer { listening.cancel() }
    let answer = try await within(defaultTimeout, "the answer") {
      try await transport.answer(TestCall(method: method), texts: "hello")
    }
    #expect(answer.status == Status.Code.internalError.rawValue)
  }

  @Test("A response that is finished with an error fails the call with it")
  @available(GRPCWeb 1.0, *)
  func finishedWithError() async throws {
    let transport = Self.transport()
    let listening = Self.listen(transport) { stream in
      let error = RPCError(code: .aborted, message: "no", metadata: ["x-reason": "because"])
      await stream.outbound.finish(throwing: error)
    }
    defer { listening.cancel() }
    let answer = try await within(defaultTimeout, "the answer") {
      try await transport.answer(TestCall(), texts: "hello")
    }
    #expect(answer.status == Status.Code.aborted.rawValue)
    #expect(answer.trailer("x-reason") == ["because"])
  }

  // Metadata that can't be sent

  @Test("Requirement 8: response metadata that can't be sent is left out, and logged")
  @available(GRPCWeb 1.0, *)
  func rejectedMetadata() async throws {
    let service = ScriptedService(
      onGet: { request, _ in
        ServerResponse(
          message: request.message,
          metadata: [
            "x-good": "1", "content-type": "text/html", "grpc-status": "3",
            "x-split": "a\r\nx-injected: 1", "x spaced": "1",
          ],
          trailingMetadata: ["x-fine": "2", "grpc-message": "no", "x-line": "a\nb"]
        )
      }
    )
    let log = CapturingLogHandler()
    let server = GRPCWebServer(services: [service], logger: log.logger)
    let answer = try await server.answer(TestCall(), texts: "hello")

    #expect(answer.status == 0)
    #expect(answer.header("x-good") == ["1"])
    #expect(answer.header("content-type") == ["application/grpc-web+proto"])
    #expect(answer.header("x-split").isEmpty)
    #expect(answer.header("x-injected").isEmpty)
    #expect(answer.trailers == [.init("grpc-status", "0"), .init("x-fine", "2")])

    try await eventually("it is logged") { !log.entries.values.isEmpty }
    let entry = try #require(log.entries.values.first)
    #expect(entry.level == .warning)
    #expect(entry.metadata["grpc.method"] == "sonora.test.Echo/Get")
    guard case .array(let keys) = entry.metadata["grpc.metadata.keys"] else {
      Issue.record("The keys aren't logged.")
      return
    }
    let rejected: Set = [
      "content-type", "grpc-status", "x-split", "x spaced", "grpc-message", "x-line",
    ]
    #expect(Set(keys.map(\.description)) == rejected)
    #expect(log.entries.values.count == 1)
  }

  @Test("Request metadata that wasn't UTF-8 is left out, and logged; the call goes on")
  @available(GRPCWeb 1.0, *)
  func undecodableMetadata() async throws {
    let seen = Recorder<Metadata>()
    let service = ScriptedService(
      onGet: { request, _ in
        seen.append(request.metadata)
        return ServerResponse(message: request.message)
      }
    )
    let log = CapturingLogHandler()
    let server = GRPCWebServer(services: [service], logger: log.logger)
    let fields = [(name: "x-good", value: "caf\u{e9}"), (name: "x-bad", value: "caf\u{fffd}")]
    let answer = try await server.answer(TestCall(fields: fields), texts: "hello")
    #expect(answer.status == 0)
    #expect(seen.values == [["x-good": "caf\u{e9}"]])

    let entry = try #require(log.entries.values.first)
    #expect(entry.level == .info)
    #expect(entry.metadata["grpc.method"] == "sonora.test.Echo/Get")
    #expect(entry.metadata["grpc.metadata.keys"] == .array(["x-bad"]))
    #expect(log.entries.values.count == 1)
  }

  @Test("Requirement 8: a prefix is compared by bytes, and cut off by bytes")
  @available(GRPCWeb 1.0, *)
  func prefixBytewise() throws {
    let transport = Self.transport()
    transport.configure(methods: [Sonora_Test_Echo.Method.Get.descriptor])
    for (path, isCall) in [
      ("/Kit/sonora.test.Echo/Get", true),
      ("/\u{212a}it/sonora.test.Echo/Get", false),
      ("/Kit\u{301}/sonora.test.Echo/Get", false),
      ("/kit/sonora.test.Echo/Get", false),
      ("/Kit", false), ("/Ki", false), ("", false),
    ] {
      var request = try TestCall(contentType: "application/json").head()
      request.path = path
      let route = transport.route(request, prefix: "/Kit")
      // A foreign content type is refused on paths of methods only, so a refusal shows that the
      // path matched.
      var isRefused = false
      if case .respond = route {
        isRefused = true
      }
      #expect(isRefused == isCall, "\(path)")
    }
  }

  @Test("Nothing is logged about metadata that can be sent")
  @available(GRPCWeb 1.0, *)
  func acceptedMetadata() async throws {
    let log = CapturingLogHandler()
    let service = ScriptedService(
      onGet: { request, _ in
        ServerResponse(message: request.message, metadata: ["x-good": "1"])
      }
    )
    let server = GRPCWebServer(services: [service], logger: log.logger)
    _ = try await server.answer(TestCall(), texts: "hello")
    server.beginGracefulShutdown()
    try await within(defaultTimeout, "the server has shut down") {
      await server.untilShutdown()
    }
    #expect(log.entries.values.isEmpty)
  }

  /// A transport that knows the methods of `echo.proto`.
  @available(GRPCWeb 1.0, *)
  private static func transport() -> GRPCWebServerTransport {
    let transport = GRPCWebServerTransport()
    transport.configure(methods: Sonora_Test_Echo.Method.descriptors)
    return transport
  }

  @available(GRPCWeb 1.0, *)
  private static func listen(
    _ transport: GRPCWebServerTransport,
    handler:
      @escaping @Sendable (
        RPCStream<GRPCWebServerTransport.Inbound, GRPCWebServerTransport.Outbound>
      ) async -> Void
  ) -> Task<Void, any Error> {
    Task {
      try await transport.listen { stream, _ in await handler(stream) }
    }
  }
}

/// A service that ignores cancellation, but records it.
@available(GRPCWeb 1.0, *)
private struct CancellationProbe {
  let started = Gate()
  let taskCancelled = Gate()
  let handleCancelled = Gate()
  /// Makes the service return.
  let release = Gate()

  var service: ScriptedService {
    ScriptedService(
      onGet: { request, _ in
        await self.run()
        return ServerResponse(message: request.message)
      },
      onExpand: { _, _ in
        await self.run()
        return StreamingServerResponse { _ in [:] }
      },
      onCollect: { _, _ in
        await self.run()
        return ServerResponse(message: EchoMessage())
      },
      onUpdate: { _, _ in
        StreamingServerResponse { _ in
          await self.run()
          return [:]
        }
      }
    )
  }

  private func run() async {
    await withTaskCancellationHandler {
      await withRPCCancellationHandler {
        self.started.open()
        await self.release.passIgnoringCancellation()
      } onCancelRPC: {
        self.handleCancelled.open()
      }
    } onCancel: {
      self.taskCancelled.open()
    }
  }
}
