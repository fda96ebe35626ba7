#if Hummingbird
public import GRPCWeb
public import HummingbirdCore

@available(GRPCWeb 1.0, *)
extension HTTPServerBuilder {
  /// An HTTP/1.1 server that answers gRPC-Web calls before they reach the app's router.
  ///
  /// Such a server does the same as ``GRPCWeb/GRPCWebServer/middleware(prefix:context:)`` as the router's first middleware, and
  /// is faster: calls are answered on the connection itself. Every other request goes on through the router. Also, a
  /// client that goes away cancels its call at once.
  ///
  /// ```swift
  /// let app = Application(router: router, server: .grpcWeb(grpcWeb))
  /// ```
  ///
  /// For TLS or HTTP/2, use the configuration of connections ``HummingbirdCore/HTTP1Channel/Configuration/grpcWeb(_:prefix:_:)``:
  ///
  /// ```swift
  /// server: try .http2Upgrade(
  ///   tlsConfiguration: tls,
  ///   configuration: .init(streamConfiguration: .grpcWeb(grpcWeb))
  /// )
  /// ```
  ///
  /// - Parameters:
  ///   - server: The server whose services answer.
  ///   - prefix: The path that the services are mounted at, such as `/api`; empty for none.
  ///   - configuration: How connections are configured otherwise.
  public static func grpcWeb(
    _ server: GRPCWebServer,
    prefix: String = "",
    configuration: HTTP1Channel.Configuration = .init()
  ) -> HTTPServerBuilder {
    .http1(configuration: .grpcWeb(server, prefix: prefix, configuration))
  }
}

@available(GRPCWeb 1.0, *)
extension HTTP1Channel.Configuration {
  /// A configuration of HTTP/1.1 connections, or of the streams of HTTP/2 connections, that has gRPC-Web
  /// calls answered before they reach the app's router.
  ///
  /// Over HTTP/2 the services answer native gRPC, too.
  ///
  /// - Parameters:
  ///   - server: The server whose services answer.
  ///   - prefix: The path that the services are mounted at, such as `/api`; empty for none.
  ///   - configuration: The configuration otherwise.
  public static func grpcWeb(
    _ server: GRPCWebServer,
    prefix: String = "",
    _ configuration: Self = Self()
  ) -> Self {
    let handlers = configuration.additionalChannelHandlers
    var configuration = configuration
    configuration.additionalChannelHandlers = {
      handlers() + [ChannelHandlerInstaller(server: server, prefix: prefix)]
    }
    return configuration
  }
}
#endif
