public import GRPCCore
public import HTTPTypes
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// Answers a call that the app refuses before it reaches the service, as middleware does that signs users in.
  ///
  /// For adapters to use where such middleware throws an error: the framework's own answer, an HTTP status with the
  /// message in some format, would be lost on a gRPC client.
  ///
  /// - Parameters:
  ///   - request: The head of the request. Wherever the services are mounted, the last two components of its path name
  ///     the method.
  ///   - error: The status of the call.
  ///   - info: What else is known of the request. Evaluated only where there is an observer.
  /// - Returns: The response; `nil` for a request that isn't a gRPC-Web call.
  public func refuse(
    _ request: HTTPRequest,
    with error: RPCError,
    info: @autoclosure () -> GRPCWebRequestInfo = GRPCWebRequestInfo()
  ) async -> GRPCWebResponse? {
    switch self.transport.routeRefused(request, with: error, info: info()) {
    case .pass:
      return nil
    case .respond(let head):
      return GRPCWebResponse(head: head, body: .complete([]))
    case .call(let call):
      return await self.respond(to: call, body: AsyncStream<ByteBuffer> { $0.finish() })
    }
  }

  /// Answers a preflight request, which a browser sends without credentials, before middleware could refuse it.
  ///
  /// - Parameters:
  ///   - request: The head of the request, wherever the services are mounted.
  ///   - info: What else is known of the request. Evaluated only where there is an observer.
  /// - Returns: The response; `nil` for other requests, and where CORS is the app's own business.
  public func preflightResponse(
    to request: HTTPRequest,
    info: @autoclosure () -> GRPCWebRequestInfo = GRPCWebRequestInfo()
  ) -> HTTPResponse? {
    guard request.method == .options, let path = request.path,
      case .respond(let response) = self.transport.route(
        request,
        prefix: GRPCWebServerTransport.mountPath(of: path),
        info: info()
      )
    else {
      return nil
    }
    return response
  }
}
