import GRPCCore
import GRPCWebAdapterContract
import GRPCWebNIO
import NIOCore
import Testing

extension ContractTests {
  @Test("NIO transport", .serialized, arguments: ContractCase.all)
  @available(GRPCWeb 1.0, *)
  func nio(_ contractCase: ContractCase) async throws {
    try await contractCase.run(against: .nio)
  }
}

@available(GRPCWeb 1.0, *)
extension TestedAdapter {
  /// The transport with a port of its own, over HTTP/1.1.
  static let nio = TestedAdapter(
    "NIO transport",
    limits: [
      .halfClosure: "A client that closes its side counts as gone.",
      .otherRoutes: "The transport is no web app.",
      .middleware: "The transport is no web app.",
      .requestContexts: "The transport knows the client's certificate only.",
    ]
  ) { app in
    let transport = GRPCWebNIOServerTransport(
      address: .ipv4(host: "127.0.0.1", port: 0),
      transportSecurity: .plaintext,
      config: .defaults {
        $0.prefix = app.prefix
        $0.calls = app.config
      },
      logger: app.logger
    )
    let server = GRPCServer(
      transport: transport,
      services: [app.service],
      interceptors: app.interceptors
    )
    return AdapterServer(
      run: { try await server.serve() },
      port: { try? await transport.listeningAddress.port },
      beginGracefulShutdown: { server.beginGracefulShutdown() }
    )
  }
}
