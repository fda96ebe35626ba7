public import GRPCCore

/// The message of all methods of `echo.proto`.
public typealias EchoMessage = Sonora_Test_EchoMessage

/// The service of `echo.proto` with a closure for each method.
///
/// For tests that need it to behave in some way. Methods without a closure answer as ``EchoService``
/// does.
@available(GRPCWeb 1.0, *)
public struct ScriptedService: Sonora_Test_Echo.ServiceProtocol {
  /// Answers a message with a message.
  public typealias Get =
    @Sendable (ServerRequest<EchoMessage>, ServerContext) async throws -> ServerResponse<
      EchoMessage
    >

  /// Answers a message with a stream.
  public typealias Expand =
    @Sendable (ServerRequest<EchoMessage>, ServerContext) async throws ->
    StreamingServerResponse<EchoMessage>

  /// Answers a stream with a message.
  public typealias Collect =
    @Sendable (StreamingServerRequest<EchoMessage>, ServerContext) async throws ->
    ServerResponse<EchoMessage>

  /// Answers a stream with a stream.
  public typealias Update =
    @Sendable (StreamingServerRequest<EchoMessage>, ServerContext) async throws ->
    StreamingServerResponse<EchoMessage>

  private let onGet: Get?
  private let onExpand: Expand?
  private let onCollect: Collect?
  private let onUpdate: Update?
  private let echo: any Sonora_Test_Echo.ServiceProtocol = EchoService()

  /// Creates a service.
  public init(
    onGet: Get? = nil,
    onExpand: Expand? = nil,
    onCollect: Collect? = nil,
    onUpdate: Update? = nil
  ) {
    self.onGet = onGet
    self.onExpand = onExpand
    self.onCollect = onCollect
    self.onUpdate = onUpdate
  }

  /// Answers with one message, or as the closure says.
  public func get(
    request: ServerRequest<EchoMessage>,
    context: ServerContext
  ) async throws -> ServerResponse<EchoMessage> {
    guard let onGet = self.onGet else {
      return try await self.echo.get(request: request, context: context)
    }
    return try await onGet(request, context)
  }

  /// Answers one message with a stream, or as the closure says.
  public func expand(
    request: ServerRequest<EchoMessage>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<EchoMessage> {
    guard let onExpand = self.onExpand else {
      return try await self.echo.expand(request: request, context: context)
    }
    return try await onExpand(request, context)
  }

  /// Answers a stream with one message, or as the closure says.
  public func collect(
    request: StreamingServerRequest<EchoMessage>,
    context: ServerContext
  ) async throws -> ServerResponse<EchoMessage> {
    guard let onCollect = self.onCollect else {
      return try await self.echo.collect(request: request, context: context)
    }
    return try await onCollect(request, context)
  }

  /// Answers a stream with a stream, or as the closure says.
  public func update(
    request: StreamingServerRequest<EchoMessage>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<EchoMessage> {
    guard let onUpdate = self.onUpdate else {
      return try await self.echo.update(request: request, context: context)
    }
    return try await onUpdate(request, context)
  }
}
