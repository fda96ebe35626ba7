public import GRPCCore
public import SwiftProtobuf

/// Greets, and shows what calls can do: stream, carry metadata, fail, take too long.
///
/// An ordinary gRPC Swift service: nothing in it knows of gRPC-Web.
public struct Greeter: Helloworld_Greeter.ServiceProtocol {
  /// How long to wait between two messages of a stream.
  public var pause: Duration

  /// Creates the service.
  public init(pause: Duration) {
    self.pause = pause
  }

  /// Replies "Hello, NAME!".
  public func sayHello(
    request: ServerRequest<Helloworld_HelloRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Helloworld_HelloReply> {
    ServerResponse(message: .with { $0.message = self.greeting(for: request.message) })
  }

  /// Replies "Hello, NAME!" one character a message.
  public func sayHelloSlowly(
    request: ServerRequest<Helloworld_HelloRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Helloworld_HelloReply> {
    StreamingServerResponse { writer in
      try await self.write(self.greeting(for: request.message), to: writer)
      return [:]
    }
  }

  /// Echoes the request's metadata.
  public func helloMetadata(
    request: ServerRequest<Helloworld_HelloRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Helloworld_HelloReply> {
    ServerResponse(
      message: .with { $0.message = self.metadataGreeting(for: request) },
      metadata: request.metadata.prefixingKeys(with: "initial-"),
      trailingMetadata: request.metadata.prefixingKeys(with: "trailing-")
    )
  }

  /// Echoes the request's metadata over a stream.
  public func helloStreamMetadata(
    request: ServerRequest<Helloworld_HelloRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Helloworld_HelloReply> {
    StreamingServerResponse(metadata: request.metadata.prefixingKeys(with: "initial-")) { writer in
      try await self.write(self.metadataGreeting(for: request), to: writer)
      return request.metadata.prefixingKeys(with: "trailing-")
    }
  }

  /// Fails.
  public func abort(
    request: ServerRequest<Google_Protobuf_Empty>,
    context: ServerContext
  ) async throws -> ServerResponse<Google_Protobuf_Empty> {
    throw RPCError(code: .aborted, message: "test aborting")
  }

  /// Never replies.
  public func unaryTimeout(
    request: ServerRequest<Helloworld_TimeoutRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Google_Protobuf_Empty> {
    let step = try request.message.step
    while true {
      try await Task.sleep(for: step)
    }
  }

  /// Replies after each step of the length asked for, for ever.
  public func streamTimeout(
    request: ServerRequest<Helloworld_TimeoutRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Google_Protobuf_Empty> {
    let step = try request.message.step
    return StreamingServerResponse { writer in
      while true {
        try await Task.sleep(for: step)
        try await writer.write(Google_Protobuf_Empty())
      }
    }
  }

  private func greeting(for request: Helloworld_HelloRequest) -> String {
    "Hello, \(request.name)!"
  }

  /// The value of the metadata that the request names, or else the usual greeting.
  private func metadataGreeting(for request: ServerRequest<Helloworld_HelloRequest>) -> String {
    let named = request.metadata[request.message.name].first { _ in true }
    return named?.encoded() ?? self.greeting(for: request.message)
  }

  private func write(
    _ text: String,
    to writer: RPCWriter<Helloworld_HelloReply>
  ) async throws {
    for (index, character) in text.enumerated() {
      if index > 0 {
        try await Task.sleep(for: self.pause)
      }
      try await writer.write(.with { $0.message = String(character) })
    }
  }
}

extension Metadata {
  /// The same pairs under longer keys.
  fileprivate func prefixingKeys(with prefix: String) -> Metadata {
    Metadata(self.map { (key: prefix + $0.key, value: $0.value) })
  }
}

extension Helloworld_TimeoutRequest {
  /// The length of one step.
  ///
  /// - Throws: `invalidArgument` unless it is above zero and not more than a day.
  fileprivate var step: Duration {
    get throws {
      guard self.seconds > 0 && self.seconds <= 86_400 else {
        throw RPCError(
          code: .invalidArgument,
          message: "seconds must be above 0 and not more than 86400."
        )
      }
      return .seconds(Double(self.seconds))
    }
  }
}
