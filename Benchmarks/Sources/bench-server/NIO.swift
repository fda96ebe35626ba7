import BenchService
import GRPCCore
import GRPCWebNIO
import NIOPosix

/// Serves the service by the transport that has a port of its own.
func serveNIO(
  config: GRPCWebNIOServerTransport.Config = .defaults,
  announce: @escaping @Sendable (_ port: Int) -> Void
) async throws {
  let server = BenchService.makeServer(
    transport: .grpcWebNIO(
      address: .ipv4(host: "127.0.0.1", port: 0),
      transportSecurity: .plaintext,
      config: config,
      eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1)
    )
  )
  try await withThrowingDiscardingTaskGroup { group in
    group.addTask {
      try await server.serve()
    }
    if let port = try await server.transport.listeningAddress.port {
      announce(port)
    }
  }
}
