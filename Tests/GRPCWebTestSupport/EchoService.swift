public import GRPCCore
internal import SwiftProtobuf

/// Answers as the comments in `echo.proto` say.
@available(GRPCWeb 1.0, *)
public struct EchoService: Sonora_Test_Echo.SimpleServiceProtocol {
  /// Creates the service.
  public init() {}

  /// Replies with the message.
  public func get(
    request: Sonora_Test_EchoMessage,
    context: ServerContext
  ) async throws -> Sonora_Test_EchoMessage {
    request
  }

  /// Replies with a message for each character of the text.
  public func expand(
    request: Sonora_Test_EchoMessage,
    response: RPCWriter<Sonora_Test_EchoMessage>,
    context: ServerContext
  ) async throws {
    for character in request.text {
      try await response.write(.with { $0.text = String(character) })
    }
  }

  /// Replies with the texts joined.
  public func collect(
    request: RPCAsyncSequence<Sonora_Test_EchoMessage, any Error>,
    context: ServerContext
  ) async throws -> Sonora_Test_EchoMessage {
    try await request.reduce(into: Sonora_Test_EchoMessage()) { $0.text += $1.text }
  }

  /// Replies to each message with the same.
  public func update(
    request: RPCAsyncSequence<Sonora_Test_EchoMessage, any Error>,
    response: RPCWriter<Sonora_Test_EchoMessage>,
    context: ServerContext
  ) async throws {
    for try await message in request {
      try await response.write(message)
    }
  }
}
