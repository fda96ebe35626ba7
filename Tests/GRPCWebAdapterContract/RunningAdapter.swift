internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import HTTPTypes
internal import Logging
internal import Testing

/// An adapter that serves an app.
@available(GRPCWeb 1.0, *)
struct RunningAdapter: Sendable {
  var server: AdapterServer
  var port: Int
  /// The gate opens when the server has ended.
  var ended: Gate

  /// Opens a connection.
  func connect(isReading: Bool = true) async throws -> RawConnection {
    try await RawConnection.connect(to: self.port, isReading: isReading)
  }

  /// Sends a request over a new connection.
  func answer(_ request: RawRequest) async throws -> TestAnswer {
    let connection = try await self.connect()
    let answer = try await connection.answer(request)
    await connection.close()
    return answer
  }

  /// Makes a valid call and checks its response.
  func expectGoodCall(
    on connection: RawConnection? = nil,
    prefix: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let request = try RawRequest.call(prefix: prefix, texts: ["good"])
    let answer =
      if let connection = connection {
        try await connection.answer(request)
      } else {
        try await self.answer(request)
      }
    #expect(answer.status == 0, sourceLocation: sourceLocation)
    #expect(try answer.texts == ["good"], sourceLocation: sourceLocation)
  }
}

@available(GRPCWeb 1.0, *)
extension TestedAdapter {
  /// Serves an app on a port of its own while `body` runs, and then stops the server.
  ///
  /// The app has two routes besides `routes`: `GET /plain` answers "plain", `POST /body` returns
  /// the body of the request.
  ///
  /// - Parameters:
  ///   - service: The service offered.
  ///   - interceptors: The interceptors of all calls.
  ///   - config: The config of the server.
  ///   - prefix: The path that the service is mounted at.
  ///   - logger: The logger of the app, and of the gRPC-Web server.
  ///   - routes: More routes of the app.
  ///   - user: Whom the app's middleware takes for the user of all requests.
  ///   - body: The test.
  func serve(
    _ service: any RegistrableRPCService = EchoService(),
    interceptors: [any ServerInterceptor] = [],
    config: GRPCWebServer.Config = .defaults,
    prefix: String = "",
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    routes: [AdapterApp.Route] = [],
    user: String? = nil,
    _ body: (RunningAdapter) async throws -> Void
  ) async throws {
    let own = [
      AdapterApp.Route(.get, "/plain") { _ in Array("plain".utf8) },
      AdapterApp.Route(.post, "/body") { $0 },
    ]
    let server = try self.makeServer(
      AdapterApp(
        service: service,
        interceptors: interceptors,
        config: config,
        prefix: prefix,
        logger: logger,
        routes: own + routes,
        user: user
      )
    )

    let ended = Gate()
    let running = Task {
      defer { ended.open() }
      try await server.run()
    }
    var port: Int?
    try await eventually("the server listens") {
      port = await server.port()
      return port != nil
    }

    let result: Result<Void, any Error>
    do {
      try await body(RunningAdapter(server: server, port: try #require(port), ended: ended))
      result = .success(())
    } catch {
      result = .failure(error)
    }

    running.cancel()
    do {
      try await within(defaultTimeout, "the server stops when its task is cancelled") {
        _ = await running.result
      }
    } catch {
      Issue.record(error)
    }
    try result.get()
  }
}
