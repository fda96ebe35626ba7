import BenchService
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOPosix

/// Serves the service as ordinary gRPC, over gRPC Swift's own transport.
func serveGRPCHTTP2(announce: @escaping @Sendable (_ port: Int) -> Void) async throws {
  let server = GRPCServer(
    transport: .http2NIOPosix(
      address: .ipv4(host: "127.0.0.1", port: 0),
      transportSecurity: .plaintext,
      eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1)
    ),
    services: [BenchService()]
  )
  try await withThrowingDiscardingTaskGroup { group in
    group.addTask {
      try await server.serve()
    }
    if let address = try await server.listeningAddress?.ipv4 {
      announce(address.port)
    }
  }
}
