import GRPCCore
import GRPCWeb
import GRPCWebHummingbird
import GRPCWebNIO
import GRPCWebTestSupport
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import ServiceLifecycle
import Testing

/// A server on a port of its own whose calls are answered by the channel handler.
@available(GRPCWeb 1.0, *)
struct TestServer: Sendable {
  /// The server whose pipelines have the channel handler.
  enum TestedAdapter: String, CaseIterable {
    /// In the standalone transport.
    case transport
    /// In a Hummingbird app.
    case hummingbird
  }

  var port: Int
  /// The certificate's owner, where connections are encrypted.
  var isTLS: Bool
  var beginGracefulShutdown: @Sendable () -> Void
  /// The server itself.
  var serving: Task<Void, any Error>

  // Running

  /// Serves with the standalone transport while `body` runs, and stops.
  static func run(
    _ service: any RegistrableRPCService = EchoService(),
    config: GRPCWebNIOServerTransport.Config = .defaults,
    isTLS: Bool = false,
    needsClientCertificate: Bool = false,
    _ body: (TestServer) async throws -> Void
  ) async throws {
    let tls = try TestCertificate.serverConfiguration(
      needsClientCertificate: needsClientCertificate
    )
    let transport = GRPCWebNIOServerTransport(
      address: .ipv4(host: "127.0.0.1", port: 0),
      transportSecurity: isTLS ? .tls(tls) : .plaintext,
      config: config
    )
    let server = GRPCServer(transport: transport, services: [service])
    let serving = Task { try await server.serve() }
    let port = try #require(try await transport.listeningAddress.port)
    try await TestServer(
      port: port,
      isTLS: isTLS,
      beginGracefulShutdown: { server.beginGracefulShutdown() },
      serving: serving
    ).runAndStop(body)
  }

  /// Serves with one of the adapters while `body` runs, and stops.
  ///
  /// Connections to Hummingbird with HTTP/2 are encrypted, as it negotiates the version of HTTP.
  static func run(
    _ service: any RegistrableRPCService = EchoService(),
    adapter: TestedAdapter,
    isHTTP2: Bool = false,
    needsClientCertificate: Bool = false,
    calls config: GRPCWebServer.Config = .defaults,
    _ body: (TestServer) async throws -> Void
  ) async throws {
    switch adapter {
    case .transport:
      try await Self.run(
        service,
        config: .defaults { $0.calls = config },
        isTLS: needsClientCertificate,
        needsClientCertificate: needsClientCertificate,
        body
      )
    case .hummingbird:
      try await Self.runHummingbird(
        service,
        isHTTP2: isHTTP2,
        needsClientCertificate: needsClientCertificate,
        config: config,
        body
      )
    }
  }

  private static func runHummingbird(
    _ service: any RegistrableRPCService,
    isHTTP2: Bool,
    needsClientCertificate: Bool,
    config: GRPCWebServer.Config,
    _ body: (TestServer) async throws -> Void
  ) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let grpcWeb = GRPCWebServer(services: [service], config: config, logger: logger)
    let router = Router()
    router.get("plain") { _, _ in "plain" }
    router.post("body") { request, _ in
      Response(status: .ok, body: ResponseBody(asyncSequence: request.body))
    }

    let builder: HTTPServerBuilder =
      if isHTTP2 {
        try .http2Upgrade(
          tlsConfiguration: TestCertificate.serverConfiguration(
            needsClientCertificate: needsClientCertificate
          ),
          configuration: .init(streamConfiguration: .grpcWeb(grpcWeb))
        )
      } else {
        .grpcWeb(grpcWeb)
      }
    let port = Recorder<Int>()
    let app = Application(
      router: router,
      server: builder,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { port.append($0.localAddress?.port ?? 0) },
      logger: logger
    )
    let services = ServiceGroup(configuration: .init(services: [app], logger: logger))
    let serving = Task { try await services.runUntilCancelled() }
    try await eventually("the app listens") { !port.values.isEmpty }
    try await TestServer(
      port: port.values[0],
      isTLS: isHTTP2,
      beginGracefulShutdown: { grpcWeb.beginGracefulShutdown() },
      serving: serving
    ).runAndStop(body)
  }

  private func runAndStop(_ body: (TestServer) async throws -> Void) async throws {
    let result: Result<Void, any Error>
    do {
      try await body(self)
      result = .success(())
    } catch {
      result = .failure(error)
    }

    self.serving.cancel()
    do {
      try await within(defaultTimeout, "the server stops when its task is cancelled") {
        _ = await self.serving.result
      }
    } catch {
      Issue.record(error)
    }
    try result.get()
  }

  // Using

  /// Opens a connection, for HTTP/1.1.
  func connect(isReading: Bool = true) async throws -> RawConnection {
    try await RawConnection.connect(to: self.port, isReading: isReading)
  }

  /// Opens a connection, for HTTP/2.
  func connectHTTP2(windowSize: Int = 65_535) async throws -> HTTP2TestConnection {
    try await HTTP2TestConnection.connect(
      to: self.port,
      isTLS: self.isTLS,
      windowSize: windowSize
    )
  }

  /// Sends one request over an HTTP/1.1 connection of its own.
  func answer(_ request: RawRequest) async throws -> TestAnswer {
    let connection = try await self.connect()
    let answer = try await connection.answer(request)
    await connection.close()
    return answer
  }

  /// Checks that a call is answered.
  func expectGoodCall(
    on connection: RawConnection,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await connection.answer(try RawRequest.call(texts: ["good"]))
    #expect(answer.status == 0, sourceLocation: sourceLocation)
    #expect(try answer.texts == ["good"], sourceLocation: sourceLocation)
  }
}
