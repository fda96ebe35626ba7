#if Hummingbird
public import GRPCWeb
public import HummingbirdCore
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension HTTPServerBuilder {
  /// An HTTP/1.1 server for an app whose router has the middleware of a `GRPCWebServer`.
  ///
  /// The middleware works on any of Hummingbird's servers. This one also does what a middleware can't: see
  /// ``HummingbirdCore/HTTP1Channel/Configuration/grpcWebMiddleware(_:_:)``.
  ///
  /// ```swift
  /// router.add(middleware: grpcWeb.middleware())
  /// let app = Application(router: router, server: .grpcWebMiddleware(grpcWeb))
  /// ```
  ///
  /// - Parameters:
  ///   - server: The server whose services answer.
  ///   - configuration: How connections are configured otherwise.
  public static func grpcWebMiddleware(
    _ server: GRPCWebServer,
    configuration: HTTP1Channel.Configuration = .init()
  ) -> HTTPServerBuilder {
    .http1(configuration: .grpcWebMiddleware(server, configuration))
  }
}

@available(GRPCWeb 1.0, *)
extension HTTP1Channel.Configuration {
  /// A configuration of HTTP/1.1 connections, or of the streams of HTTP/2 connections, for an app whose router has
  /// the middleware of a `GRPCWebServer`.
  ///
  /// Each connection gets handlers of its own, for what a middleware can't do:
  ///
  /// - A client that goes away cancels its call at once, where the router's context is a
  ///   ``GRPCWebChannelRequestContext``. On HTTP/1.1 a client that closes its sending side counts as gone, even though it
  ///   could still read: the server can't distinguish it from one that closed both.
  /// - On HTTP/1.1 a request that offers an upgrade (Java's `HttpClient` and `curl --http2` offer `h2c`), or
  ///   one that asks for a tunnel (`CONNECT`), is answered as if it didn't, and the connection is closed behind
  ///   the response, which says so. Without the handlers, the client waits for the response to its next request for
  ///   ever, and bytes that it sends are buffered without bound.
  /// - A client of HTTP/1.0 gets streams without chunks.
  /// - A client that waits for a `100 (Continue)` before it sends the body of a call gets one.
  /// - When the grace period of graceful shutdown is over, a connection is closed whose client doesn't take the response
  ///   of a call.
  ///
  /// - Parameters:
  ///   - server: The server whose services answer.
  ///   - configuration: The configuration otherwise.
  public static func grpcWebMiddleware(
    _ server: GRPCWebServer,
    _ configuration: Self = Self()
  ) -> Self {
    let closingPeriod = server.closingPeriod
    let handlers = configuration.additionalChannelHandlers
    var configuration = configuration
    configuration.additionalChannelHandlers = {
      handlers() + [
        HTTP1ConnectionInstaller(
          answerer: .middleware(closingPeriod: closingPeriod),
          server: server
        ),
        ClientWatchHandler(),
      ]
    }
    return configuration
  }
}

/// Adds the ``HTTP1ConnectionHandler`` before the codec, where Hummingbird adds none of an app's handlers.
@available(GRPCWeb 1.0, *)
private final class HTTP1ConnectionInstaller: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Never

  private let answerer: HTTP1ConnectionHandler.Answerer
  private let server: GRPCWebServer

  init(answerer: HTTP1ConnectionHandler.Answerer, server: GRPCWebServer) {
    self.answerer = answerer
    self.server = server
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let pipeline = context.pipeline.syncOperations
    do {
      try HTTP1ConnectionHandler.add(
        to: pipeline,
        answerer: self.answerer,
        server: self.server
      )
    } catch {
      context.fireErrorCaught(error)
    }
    pipeline.removeHandler(context: context, promise: nil)
  }
}
#endif
