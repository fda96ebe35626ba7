public import GRPCCore
internal import SwiftProtobuf

/// Answers two of its methods as closures say, the others like the ``EchoService``.
@available(GRPCWeb 1.0, *)
public struct ClosureEchoService: Sonora_Test_Echo.ServiceProtocol {
  /// Answers a unary call.
  public typealias Get =
    @Sendable (ServerRequest<Sonora_Test_EchoMessage>) async throws
    -> ServerResponse<Sonora_Test_EchoMessage>

  /// Answers a call with a stream.
  public typealias Expand =
    @Sendable (ServerRequest<Sonora_Test_EchoMessage>) async throws
    -> StreamingServerResponse<Sonora_Test_EchoMessage>

  /// Answers a stream with a message.
  public typealias Collect =
    @Sendable (StreamingServerRequest<Sonora_Test_EchoMessage>) async throws
    -> ServerResponse<Sonora_Test_EchoMessage>

  private let onGet: Get
  private let onExpand: Expand
  private let onCollect: Collect

  /// Creates a service that answers unary calls, or streams, as a closure says.
  public init(
    get: @escaping Get = { ServerResponse(message: $0.message) },
    collect: @escaping Collect = { request in
      var joined = Sonora_Test_EchoMessage()
      for try await message in request.messages {
        joined.text += message.text
      }
      return ServerResponse(message: joined)
    }
  ) {
    self.onGet = get
    self.onCollect = collect
    self.onExpand = { _ in StreamingServerResponse { _ in [:] } }
  }

  private init(expand: @escaping Expand) {
    self.onGet = { ServerResponse(message: $0.message) }
    self.onCollect = { _ in ServerResponse(message: Sonora_Test_EchoMessage()) }
    self.onExpand = expand
  }

  /// Creates a service that answers calls with a stream as a closure says.
  public static func expanding(_ expand: @escaping Expand) -> Self {
    Self(expand: expand)
  }

  /// Replies as the closure says.
  public func get(
    request: ServerRequest<Sonora_Test_EchoMessage>,
    context: ServerContext
  ) async throws -> ServerResponse<Sonora_Test_EchoMessage> {
    try await self.onGet(request)
  }

  /// Replies as the closure says.
  public func expand(
    request: ServerRequest<Sonora_Test_EchoMessage>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Sonora_Test_EchoMessage> {
    try await self.onExpand(request)
  }

  /// Replies as the closure says.
  public func collect(
    request: StreamingServerRequest<Sonora_Test_EchoMessage>,
    context: ServerContext
  ) async throws -> ServerResponse<Sonora_Test_EchoMessage> {
    try await self.onCollect(request)
  }

  /// Replies to each message with the same.
  public func update(
    request: StreamingServerRequest<Sonora_Test_EchoMessage>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Sonora_Test_EchoMessage> {
    StreamingServerResponse { writer in
      for try await message in request.messages {
        try await writer.write(message)
      }
      return [:]
    }
  }
}
