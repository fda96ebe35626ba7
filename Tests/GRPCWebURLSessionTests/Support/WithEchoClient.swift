import GRPCCore
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import GRPCWebURLSession

@available(GRPCWeb 1.0, *)
typealias EchoClient = Sonora_Test_Echo.Client<GRPCWebClientTransport>

/// Runs a Hummingbird app with a service, and hands a client of it to a closure.
@available(GRPCWeb 1.0, *)
func withEchoClient<Result: Sendable>(
  service: any RegistrableRPCService = EchoService(),
  server: GRPCWebServer.Config = .defaults,
  config: GRPCWebClientTransport.Config = .defaults,
  _ body: (EchoClient) async throws -> Result
) async throws -> Result {
  try await withServer(services: [service], config: server) { url in
    try await withGRPCClient(
      transport: .grpcWebURLSession(url: url, config: config)
    ) { client in
      try await body(Sonora_Test_Echo.Client(wrapping: client))
    }
  }
}
