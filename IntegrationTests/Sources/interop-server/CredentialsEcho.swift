import GRPCCore

/// Tells a client which credentials came with its call, in the metadata of the response.
struct CredentialsEcho: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: (StreamingServerRequest<Input>, ServerContext) async throws ->
      StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var response = try await next(request, context)
    for name in ["authorization", "cookie"] {
      for value in request.metadata[stringValues: name] {
        response.metadata.addString(value, forKey: "interop-\(name)")
      }
    }
    return response
  }
}
