import ArgumentParser

/// What answers the calls: one of gRPC-Web's adapters, or a server that sets the bar for one.
enum BenchServer: String, CaseIterable, ExpressibleByArgument {
  /// Bare SwiftNIO, which answers each request with the same bytes.
  case bareNIO = "bare-nio"
  /// Bare SwiftNIO, which sends the body of each request back.
  case bareNIOEcho = "bare-nio-echo"
  /// Bare Hummingbird, with a route that reads a body and answers with the same bytes each time.
  case bareHummingbird = "bare-hummingbird"
  /// gRPC-Web on SwiftNIO's event loop, by the transport with a port of its own.
  case nio
  /// The same before the router of a Hummingbird app.
  case nioHummingbird = "nio-hummingbird"
  /// gRPC-Web as a middleware in Hummingbird.
  case middleware
  /// gRPC over HTTP/2, for a proxy that translates gRPC-Web to stand before it.
  case grpcHTTP2 = "grpc-http2"

  /// Serves until the process is stopped.
  ///
  /// - Parameter announce: Called with the port, which the system chooses, when it is open.
  func serve(announce: @escaping @Sendable (_ port: Int) -> Void) async throws {
    switch self {
    case .bareNIO:
      let body = try UnaryAnswer.body()
      try await serveBareNIO(announce: announce) { FixedAnswerHandler(body: body) }
    case .bareNIOEcho:
      try await serveBareNIO(announce: announce) { EchoHandler() }
    case .bareHummingbird:
      try await serveBareHummingbird(announce: announce)
    case .nio:
      try await serveNIO(announce: announce)
    case .nioHummingbird:
      try await serveNIOHummingbird(announce: announce)
    case .middleware:
      try await serveMiddleware(announce: announce)
    case .grpcHTTP2:
      try await serveGRPCHTTP2(announce: announce)
    }
  }
}
