import FlyingFox
import Foundation
import GRPCWebAdapterContract
import GRPCWebFlyingFox
import GRPCWebTestSupport

@available(GRPCWeb 1.0, *)
extension Front {
  /// The handler in a FlyingFox server.
  static let flyingFox = Front(
    "FlyingFox",
    limits: [
      .repeatedRequestHeaders: "FlyingFox keeps the last value of a repeated header.",
      .requestHeaderBytes: "FlyingFox closes the connection.",
      .malformedRequests: "FlyingFox closes the connection.",
      .requestHeaderLimit: "FlyingFox takes headers of any size.",
      .bodiesWithLengthAtOnce: "FlyingFox reads a body that has a length before it hands it on.",
      .connectionsAfterEarlyEnd: "FlyingFox would take what is sent on for the next request.",
      .noContentWithoutLength: "FlyingFox gives every response a length, or chunks.",
    ]
  ) { app in
    let grpcWeb = app.makeGRPCWebServer()
    var routes = RoutedHTTPHandler()
    routes.appendRoute("*", to: grpcWeb.handler(prefix: app.prefix))
    for route in app.routes {
      routes.appendRoute("\(route.method) \(route.path)") { request in
        let body = try await request.bodyData
        return HTTPResponse(statusCode: .ok, body: Data(route.respond(Array(body))))
      }
    }

    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0),
      timeout: 600,
      logger: .disabled,
      handler: routes
    )
    return FrontServer(
      grpcWeb,
      run: { try await server.run() },
      port: {
        guard case .ip4(_, let port) = await server.listeningAddress else { return nil }
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
