import GRPCCore

/// Takes HTTP/2's pseudo-headers out of a request's metadata, where the NIO transport leaves them.
///
/// The greeter echoes all metadata, and a response with a header like `initial-:path` would end the
/// connection.
struct PseudoHeaderFilter: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: (StreamingServerRequest<Input>, ServerContext) async throws ->
      StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var request = request
    request.metadata = Metadata(
      request.metadata.filter { !$0.key.hasPrefix(":") }.map { (key: $0.key, value: $0.value) }
    )
    return try await next(request, context)
  }
}
