#if Vapor
internal import GRPCCore
public import GRPCWeb
internal import HTTPTypes
public import Vapor

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// A middleware that turns errors of the middleware behind it, such as one that signs users in, into statuses of
  /// calls.
  ///
  /// What is used at the beginning last comes first:
  ///
  /// ```swift
  /// app.middleware.use(grpcWeb.middleware(), at: .beginning)
  /// app.middleware.use(SignIn(), at: .beginning)
  /// app.middleware.use(grpcWeb.errorMiddleware(), at: .beginning)
  /// ```
  public func errorMiddleware() -> GRPCWebErrorMiddleware {
    GRPCWebErrorMiddleware(server: self)
  }
}

/// Turns errors that middleware throws for gRPC-Web calls into the calls' statuses.
///
/// Vapor answers an `Abort` with its HTTP status, and its reason as JSON. A gRPC client makes a status of the HTTP
/// status, but can't read the reason. Behind this middleware, the client gets the same status (that of gRPC's "HTTP to
/// gRPC Status Code Mapping") and the reason. An `RPCError`, or an `RPCErrorConvertible` other than `Abort`, is the
/// status itself. Errors that stand for neither, and all errors of requests that aren't calls, are passed on.
///
/// Preflight requests for calls, which browsers send without credentials, are answered without asking the middleware
/// behind, where CORS is enabled in the server's ``GRPCWeb/GRPCWebServer/Config``.
@available(GRPCWeb 1.0, *)
public struct GRPCWebErrorMiddleware: AsyncMiddleware {
  private let server: GRPCWebServer

  init(server: GRPCWebServer) {
    self.server = server
  }

  /// Passes the request on, and answers a call whose middleware throws.
  public func respond(
    to request: Vapor.Request,
    chainingTo next: any AsyncResponder
  ) async throws -> Vapor.Response {
    guard let head = HTTPRequest(request) else {
      return try await next.respond(to: request)
    }
    let preflight = self.server.preflightResponse(to: head, info: GRPCWebRequestInfo(request))
    if let preflight = preflight {
      return Response(preflight, to: request, body: .empty)
    }

    do {
      return try await next.respond(to: request)
    } catch {
      guard let status = RPCError(ofMiddleware: error),
        let response = await self.server.refuse(
          head,
          with: status,
          info: GRPCWebRequestInfo(request)
        )
      else {
        throw error
      }
      let body = RequestBody(of: request)
      return Response(response.head, to: request, body: .init(response, after: body))
    }
  }
}
#endif
