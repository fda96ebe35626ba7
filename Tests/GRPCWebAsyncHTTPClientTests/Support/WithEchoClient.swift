import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Runs a Hummingbird app with the echo service, and hands a client of it to a closure.
@available(GRPCWeb 1.0, *)
func withEchoClient<Result: Sendable>(
  configuration: GRPCWebClientConfiguration = .defaults,
  _ body: (
    Sonora_Test_Echo.Client<GRPCWebClientTransport<AsyncHTTPClientAdapter>>
  ) async throws -> Result
) async throws -> Result {
  try await withServer(services: [EchoService()]) { url in
    try await withGRPCClient(
      transport: .grpcWebAsyncHTTPClient(url: url, configuration: configuration)
    ) { client in
      try await body(Sonora_Test_Echo.Client(wrapping: client))
    }
  }
}

/// Runs a Hummingbird app with services, and hands its URL to a closure.
@available(GRPCWeb 1.0, *)
func withServer<Result: Sendable>(
  services: [any RegistrableRPCService],
  server: HTTPServerBuilder = .http1(),
  _ body: (_ url: String) async throws -> Result
) async throws -> Result {
  let (ports, running) = AsyncStream.makeStream(of: Int.self)
  let router = Router()
  router.add(middleware: GRPCWebServer(services: services).middleware())
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let app = Application(
    router: router,
    server: server,
    configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { running.yield($0.localAddress?.port ?? 0) },
    logger: logger
  )

  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await app.run() }
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
