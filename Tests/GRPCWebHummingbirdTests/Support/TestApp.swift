import GRPCCore
import GRPCWeb
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Testing

/// A Hummingbird app on a port of its own, with the middleware and some routes.
@available(GRPCWeb 1.0, *)
struct TestApp: Sendable {
  var port: Int
  var grpcWeb: GRPCWebServer
  var services: ServiceGroup

  /// Runs an app with a ``GRPCWebRequestContext`` while `body` runs, and stops it.
  ///
  /// - Parameters:
  ///   - service: The service offered.
  ///   - interceptors: Applied to each call.
  ///   - config: How calls are answered.
  ///   - prefix: Where the service is mounted.
  ///   - server: Makes the server of the app.
  ///   - configureRouter: Adds to the router what comes after the middleware.
  ///   - body: The test.
  static func run(
    _ service: any RegistrableRPCService = EchoService(),
    interceptors: [any ServerInterceptor] = [],
    config: GRPCWebServer.Config = .defaults,
    prefix: String = "",
    server: (GRPCWebServer) -> HTTPServerBuilder = { _ in .http1() },
    configureRouter: (Router<GRPCWebRequestContext>) -> Void = { _ in },
    _ body: (TestApp) async throws -> Void
  ) async throws {
    try await Self.run(
      service,
      context: GRPCWebRequestContext.self,
      interceptors: interceptors,
      config: config,
      prefix: prefix,
      server: server,
      configureRouter: configureRouter,
      body
    )
  }

  /// Runs an app with a context of any type while `body` runs, and stops it.
  static func run<Context: RequestContext>(
    _ service: any RegistrableRPCService,
    context: Context.Type,
    interceptors: [any ServerInterceptor] = [],
    config: GRPCWebServer.Config = .defaults,
    prefix: String = "",
    server: (GRPCWebServer) -> HTTPServerBuilder = { _ in .http1() },
    configureRouter: (Router<Context>) -> Void = { _ in },
    _ body: (TestApp) async throws -> Void
  ) async throws where Context.Source == ApplicationRequestContextSource {
    var logger = Logger(label: "test")
    logger.logLevel = .critical

    let grpcWeb = GRPCWebServer(
      services: [service],
      interceptors: interceptors,
      config: config,
      logger: logger
    )
    let router = Router(context: context)
    router.add(middleware: grpcWeb.middleware(prefix: prefix))
    router.get("plain") { _, _ in "plain" }
    router.post("body") { request, context in
      var request = request
      let body = try await request.collectBody(upTo: 1024 * 1024)
      return Response(status: .ok, body: ResponseBody(byteBuffer: body))
    }
    configureRouter(router)
    try await Self.run(router, grpcWeb, server: server, logger: logger, body)
  }

  /// Runs an app with a router, which has the middleware, while `body` runs, and stops it.
  static func run<Context: RequestContext>(
    _ router: Router<Context>,
    _ grpcWeb: GRPCWebServer,
    server: (GRPCWebServer) -> HTTPServerBuilder = { _ in .http1() },
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: (TestApp) async throws -> Void
  ) async throws where Context.Source == ApplicationRequestContextSource {
    let port = Recorder<Int>()
    let app = Application(
      router: router,
      server: server(grpcWeb),
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        port.append(channel.localAddress?.port ?? 0)
      },
      logger: logger
    )
    let services = ServiceGroup(configuration: .init(services: [app], logger: logger))
    let running = Task { try await services.runUntilCancelled() }
    try await eventually("the app listens") { !port.values.isEmpty }

    let result: Result<Void, any Error>
    do {
      try await body(TestApp(port: port.values[0], grpcWeb: grpcWeb, services: services))
      result = .success(())
    } catch {
      result = .failure(error)
    }

    running.cancel()
    do {
      try await within(defaultTimeout, "the app stops when its task is cancelled") {
        _ = await running.result
      }
    } catch {
      Issue.record(error)
    }
    try result.get()
  }

  /// Opens a connection.
  func connect(isReading: Bool = true) async throws -> RawConnection {
    try await RawConnection.connect(to: self.port, isReading: isReading)
  }

  /// Sends one request over a connection of its own.
  func answer(_ request: RawRequest) async throws -> TestAnswer {
    let connection = try await self.connect()
    let answer = try await connection.answer(request)
    await connection.close()
    return answer
  }

  /// Checks that a call is answered.
  func expectGoodCall(
    on connection: RawConnection? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let request = try RawRequest.call(texts: ["good"])
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
