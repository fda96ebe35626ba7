#if Hummingbird
public import GRPCWeb
public import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// A middleware that answers this server's calls and passes every other request on, its body
  /// unread.
  ///
  /// ```swift
  /// router.add(middleware: grpcWeb.middleware())
  /// ```
  ///
  /// - Parameters:
  ///   - prefix: The path that the services are mounted at, such as `/api`; empty for none.
  ///   - context: The type of the router's request context. Where it is a
  ///     ``GRPCWebRequestContext``, or another ``GRPCWebChannelRequestContext``, services see both ends of the
  ///     connection in their `ServerContext`.
  public func middleware<Context: RequestContext>(
    prefix: String = "",
    context: Context.Type = Context.self
  ) -> GRPCWebMiddleware<Context> {
    GRPCWebMiddleware(
      server: self,
      prefix: GRPCWebServerTransport.normalized(prefix: prefix)
    )
  }
}

/// Answers gRPC-Web calls in a Hummingbird router.
///
/// When the app begins graceful shutdown while a call runs, so does the `GRPCWebServer`.
///
/// A middleware sees requests, not connections. What has to be done on connections is done by the server
/// ``HummingbirdCore/HTTPServerBuilder/grpcWebMiddleware(_:configuration:)``, together with a request context that knows
/// its channel:
///
/// ```swift
/// let router = Router(context: GRPCWebRequestContext.self)
/// router.add(middleware: grpcWeb.middleware())
/// let app = Application(router: router, server: .grpcWebMiddleware(grpcWeb))
/// ```
///
/// On any other server of Hummingbird's:
///
/// - A client that goes away is noticed when the response is written, or the request read; a service that does
///   neither runs on to its end or its deadline.
/// - Behind a request that offers an upgrade, as Java's `HttpClient` and `curl --http2` do, or that asks for a
///   tunnel (`CONNECT`), no further request of the connection is answered, and bytes that the client sends are buffered
///   without bound. So don't expose such a server to unknown clients without a proxy between.
/// - A client of HTTP/1.0 gets streams in chunks, which it doesn't know.
/// - A client that waits for a `100 (Continue)` before it sends the body of a call gets none; most clients send the body
///   after a while, curl after a second.
/// - Graceful shutdown waits for ever for a client that doesn't take the response of a unary call.
@available(GRPCWeb 1.0, *)
public struct GRPCWebMiddleware<Context: RequestContext>: RouterMiddleware {
  let server: GRPCWebServer
  let prefix: String

  init(server: GRPCWebServer, prefix: String) {
    self.server = server
    self.prefix = prefix
  }

  /// Answers a call, or passes the request on.
  public func handle(
    _ request: Request,
    context: Context,
    next: (Request, Context) async throws -> Hummingbird.Response
  ) async throws -> Hummingbird.Response {
    try await self.handle(request, context: context, prefix: self.prefix, next: next)
  }

  /// Answers a call of services that are mounted at a path, or passes the request on.
  func handle(
    _ request: Request,
    context: Context,
    prefix: String,
    next: (Request, Context) async throws -> Hummingbird.Response
  ) async throws -> Hummingbird.Response {
    let route = self.server.route(
      request.head,
      prefix: prefix,
      info: GRPCWebRequestInfo(context)
    )
    switch route {
    case .pass:
      return try await next(request, context)
    case .respond(let head):
      self.server.nameEndpoint(of: request, context: context)
      return Response(status: head.status, headers: head.headerFields)
    case .call(let call):
      self.server.nameEndpoint(of: call, context: context)
      let peers = GRPCWebPeers(context)
      let response = await self.drainingOnShutdown {
        await self.server.respond(
          to: call,
          body: request.body,
          peers: peers,
          logger: context.logger,
          requestContext: context
        ) { clientIsGone in
          ClientWatch.start(context, clientIsGone)
        }
      }
      return Response(response, of: self.server)
    }
  }

  /// Runs an operation; when the app begins graceful shutdown meanwhile, so does the server.
  ///
  /// Hummingbird waits for running responses before it shuts any service down: as a service, the server would learn of
  /// shutdown too late to end a stream that runs for ever.
  private func drainingOnShutdown<Result>(
    _ operation: () async throws -> Result
  ) async rethrows -> Result {
    try await withGracefulShutdownHandler(operation: operation) {
      self.server.beginGracefulShutdown()
    }
  }
}
#endif
