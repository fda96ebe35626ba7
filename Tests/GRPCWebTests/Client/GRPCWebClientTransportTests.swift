import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import SwiftProtobuf
import Synchronization
import Testing

@testable import GRPCWeb

@Suite("Client transport", .timeLimit(.minutes(3)))
struct GRPCWebClientTransportTests {
  @available(GRPCWeb 1.0, *)
  typealias Transport = GRPCWebClientTransport

  private static let ok = Fixture.trailers("grpc-status: 0")

  /// Runs a closure with a client over an HTTP client.
  @available(GRPCWeb 1.0, *)
  private static func withEcho<Result: Sendable>(
    _ httpClient: FakeHTTPClient,
    url: String = "http://localhost",
    config: GRPCWebClientTransport.Config = .defaults,
    _ body: (Sonora_Test_Echo.Client<Transport>) async throws -> Result
  ) async throws -> Result {
    let transport = try Transport(url: url, httpClient: httpClient, config: config)
    let client = GRPCClient(transport: transport)
    // The task isn't awaited: a call that fails at once may end before `runConnections()` begins.
    let connection = Task { try await client.runConnections() }
    defer { connection.cancel() }
    return try await body(Sonora_Test_Echo.Client(wrapping: client))
  }

  /// An HTTP client that answers every call with the body of its request.
  @available(GRPCWeb 1.0, *)
  private static func echoing(streamsRequests: Bool = true) -> FakeHTTPClient {
    FakeHTTPClient(streamsRequests: streamsRequests) { request in
      (try .test(), request + Self.ok)
    }
  }

  /// An HTTP client that never answers, and counts when it is cancelled.
  @available(GRPCWeb 1.0, *)
  private static func stalling(
    started: Counter = Counter(),
    cancelled: Counter = Counter()
  ) -> FakeHTTPClient {
    FakeHTTPClient { _, _, _ in
      started.add()
      try? await suspendUntilCancelled()
      cancelled.add()
      throw CancellationError()
    }
  }

  // Requests

  @Test("Requirements 1, 2, 3, 7-9 and 18: what a request has")
  @available(GRPCWeb 1.0, *)
  func request() async throws {
    let httpClient = Self.echoing()
    let headers = try Fixture.fields([("authorization", "Bearer x"), ("x-extra", "1")])
    try await Self.withEcho(
      httpClient,
      url: "https://example.org:8443/api/",
      config: .defaults { $0.headers = headers }
    ) { echo in
      var options = CallOptions.defaults
      options.timeout = .seconds(1000)
      let reply = try await echo.get(
        .with { $0.text = "hello" },
        metadata: ["x-meta": "2"],
        options: options
      )
      #expect(reply.text == "hello")
    }

    #expect(httpClient.requests.count == 1)
    let request = try #require(httpClient.requests.first)
    #expect(request.method == .post)
    #expect(request.scheme == "https")
    #expect(request.authority == "example.org:8443")
    #expect(request.path == "/api/sonora.test.Echo/Get")
    let fields = request.headerFields
    #expect(fields[.contentType] == "application/grpc-web+proto")
    #expect(fields[.accept] == "application/grpc-web+proto")
    #expect(fields[.xGRPCWeb] == "1")
    #expect(fields[.xUserAgent]?.isEmpty == false)
    #expect(fields[.grpcAcceptEncoding] == "identity,gzip,deflate")
    #expect(fields[.te] == nil)
    #expect(fields[.acceptEncoding] == "identity")
    #expect(fields[.authorization] == "Bearer x")
    #expect(fields[try #require(HTTPField.Name("x-extra"))] == "1")
    #expect(fields[try #require(HTTPField.Name("x-meta"))] == "2")
    let name = try #require(HTTPField.Name("grpc-timeout"))
    let timeout = try #require(fields[name])
    let duration = try #require(Timeout.decode(timeout))
    #expect(duration > .seconds(900) && duration <= .seconds(1000))
  }

  @Test("A call without a deadline sends none")
  @available(GRPCWeb 1.0, *)
  func noTimeout() async throws {
    let httpClient = Self.echoing()
    _ = try await Self.withEcho(httpClient) { try await $0.get(Sonora_Test_EchoMessage()) }
    let name = try #require(HTTPField.Name("grpc-timeout"))
    #expect(httpClient.requests.map { $0.headerFields[name] } == [nil])
  }

  @Test("A request of one message is whole, any other a stream")
  @available(GRPCWeb 1.0, *)
  func bodies() async throws {
    let whole = Counter()
    let streamed = Counter()
    let gates = [Gate(), Gate()]
    let httpClient = FakeHTTPClient { _, body, handleResponse in
      switch body {
      case .complete:
        whole.add()
      case .stream:
        gates[streamed.add() - 1].open()
      }
      var chunks = [ByteBuffer(bytes: try await body.bytes() + Self.ok)]
      try await handleResponse(.test()) { chunks.popLast() }
    }
    try await Self.withEcho(httpClient) { echo in
      _ = try await echo.get(.with { $0.text = "x" })
      try await echo.expand(.with { $0.text = "x" }) { response in
        for try await _ in response.messages {}
      }
      #expect(whole.value == 2)
      // The body of a stream is sent before the stream ends.
      let collected = try await echo.collect { writer in
        try await gates[0].pass()
        try await writer.write(.with { $0.text = "y" })
      }
      #expect(collected.text == "y")
      let updated = try await echo.update { writer in
        try await gates[1].pass()
        for text in ["a", "b"] {
          try await writer.write(.with { $0.text = text })
        }
      } onResponse: { response in
        try await response.messages.reduce(into: []) { $0.append($1.text) }
      }
      #expect(updated == ["a", "b"])
      #expect(streamed.value == 2)
    }
  }

  @Test("Requirement 27: where requests can't be streamed, calls that need it fail at once")
  @available(GRPCWeb 1.0, *)
  func noStreaming() async throws {
    let httpClient = Self.echoing(streamsRequests: false)
    try await Self.withEcho(httpClient) { echo in
      let collected = await #expect(throws: RPCError.self) {
        try await echo.collect { _ in Issue.record("There is nowhere to write.") }
      }
      #expect(collected?.code == .unimplemented)
      #expect(collected?.message.contains("sonora.test.Echo/Collect") == true)
      #expect(httpClient.requests.isEmpty)
      let reply = try await echo.get(.with { $0.text = "x" })
      #expect(reply.text == "x")
    }
  }

  @Test("Requirement 8: metadata that can't be sent is invalidArgument, and no request is made")
  @available(GRPCWeb 1.0, *)
  func unsendableMetadata() async throws {
    let httpClient = Self.echoing()
    let error = await #expect(throws: RPCError.self) {
      try await Self.withEcho(httpClient) { echo in
        try await echo.get(Sonora_Test_EchoMessage(), metadata: ["x-bad": "a\r\nx-evil: 1"])
      }
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("x-bad") == true)
    #expect(httpClient.requests.isEmpty)
  }

  @Test("Requirement 19: a request over the limit makes no request")
  @available(GRPCWeb 1.0, *)
  func requestLimit() async throws {
    let httpClient = Self.echoing()
    let error = await #expect(throws: RPCError.self) {
      try await Self.withEcho(
        httpClient,
        config: .defaults { $0.maximumRequestMessageSize = 10 }
      ) { try await $0.get(.with { $0.text = "more than ten bytes" }) }
    }
    #expect(error?.code == .resourceExhausted)
    #expect(httpClient.requests.isEmpty)
  }

  @Test("The remote peer is the server as gRPC names it")
  @available(GRPCWeb 1.0, *)
  func context() async throws {
    let transport = try Transport(
      url: "https://user:secret@host:1/path",
      httpClient: Self.echoing()
    )
    let peer = try await transport.withStream(descriptor: .test(), options: .defaults) {
      _,
      context in context.remotePeer
    }
    #expect(peer == "dns:host:1")
  }

  @Test("A user and a password in the URL are sent as authorization, unless there is another")
  @available(GRPCWeb 1.0, *)
  func credentials() async throws {
    let httpClient = Self.echoing()
    let url = "http://user:secret@localhost"
    let headers = try Fixture.fields([("authorization", "Bearer x")])
    let configured = GRPCWebClientTransport.Config.defaults { $0.headers = headers }
    for config in [GRPCWebClientTransport.Config.defaults, configured] {
      try await Self.withEcho(httpClient, url: url, config: config) { echo in
        _ = try await echo.get(Sonora_Test_EchoMessage())
        _ = try await echo.get(Sonora_Test_EchoMessage(), metadata: ["authorization": "Bearer y"])
      }
    }
    #expect(
      httpClient.requests.map { $0.headerFields[.authorization] } == [
        "Basic dXNlcjpzZWNyZXQ=", "Bearer y", "Bearer x", "Bearer y",
      ]
    )
    #expect(httpClient.requests.allSatisfy { $0.authority == "localhost" })
  }

  @Test("A URL that isn't HTTP's is invalidArgument")
  @available(GRPCWeb 1.0, *)
  func invalidURL() {
    let error = #expect(throws: RPCError.self) {
      try Transport(url: "ftp://host", httpClient: Self.echoing())
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("ftp://host") == true)
    let secret = #expect(throws: RPCError.self) {
      try Transport(url: "ftp://user:secret@host", httpClient: Self.echoing())
    }
    #expect(secret?.message.contains("secret") == false)
  }

  // Failures of the HTTP client

  @Test("What the HTTP client throws becomes the call's error")
  @available(GRPCWeb 1.0, *)
  func httpClientFailures() async throws {
    struct Failure: Error {}
    let failures: [(any Error, RPCError.Code)] = [
      (Failure(), .unavailable), (RPCError(code: .dataLoss, message: "m"), .dataLoss),
      (CancellationError(), .cancelled),
    ]
    for (failure, code) in failures {
      let early = FakeHTTPClient { _, _, _ in throw failure }
      let inHandler = FakeHTTPClient { _, _, handleResponse in
        var chunks = [ByteBuffer(bytes: Fixture.frame([]))]
        try await handleResponse(.test()) {
          guard let chunk = chunks.popLast() else { throw failure }
          return chunk
        }
      }
      for httpClient in [early, inHandler] {
        let error = await #expect(throws: RPCError.self) {
          try await Self.withEcho(httpClient) { try await $0.get(Sonora_Test_EchoMessage()) }
        }
        #expect(error?.code == code)
      }
    }
  }

  @Test("An HTTP client that returns without a response is unavailable")
  @available(GRPCWeb 1.0, *)
  func noResponse() async throws {
    let error = await #expect(throws: RPCError.self) {
      try await Self.withEcho(FakeHTTPClient { _, _, _ in }) {
        try await $0.get(Sonora_Test_EchoMessage())
      }
    }
    #expect(error?.code == .unavailable)
  }

  // Cancellation and deadlines

  @Test("Cancelling the task ends the exchange and the call")
  @available(GRPCWeb 1.0, *)
  func cancellation() async throws {
    let started = Counter()
    let cancelled = Counter()
    try await Self.withEcho(Self.stalling(started: started, cancelled: cancelled)) { echo in
      let call = Task { try await echo.get(Sonora_Test_EchoMessage()) }
      #expect(await started.reaches(1))
      call.cancel()
      let error = await #expect(throws: RPCError.self) { try await call.value }
      #expect(error?.code == .cancelled)
      #expect(await cancelled.reaches(1))
    }
  }

  @Test("Cancelling a call that writes is cancelled, whoever notices first")
  @available(GRPCWeb 1.0, *)
  func cancellationOfWriter() async throws {
    // gRPC Swift and interceptors wrap the error that stopped the writer.
    let wrapped = RPCError(code: .unknown, message: "Write failed.", cause: CancellationError())
    let errors: [any Error] = [
      CancellationError(), wrapped, RPCError(code: .aborted, message: "m", cause: wrapped),
    ]
    for error in errors {
      let transport = try Transport(url: "http://localhost", httpClient: Self.stalling())
      let failure = await #expect(throws: RPCError.self) {
        try await transport.withStream(
          descriptor: .test(.bidirectionalStreaming),
          options: .defaults
        ) { stream, _ in
          try await stream.outbound.write(.metadata([:]))
          await stream.outbound.finish(throwing: error)
          for try await _ in stream.inbound {}
        }
      }
      #expect(failure?.code == .cancelled)
      #expect(failure?.message == "The call was cancelled.")
    }
  }

  @Test("A reader that has had enough ends the exchange")
  @available(GRPCWeb 1.0, *)
  func abandonment() async throws {
    let ended = Gate()
    let httpClient = FakeHTTPClient { _, _, handleResponse in
      defer { ended.open() }
      try await handleResponse(.test()) { ByteBuffer(bytes: Fixture.frame([])) }
    }
    try await Self.withEcho(httpClient) { echo in
      let first = try await echo.expand(Sonora_Test_EchoMessage()) { response in
        try await response.messages.first { _ in true }
      }
      #expect(first != nil)
      try await ended.pass()
    }
  }

  @Test("An answer before the end of the request ends the exchange")
  @available(GRPCWeb 1.0, *)
  func earlyAnswer() async throws {
    let httpClient = FakeHTTPClient { _, _, handleResponse in
      try await handleResponse(.test([("grpc-status", "5")])) { nil }
    }
    let error = await #expect(throws: RPCError.self) {
      try await Self.withEcho(httpClient) { echo in
        // The writer would write for ever if the answer didn't end the call.
        try await echo.collect { writer in
          while !Task.isCancelled {
            try await writer.write(.with { $0.text = "more" })
            await Task.yield()
          }
        }
      }
    }
    #expect(error?.code == .notFound)
  }

  @Test("Requirement 7: the deadline holds even if the HTTP client ignores cancellation")
  @available(GRPCWeb 1.0, *)
  func deadline() async throws {
    let gate = Gate()
    let httpClient = FakeHTTPClient { _, _, _ in
      await gate.passIgnoringCancellation()
    }
    let transport = try Transport(url: "http://localhost", httpClient: httpClient)
    let client = GRPCClient(transport: transport)
    let connection = Task { try await client.runConnections() }
    var options = CallOptions.defaults
    options.timeout = .milliseconds(100)
    let started = ContinuousClock.now
    let error = await #expect(throws: RPCError.self) {
      try await Sonora_Test_Echo.Client(wrapping: client)
        .get(Sonora_Test_EchoMessage(), options: options)
    }
    #expect(error?.code == .deadlineExceeded)
    #expect(ContinuousClock.now - started < defaultTimeout)
    gate.open()
    client.beginGracefulShutdown()
    try await connection.value
  }

  @Test("A producer that fails breaks the request off, and doesn't end it")
  @available(GRPCWeb 1.0, *)
  func failingProducer() async throws {
    struct Failure: Error {}
    let outcome = Mutex<String?>(nil)
    let started = Gate()
    let ended = Gate()
    let httpClient = FakeHTTPClient { _, body, _ in
      defer { ended.open() }
      started.open()
      do {
        _ = try await body.bytes()
        outcome.withLock { $0 = "ended" }
      } catch {
        outcome.withLock { $0 = "broken off" }
        throw error
      }
    }
    try await Self.withEcho(httpClient) { echo in
      await #expect(throws: (any Error).self) {
        try await echo.collect { writer in
          try await writer.write(.with { $0.text = "x" })
          try await started.pass()
          throw Failure()
        }
      }
      try await ended.pass()
    }
    #expect(outcome.withLock { $0 } == "broken off")
  }

  // Back-pressure

  @Test("Requirement 26: no more is received than the reader reads, but for what may wait")
  @available(GRPCWeb 1.0, *)
  func responseBackPressure() async throws {
    let frame = ByteBuffer(bytes: Fixture.frame([UInt8](repeating: 0, count: 95)))
    let received = Counter()
    let httpClient = FakeHTTPClient { _, _, handleResponse in
      try await handleResponse(.test()) {
        guard received.add() <= 5000 else { return ByteBuffer(bytes: Self.ok) }
        return frame
      }
    }
    let transport = try Transport(
      url: "http://localhost",
      httpClient: httpClient,
      config: .defaults { $0.maximumBufferedResponseBytes = 1000 }
    )
    try await transport.withStream(
      descriptor: .test(.serverStreaming),
      options: .defaults
    ) { stream, _ in
      try await stream.outbound.write(.metadata([:]))
      await stream.outbound.finish()

      // Ten frames may be buffered while the reader hasn't read the head.
      #expect(await received.reaches(10))
      var parts = stream.inbound.makeAsyncIterator()
      var read = 0
      while read < 1000, let part = try await parts.next() {
        guard case .message = part else { continue }
        read += 1
        await Task.yield()
        #expect(received.value <= read + 11)
      }
      #expect(read == 1000)
    }
  }

  @Test("Requirement 26: no more is written than the HTTP client takes, but for what may wait")
  @available(GRPCWeb 1.0, *)
  func requestBackPressure() async throws {
    let count = 1000
    let written = Counter()
    let taken = Counter()
    let gate = Gate()
    let httpClient = FakeHTTPClient { _, body, handleResponse in
      guard case .stream(let stream) = body else { return }
      try await gate.pass()
      for try await bytes in stream {
        taken.add(bytes.readableBytes)
        await Task.yield()
        // The writer may already have replaced the bytes just taken.
        #expect(written.value * 100 <= taken.value + 1200)
      }
      var chunks = [ByteBuffer(bytes: Self.ok)]
      try await handleResponse(.test()) { chunks.popLast() }
    }
    let transport = try Transport(
      url: "http://localhost",
      httpClient: httpClient,
      config: .defaults { $0.maximumQueuedRequestBytes = 1000 }
    )
    try await transport.withStream(
      descriptor: .test(.bidirectionalStreaming),
      options: .defaults
    ) { stream, _ in
      try await stream.outbound.write(.metadata([:]))
      let writing = Task {
        for _ in 0 ..< count {
          try await stream.outbound.write(.message(GRPCWebMessage(repeating: 0, count: 95)))
          written.add()
        }
        await stream.outbound.finish()
      }
      // The tenth message is queued, and its writer is suspended.
      #expect(await written.reaches(9))
      #expect(try await written.settled() == 9)
      gate.open()
      try await writing.value
      let parts = try await stream.inbound.reduce(into: 0) { count, _ in count += 1 }
      #expect(parts == 2)
    }
    #expect(taken.value == count * 100)
  }

  @Test("A writer that waits is let go when its task is cancelled, and when the call ends")
  @available(GRPCWeb 1.0, *)
  func waitingWriter() async throws {
    let transport = try Transport(
      url: "http://localhost",
      httpClient: Self.stalling(),
      config: .defaults { $0.maximumQueuedRequestBytes = 1 }
    )
    let cancelled = Counter()
    let failed = Counter()
    let tasks = try await transport.withStream(
      descriptor: .test(.bidirectionalStreaming),
      options: .defaults
    ) { stream, _ in
      try await stream.outbound.write(.metadata([:]))
      let first = Task {
        await #expect(throws: CancellationError.self) {
          try await stream.outbound.write(.message(GRPCWebMessage([1])))
        }
        cancelled.add()
      }
      first.cancel()
      #expect(await cancelled.reaches(1))
      return Task {
        do {
          while true {
            try await stream.outbound.write(.message(GRPCWebMessage([1])))
          }
        } catch let error as RPCError {
          #expect(error.code == .cancelled)
          failed.add()
        }
      }
    }
    try await tasks.value
    #expect(failed.value == 1)
  }

  // Shutdown

  @Test("After shutdown, calls are failedPrecondition")
  @available(GRPCWeb 1.0, *)
  func afterShutdown() async throws {
    let httpClient = Self.echoing()
    let transport = try Transport(url: "http://localhost", httpClient: httpClient)
    transport.beginGracefulShutdown()
    transport.beginGracefulShutdown()
    try await transport.connect()
    #expect(httpClient.shutdowns.value == 1)
    let error = await #expect(throws: RPCError.self) {
      try await transport.withStream(descriptor: .test(), options: .defaults) { _, _ in
        _ = Issue.record("There should be no stream.")
      }
    }
    #expect(error?.code == .failedPrecondition)
    #expect(httpClient.requests.isEmpty)
  }

  @Test("Graceful shutdown lets calls end; connect returns with the last of them")
  @available(GRPCWeb 1.0, *)
  func gracefulShutdown() async throws {
    let started = Counter()
    let gate = Gate()
    let httpClient = FakeHTTPClient { _, body, handleResponse in
      started.add()
      try await gate.pass()
      var chunks = [ByteBuffer(bytes: try await body.bytes() + Self.ok)]
      try await handleResponse(.test()) { chunks.popLast() }
    }
    let transport = try Transport(url: "http://localhost", httpClient: httpClient)
    let client = GRPCClient(transport: transport)
    let returned = Counter()
    let connection = Task {
      try await client.runConnections()
      returned.add()
    }
    let echo = Sonora_Test_Echo.Client(wrapping: client)
    let call = Task { try await echo.get(.with { $0.text = "slow" }) }
    #expect(await started.reaches(1))
    client.beginGracefulShutdown()
    await #expect(throws: (any Error).self) { try await echo.get(Sonora_Test_EchoMessage()) }
    #expect(returned.value == 0)
    #expect(httpClient.shutdowns.value == 0)

    gate.open()
    #expect(try await call.value.text == "slow")
    try await connection.value
    #expect(httpClient.shutdowns.value == 1)
  }

  @Test("Cancelling connect ends calls with unavailable, and shuts the HTTP client down")
  @available(GRPCWeb 1.0, *)
  func cancelledConnect() async throws {
    let started = Counter()
    let cancelled = Counter()
    let httpClient = Self.stalling(started: started, cancelled: cancelled)
    let transport = try Transport(url: "http://localhost", httpClient: httpClient)
    let client = GRPCClient(transport: transport)
    let connection = Task { try await client.runConnections() }
    let echo = Sonora_Test_Echo.Client(wrapping: client)
    let calls = (0 ..< 3).map { _ in Task { try await echo.get(Sonora_Test_EchoMessage()) } }
    #expect(await started.reaches(3))
    connection.cancel()
    for call in calls {
      let error = await #expect(throws: RPCError.self) { try await call.value }
      #expect(error?.code == .unavailable)
    }
    try await connection.value
    #expect(cancelled.value == 3)
    #expect(httpClient.shutdowns.value == 1)
  }

  @Test("connect that is cancelled before it begins returns")
  @available(GRPCWeb 1.0, *)
  func connectInCancelledTask() async throws {
    let httpClient = Self.echoing()
    let transport = try Transport(url: "http://localhost", httpClient: httpClient)
    let gate = Gate()
    let connection = Task {
      await gate.passIgnoringCancellation()
      try await transport.connect()
    }
    connection.cancel()
    gate.open()
    try await connection.value
    #expect(httpClient.shutdowns.value == 1)
  }

  // Service config

  @Test("The config of a method is that of itself, its service, or all")
  @available(GRPCWeb 1.0, *)
  func methodConfig() throws {
    let configs = [
      MethodConfig(names: [.init(service: "")], timeout: .seconds(1)),
      MethodConfig(names: [.init(service: "a.B")], timeout: .seconds(2)),
      MethodConfig(
        names: [.init(service: "x.Y", method: "Z"), .init(service: "a.B", method: "C")],
        timeout: .seconds(3)
      ),
    ]
    for configs in [configs, configs.reversed()] {
      let transport = try Transport(
        url: "http://localhost",
        httpClient: Self.echoing(),
        config: .defaults { $0.serviceConfig = ServiceConfig(methodConfig: configs) }
      )
      for (service, method, seconds) in [
        ("a.B", "C", 3), ("a.B", "D", 2), ("x.Y", "Z", 3), ("x.Y", "C", 1), ("other", "C", 1),
      ] {
        let descriptor = MethodDescriptor(
          fullyQualifiedService: service,
          method: method,
          type: .unary
        )
        #expect(transport.config(forMethod: descriptor)?.timeout == .seconds(seconds))
      }
    }
    let without = try Transport(url: "http://localhost", httpClient: Self.echoing())
    #expect(without.config(forMethod: .test()) == nil)
    #expect(without.retryThrottle == nil)
  }

  @available(GRPCWeb 1.0, *)
  private static func retrying(
    attempts: Int,
    throttling: ServiceConfig.RetryThrottling? = nil
  ) -> GRPCWebClientTransport.Config {
    let policy = RetryPolicy(
      maxAttempts: attempts,
      initialBackoff: .milliseconds(1),
      maxBackoff: .milliseconds(2),
      backoffMultiplier: 1,
      retryableStatusCodes: [.unavailable]
    )
    return .defaults {
      $0.serviceConfig = ServiceConfig(
        methodConfig: [MethodConfig(names: [.init(service: "")], executionPolicy: .retry(policy))],
        retryThrottling: throttling
      )
    }
  }

  @Test("Retries as the service config says: a new HTTP request an attempt")
  @available(GRPCWeb 1.0, *)
  func retries() async throws {
    let attempts = Counter()
    let httpClient = FakeHTTPClient { request in
      attempts.add() < 3
        ? (try .test([("grpc-status", "14")]), []) : (try .test(), request + Self.ok)
    }
    try await Self.withEcho(httpClient, config: Self.retrying(attempts: 5)) { echo in
      let reply = try await echo.get(.with { $0.text = "again" })
      #expect(reply.text == "again")
    }
    #expect(httpClient.requests.count == 3)
    #expect(Set(httpClient.requests.map(\.path)) == ["/sonora.test.Echo/Get"])
  }

  @Test("Requirement 13: a status in the body is retried like one in the headers")
  @available(GRPCWeb 1.0, *)
  func retriesOfStatusInBody() async throws {
    for lines in [["grpc-status: 14"], ["grpc-status: 14", "grpc-retry-pushback-ms: 1"]] {
      let httpClient = FakeHTTPClient { _ in
        (try .test(), Fixture.frame(flags: 0x80, lines.flatMap { Array("\($0)\r\n".utf8) }))
      }
      let error = await #expect(throws: RPCError.self) {
        try await Self.withEcho(httpClient, config: Self.retrying(attempts: 4)) {
          try await $0.get(Sonora_Test_EchoMessage())
        }
      }
      #expect(error?.code == .unavailable)
      #expect(httpClient.requests.count == 4)
    }
  }

  @Test("A connection that fails can be retried, too, and an HTTP 503")
  @available(GRPCWeb 1.0, *)
  func retriesOfFailures() async throws {
    struct Failure: Error {}
    let attempts = Counter()
    let httpClient = FakeHTTPClient { request in
      switch attempts.add() {
      case 1:
        throw Failure()
      case 2:
        return (try .test(.init(code: 503), contentType: "text/html"), [])
      default:
        return (try .test(), request + Self.ok)
      }
    }
    try await Self.withEcho(httpClient, config: Self.retrying(attempts: 3)) { echo in
      let reply = try await echo.get(.with { $0.text = "again" })
      #expect(reply.text == "again")
    }
    #expect(httpClient.requests.count == 3)
  }

  @Test("Attempts have an end, and other errors aren't retried")
  @available(GRPCWeb 1.0, *)
  func endOfRetries() async throws {
    for (status, requests) in [("14", 3), ("5", 1)] {
      let httpClient = FakeHTTPClient { _ in (try .test([("grpc-status", status)]), []) }
      let error = await #expect(throws: RPCError.self) {
        try await Self.withEcho(httpClient, config: Self.retrying(attempts: 3)) {
          try await $0.get(Sonora_Test_EchoMessage())
        }
      }
      #expect(error.map { "\($0.code.rawValue)" } == status)
      #expect(httpClient.requests.count == requests)
    }
  }

  @Test("Push-back in a trailers-only response says when to try again, or not to")
  @available(GRPCWeb 1.0, *)
  func pushback() async throws {
    for (pushback, requests) in [("1", 3), ("-1", 1)] {
      let httpClient = FakeHTTPClient { _ in
        (try .test([("grpc-status", "14"), ("grpc-retry-pushback-ms", pushback)]), [])
      }
      await #expect(throws: RPCError.self) {
        try await Self.withEcho(httpClient, config: Self.retrying(attempts: 3)) {
          try await $0.get(Sonora_Test_EchoMessage())
        }
      }
      #expect(httpClient.requests.count == requests)
    }
  }

  @Test("The throttle of the service config stops retries")
  @available(GRPCWeb 1.0, *)
  func throttle() async throws {
    let httpClient = FakeHTTPClient { _ in (try .test([("grpc-status", "14")]), []) }
    let config = Self.retrying(
      attempts: 5,
      throttling: try .init(maxTokens: 4, tokenRatio: 0.1)
    )
    let transport = try Transport(
      url: "http://localhost",
      httpClient: httpClient,
      config: config
    )
    #expect(transport.retryThrottle?.maxTokens == 4)
    #expect(transport.retryThrottle?.tokens == 4)
    await #expect(throws: RPCError.self) {
      try await Self.withEcho(httpClient, config: config) {
        try await $0.get(Sonora_Test_EchoMessage())
      }
    }
    // Retries need more than half of the four tokens: two attempts are made, and no third.
    #expect(httpClient.requests.count == 2)
  }

  @Test("The timeout of the service config is a deadline")
  @available(GRPCWeb 1.0, *)
  func timeoutOfMethod() async throws {
    let config = MethodConfig(names: [.init(service: "")], timeout: .milliseconds(100))
    let error = await #expect(throws: RPCError.self) {
      try await Self.withEcho(
        Self.stalling(),
        config: .defaults { $0.serviceConfig = ServiceConfig(methodConfig: [config]) }
      ) { try await $0.get(Sonora_Test_EchoMessage()) }
    }
    #expect(error?.code == .deadlineExceeded)
  }

  @Test("The size limits of the service config are the call's")
  @available(GRPCWeb 1.0, *)
  func limitsOfMethod() async throws {
    for config in [
      MethodConfig(names: [.init(service: "")], maxRequestMessageBytes: 5),
      MethodConfig(names: [.init(service: "")], maxResponseMessageBytes: 5),
    ] {
      let error = await #expect(throws: RPCError.self) {
        try await Self.withEcho(
          Self.echoing(),
          config: .defaults { $0.serviceConfig = ServiceConfig(methodConfig: [config]) }
        ) { try await $0.get(.with { $0.text = "too long" }) }
      }
      #expect(error?.code == .resourceExhausted)
    }
  }
}
