#if Hummingbird
internal import GRPCCore
public import GRPCWeb
internal import HTTPTypes
public import Hummingbird

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// A middleware that turns errors of the middleware behind it, such as one that signs users in, into statuses of
  /// calls.
  ///
  /// ```swift
  /// router.add(middleware: grpcWeb.errorMiddleware())
  /// router.add(middleware: SignIn())
  /// router.add(middleware: grpcWeb.middleware())
  /// ```
  ///
  /// - Parameter context: The type of the router's request context.
  public func errorMiddleware<Context: RequestContext>(
    context: Context.Type = Context.self
  ) -> GRPCWebErrorMiddleware<Context> {
    GRPCWebErrorMiddleware(server: self)
  }
}

/// Turns errors that middleware throws for gRPC-Web calls into the calls' statuses.
///
/// Hummingbird answers an `HTTPError` with its HTTP status, and its message as JSON. A gRPC client makes a status of the
/// HTTP status, but can't read the message, nor can a page of another origin. Behind this middleware, the client gets
/// the same status (that of gRPC's "HTTP to gRPC Status Code Mapping") and the message. An `RPCError`, or an
/// `RPCErrorConvertible` other than `HTTPError`, is the status itself. Errors that stand for neither, and all
/// errors of requests that aren't calls, are passed on.
///
/// Preflight requests for calls, which browsers send without credentials, are answered without asking the middleware
/// behind, where CORS is enabled in the server's `GRPCWebServer.Config`.
@available(GRPCWeb 1.0, *)
public struct GRPCWebErrorMiddleware<Context: RequestContext>: RouterMiddleware {
  private let server: GRPCWebServer

  init(server: GRPCWebServer) {
    self.server = server
  }

  /// Passes the request on, and answers a call whose middleware throws.
  public func handle(
    _ request: Request,
    context: Context,
    next: (Request, Context) async throws -> Hummingbird.Response
  ) async throws -> Hummingbird.Response {
    let preflight = self.server.preflightResponse(
      to: request.head,
      info: GRPCWebRequestInfo(context)
    )
    if let head = preflight {
      self.server.nameEndpoint(of: request, context: context)
      return Response(status: head.status, headers: head.headerFields)
    }

    do {
      return try await next(request, context)
    } catch {
      guard let status = RPCError(ofMiddleware: error),
        let response = await self.server.refuse(
          request.head,
          with: status,
          info: GRPCWebRequestInfo(context)
        )
      else {
        throw error
      }
      self.server.nameEndpoint(of: request, context: context)
      return Response(response, of: self.server)
    }
  }
}
#endif
