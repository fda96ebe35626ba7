import GRPCWebHummingbird
import HTTPTypes
import Hummingbird
import InteropService

/// Passes on to the service how the messages of a request are encoded.
struct RequestEncodingMiddleware: RouterMiddleware {
  func handle(
    _ request: Request,
    context: GRPCWebRequestContext,
    next: (Request, GRPCWebRequestContext) async throws -> Response
  ) async throws -> Response {
    var head = request.head
    if let encoding = HTTPField.Name("grpc-encoding"),
      let key = HTTPField.Name(RequestEncoding.key)
    {
      head.headerFields[key] = head.headerFields[encoding] ?? ""
    }
    return try await next(Request(head: head, body: request.body), context)
  }
}
