import GRPCCore
import GRPCWebNIO
import ServiceLifecycle

/// The server of the standalone transport as a service of a group, which stops it at a signal.
struct StandaloneServer: Service {
  let server: GRPCServer<GRPCWebNIOServerTransport>

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await self.server.serve()
    } onGracefulShutdown: {
      self.server.beginGracefulShutdown()
    }
  }
}
