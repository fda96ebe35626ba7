import FlyingFox
import FlyingSocks
import Foundation
import GRPCWebAdapterContract
import GRPCWebFlyingFox
import GRPCWebTestSupport
import Testing

extension ContractTests {
  @Test("FlyingFox", .serialized, arguments: ContractCase.all)
  @available(GRPCWeb 1.0, *)
  func flyingFox(_ contractCase: ContractCase) async throws {
    try await contractCase.run(against: .flyingFox)
  }
}

@available(GRPCWeb 1.0, *)
extension TestedAdapter {
  /// The handler in a FlyingFox server.
  static let flyingFox = TestedAdapter(
    "FlyingFox",
    limits: [
      .repeatedRequestHeaders: "FlyingFox keeps the last value of a repeated header.",
      .requestHeaderBytes: "FlyingFox closes the connection.",
      .malformedRequests: "FlyingFox closes the connection.",
      .largeRequestHeaders: "FlyingFox takes headers of any size, in time quadratic in it.",
      .bodiesWithLengthAtOnce: "FlyingFox reads a body that has a length before it hands it on.",
      .connectionsAfterEarlyEnd: "FlyingFox would take what is sent on for the next request.",
      .http10Streams: "FlyingFox gives every response a length, or chunks.",
      .expectations: "FlyingFox has no interim responses, and no way for a handler to write one.",
      .stoppingUnreadStreams: "FlyingFox waits for its clients as long as it is told to.",
      .stoppingUnreadResponses: "FlyingFox waits for its clients as long as it is told to.",
    ]
  ) { app in
    let grpcWeb = app.makeGRPCWebServer()
    var routes = RoutedHTTPHandler()
    routes.appendRoute("*", to: grpcWeb.handler(prefix: app.prefix))
    for route in app.routes {
      routes.appendRoute(HTTPRoute(stringLiteral: "\(route.method) \(route.path)")) { request in
        let body = try await request.bodyData
        return HTTPResponse(statusCode: .ok, body: Data(route.respond(Array(body))))
      }
    }

    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0),
      timeout: 600,
      pool: .noDelay(),
      logger: .disabled,
      handler: routes
    )
    return AdapterServer(
      grpcWeb,
      run: { try await server.run() },
      port: {
        guard case .ip4(_, let port)? = await server.listeningAddress else { return nil }
        return Int(port)
      },
      beginGracefulShutdown: {
        grpcWeb.beginGracefulShutdown()
        // Waits for the connections to end.
        Task { await server.stop(timeout: 600) }
      }
    )
  }
}
