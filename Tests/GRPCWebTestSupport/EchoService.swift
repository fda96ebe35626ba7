public import GRPCCore

/// Answers as the comments in `echo.proto` say.
@available(GRPCWeb 1.0, *)
public struct EchoService: Sonora_Test_Echo.SimpleServiceProtocol {
  public init() {}

  public func get(
    request: Sonora_Test_EchoMessage,
    context: ServerContext
  ) async throws -> Sonora_Test_EchoMessage {
    request
  }

  public func expand(
    request: Sonora_Test_EchoMessage,
    response: RPCWriter<Sonora_Test_EchoMessage>,
    context: ServerContext
  ) async throws {
    for character in request.text {
      try await response.write(.with { $0.text = String(character) })
    }
  }

  public func collect(
    request: RPCAsyncSequence<Sonora_Test_EchoMessage, any Error>,
    context: ServerContext
  ) async throws -> Sonora_Test_EchoMessage {
    try await request.reduce(into: Sonora_Test_EchoMessage()) { $0.text += $1.text }
  }

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
