public import GRPCCore
public import GRPCWeb
public import GRPCWebNIO

// Here and not in `bench-server`, as most apps have their services in their own module: there gRPC Swift's
// code for a service is made for the server's transport.
extension BenchService {
  /// Makes a server of this service, for an adapter.
  public static func makeGRPCWebServer() -> GRPCWebServer {
    GRPCWebServer { BenchService() }
  }

  /// Makes a server of this service with a port of its own.
  public static func makeServer(
    transport: GRPCWebNIOServerTransport
  ) -> GRPCServer<GRPCWebNIOServerTransport> {
    GRPCServer(transport: transport) { BenchService() }
  }
}
