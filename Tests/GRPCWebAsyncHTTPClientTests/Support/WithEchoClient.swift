import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebClientTestSupport
import GRPCWebTestSupport

@available(GRPCWeb 1.0, *)
typealias EchoClient = Sonora_Test_Echo.Client<GRPCWebClientTransport<AsyncHTTPClientAdapter>>

/// Runs a Hummingbird app with a service, and hands a client of it to a closure.
@available(GRPCWeb 1.0, *)
func withEchoClient<Result: Sendable>(
  service: any RegistrableRPCService = EchoService(),
  server: GRPCWebServerConfiguration = .defaults,
  configuration: GRPCWebClientConfiguration = .defaults,
  _ body: (EchoClient) async throws -> Result
) async throws -> Result {
  try await withServer(services: [service], configuration: server) { url in
    try await withGRPCClient(
      transport: .grpcWebAsyncHTTPClient(url: url, configuration: configuration)
    ) { client in
      try await body(Sonora_Test_Echo.Client(wrapping: client))
    }
  }
}
