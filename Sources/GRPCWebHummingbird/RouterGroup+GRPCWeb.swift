#if Hummingbird
internal import GRPCWeb
internal import HTTPTypes
public import Hummingbird

@available(GRPCWeb 1.0, *)
extension RouterGroup {
  /// Adds routes for the methods of a `GRPCWebServer`, mounted at the path of the group.
  ///
  /// ```swift
  /// router.group("account")
  ///   .add(middleware: SignIn())
  ///   .add(middleware: grpcWeb.middleware())
  /// ```
  ///
  /// Hummingbird calls the middleware of a group only for requests that match a route of the group. So in a group
  /// each registered method is a route, behind the middleware that the group has so far. A call of a method that isn't
  /// registered gets the app's 404, which clients take for `unimplemented`.
  ///
  /// - Parameter middleware: The middleware of a server. Its prefix, if it has one, follows the path of the group.
  /// - Returns: The group.
  @discardableResult
  public func add(middleware: GRPCWebMiddleware<Context>) -> RouterGroup<Context> {
    let server = middleware.server
    for path in server.transport.methodPaths {
      // A preflight is answered where CORS is the server's own business.
      for method in server.transport.answersPreflights
        ? [.post, .options] : [HTTPRequest.Method.post]
      {
        self.on(RouterPath(middleware.prefix + path), method: method) { request, context in
          try await middleware.handle(
            request,
            context: context,
            prefix: GRPCWebServerTransport.mountPath(of: request.uri.path)
          ) { _, _ in
            throw HTTPError(.notFound)
          }
        }
      }
    }
    return self
  }
}
#endif
