#if Vapor
public import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import Synchronization
public import Vapor

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// A middleware that answers this server's calls and passes every other request on, its body
  /// unread.
  ///
  /// ```swift
  /// app.middleware.use(grpcWeb.middleware(), at: .beginning)
  /// ```
  ///
  /// - Parameter prefix: The path that the services are mounted at, such as `/api`; empty for none.
  public func middleware(prefix: String = "") -> GRPCWebMiddleware {
    GRPCWebMiddleware(server: self, prefix: prefix)
  }
}

/// Answers gRPC-Web calls in a Vapor app.
///
/// The middleware belongs at the beginning of the app's middleware. When the app is stopped while a call runs, the
/// `GRPCWebServer` begins graceful shutdown. A client that goes away is noticed when the response is
/// written, or the request read; a service that does neither runs on to its end or its deadline.
@available(GRPCWeb 1.0, *)
public final class GRPCWebMiddleware: AsyncMiddleware {
  private let server: GRPCWebServer
  private let prefix: String
  private let isWatchingForStop = Mutex(false)

  init(server: GRPCWebServer, prefix: String) {
    self.server = server
    self.prefix = prefix
  }

  /// Answers a call, or passes the request on.
  public func respond(
    to request: Vapor.Request,
    chainingTo next: any AsyncResponder
  ) async throws -> Vapor.Response {
    guard let head = HTTPRequest(request) else {
      return try await next.respond(to: request)
    }
    let route = self.server.route(
      head,
      prefix: self.prefix,
      info: GRPCWebRequestInfo(request)
    )
    switch route {
    case .pass:
      return try await next.respond(to: request)
    case .respond(let head):
      return Response(head, to: request, body: .empty)
    case .call(let call):
      self.watchForStop(of: request.application)
      let body = RequestBody(of: request)
      let peers = GRPCWebPeers(remote: request.remoteAddress, local: nil)
      let response = await self.server.respond(
        to: call,
        body: body,
        peers: peers,
        logger: request.logger,
        requestContext: request
      )
      return Response(response.head, to: request, body: .init(response, after: body))
    }
  }

  /// Begins graceful shutdown when the app is stopped: Vapor then waits for the calls that run.
  private func watchForStop(of application: Application) {
    let isFirst = self.isWatchingForStop.withLock { isWatching in
      defer { isWatching = true }
      return !isWatching
    }
    if isFirst {
      let server = self.server
      application.running?.onStop.whenComplete { _ in
        server.beginGracefulShutdown()
      }
    }
  }
}
#endif
