public import GRPCCore
public import HTTPTypes

@available(GRPCWeb 1.0, *)
extension ServerContext {
  /// The head of the HTTP request that the call came in, with all of its headers.
  ///
  /// For services and interceptors. The path is the one requested, with the prefix that the services are mounted at and
  /// with its query. `nil` where the call came by another transport, such as gRPC Swift's in-process transport.
  public var httpRequest: HTTPRequest? {
    self.serverCall?.head.request.httpRequest
  }

  /// What the web framework knows of the request that the call came in.
  ///
  /// For services and interceptors:
  ///
  /// ```swift
  /// guard let user = context.requestContext(as: AppContext.self)?.identity else {
  ///   throw RPCError(code: .unauthenticated, message: "Please sign in.")
  /// }
  /// ```
  ///
  /// What it is depends on the adapter:
  ///
  /// | | type |
  /// |---|---|
  /// | Hummingbird's middleware | the router's request context, as middleware before this one left it |
  /// | Vapor | `Request` |
  /// | FlyingFox | FlyingFox's `HTTPRequest` |
  /// | on SwiftNIO's channels | `NIOSSLCertificate` of a client that has one: see `peerCertificate` in `GRPCWebNIO` |
  ///
  /// - Parameter type: The type of what is known.
  /// - Returns: `nil` where the adapter handed nothing on, or something of another type.
  public func requestContext<Context>(as type: Context.Type = Context.self) -> Context? {
    self.serverCall?.requestContext as? Context
  }
}
