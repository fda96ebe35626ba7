#if Vapor
import GRPCWebAdapterContract
import GRPCWebTestSupport
import GRPCWebVapor
import HTTPTypes
import NIOPosix
import Vapor

/// A Vapor app that serves what every tested adapter serves, until its task is cancelled or it is stopped.
@available(GRPCWeb 1.0, *)
struct VaporServer: Sendable {
  private let app: AdapterApp
  private let grpcWeb: GRPCWebServer
  private let ports = Recorder<Int>()
  private let stopped = Gate()

  init(_ app: AdapterApp, _ grpcWeb: GRPCWebServer) {
    self.app = app
    self.grpcWeb = grpcWeb
  }

  /// The port, once there is one.
  var port: Int? {
    self.ports.values.first
  }

  /// Stops the app as a signal does.
  func stop() {
    self.stopped.open()
  }

  func run() async throws {
    let application = try await Application.make(
      Environment(name: "testing", arguments: ["vapor", "serve"]),
      .shared(MultiThreadedEventLoopGroup.singleton)
    )
    application.logger = self.app.logger
    application.http.server.configuration.logger = application.logger
    application.http.server.configuration.hostname = "127.0.0.1"
    application.http.server.configuration.port = 0
    // Else Vapor decompresses the bodies of requests itself, and closes the connection where it can't.
    application.http.server.configuration.requestDecompression = .disabled
    // How long it waits for calls, which Vapor doesn't break off even then.
    application.http.server.configuration.shutdownTimeout = .seconds(2)

    // What is used at the beginning later comes first.
    application.middleware.use(self.grpcWeb.middleware(prefix: self.app.prefix), at: .beginning)
    if let user = self.app.user {
      application.middleware.use(UserMiddleware(user: user), at: .beginning)
    }
    for route in self.app.routes {
      application.on(
        HTTPMethod(rawValue: route.method.rawValue),
        route.path.split(separator: "/").map { PathComponent.constant(String($0)) },
        body: .collect(maxSize: "1mb")
      ) { request in
        let body = request.body.data.map { Array(buffer: $0) } ?? []
        return Response(status: .ok, body: .init(data: Data(route.respond(body))))
      }
    }

    do {
      try await application.startup()
      self.ports.append(application.http.server.shared.localAddress?.port ?? 0)
      try? await self.stopped.pass(within: .seconds(3600))
      application.running?.stop()
    } catch {
      try await application.asyncShutdown()
      throw error
    }
    try await application.asyncShutdown()
  }
}

/// Notes the user that the app has set.
@available(GRPCWeb 1.0, *)
private struct UserMiddleware: AsyncMiddleware {
  let user: String

  func respond(
    to request: Request,
    chainingTo next: any AsyncResponder
  ) async throws -> Response {
    try await AdapterApp.$currentUser.withValue(self.user) {
      try await next.respond(to: request)
    }
  }
}
#endif
