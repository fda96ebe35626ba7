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
      .repeatedRequestHeaders: "FlyingFox keeps only the last value of a repeated header.",
      .requestHeaderBytes: "FlyingFox closes the connection.",
      .malformedRequests: "FlyingFox closes the connection.",
      .largeRequestHeaders: "FlyingFox accepts headers of any size, in quadratic time.",
      .bodiesWithLengthAtOnce: "FlyingFox reads a body with a length before it calls a handler.",
      .connectionsAfterEarlyEnd: "FlyingFox would parse the rest of a request as another.",
      .http10Streams: "FlyingFox gives every response a length, or chunks.",
      .expectations: "FlyingFox has no interim responses, and no way for a handler to write one.",
      .stoppingUnreadStreams: "FlyingFox waits for its clients until the timeout of `stop`.",
      .stoppingUnreadResponses: "FlyingFox waits for its clients until the timeout of `stop`.",
    ]
  ) { app in
    let grpcWeb = app.makeGRPCWebServer()
    let calls = grpcWeb.handler(prefix: app.prefix)
    var routes = RoutedHTTPHandler()
    if let user = app.user {
      routes.appendRoute("*") { request in
        try await AdapterApp.$currentUser.withValue(user) {
          try await calls.handleRequest(request)
        }
      }
    } else {
      routes.appendRoute("*", to: calls)
    }
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
        // `stop` waits for the connections to end.
        Task { await server.stop(timeout: 600) }
      }
    )
  }
  .findingUser { $0.requestContext(as: HTTPRequest.self)?.headers[HTTPHeader("x-user")] }
}
