public import GRPCCore
public import GRPCWeb
internal import GRPCWebHummingbird
internal import GRPCWebTestSupport
internal import Hummingbird
public import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Runs a Hummingbird app with services on loopback, and hands its URL to a closure.
@available(GRPCWeb 1.0, *)
public func withServer<Result: Sendable>(
  services: [any RegistrableRPCService],
  prefix: String = "",
  config: GRPCWebServer.Config = .defaults,
  server builder: HTTPServerBuilder = .http1(),
  _ body: (_ url: String) async throws -> Result
) async throws -> Result {
  let (ports, running) = AsyncStream.makeStream(of: Int.self)
  let router = Router()
  let server = GRPCWebServer(services: services, config: config)
  router.add(middleware: server.middleware(prefix: prefix))
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let app = Application(
    router: router,
    server: builder,
    configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { running.yield($0.localAddress?.port ?? 0) },
    logger: logger
  )

  let serviceGroup = ServiceGroup(configuration: .init(services: [app], logger: logger))
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await serviceGroup.runUntilCancelled() }
    var port = 0
    for await bound in ports {
      port = bound
      break
    }
    let result = try await body("http://127.0.0.1:\(port)")
    group.cancelAll()
    return result
  }
}

/// Runs a Hummingbird app with services on loopback, with TLS and a certificate that nobody knows, and
/// hands its URL to a closure.
@available(GRPCWeb 1.0, *)
public func withTLSServer<Result: Sendable>(
  services: [any RegistrableRPCService],
  _ body: (_ url: String) async throws -> Result
) async throws -> Result {
  let tls = try TestCertificate.serverConfiguration()
  return try await withServer(
    services: services,
    server: .tls(.http1(), tlsConfiguration: tls)
  ) { url in
    try await body(url.replacing("http://", with: "https://"))
  }
}
