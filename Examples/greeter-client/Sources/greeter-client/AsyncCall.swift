import GRPCCore
import GreeterService
import SwiftProtobuf

/// Calls the greeter with a stock generated stub, as asynchronous code does.
struct AsyncCall<Transport: ClientTransport> {
  var greeter: Helloworld_Greeter.Client<Transport>
  var output: Output

  func run(_ method: Method, _ request: Request) async throws {
    let output = self.output
    let (metadata, options) = (request.metadata, request.options)

    switch method {
    case .sayHello:
      try await self.greeter.sayHello(request.hello, metadata: metadata, options: options) {
        try output.write($0) { $0.message }
      }
    case .helloMetadata:
      try await self.greeter.helloMetadata(request.hello, metadata: metadata, options: options) {
        try output.write($0) { $0.message }
      }
    case .abort:
      try await self.greeter.abort(
        Google_Protobuf_Empty(),
        metadata: metadata,
        options: options
      ) {
        try output.write($0) { _ in "" }
      }
    case .unaryTimeout:
      try await self.greeter.unaryTimeout(request.timeout, metadata: metadata, options: options) {
        try output.write($0) { _ in "" }
      }
    case .sayHelloSlowly:
      try await self.greeter.sayHelloSlowly(request.hello, metadata: metadata, options: options) {
        try await output.write($0) { $0.message }
      }
    case .helloStreamMetadata:
      try await self.greeter.helloStreamMetadata(
        request.hello,
        metadata: metadata,
        options: options
      ) {
        try await output.write($0) { $0.message }
      }
    case .streamTimeout:
      try await self.greeter.streamTimeout(request.timeout, metadata: metadata, options: options) {
        try await output.write($0) { _ in "" }
      }
    }
  }
}

extension Output {
  /// Prints the response of a unary call.
  func write<Message>(
    _ response: ClientResponse<Message>,
    text: (Message) -> String
  ) throws {
    self.write(initial: response.metadata)
    self.write(text(try response.message))
    self.write(trailing: response.trailingMetadata)
  }

  /// Prints the response of a streaming call as it comes.
  fileprivate func write<Message>(
    _ response: StreamingClientResponse<Message>,
    text: (Message) -> String
  ) async throws {
    let contents = try response.accepted.get()
    self.write(initial: contents.metadata)
    for try await part in contents.bodyParts {
      switch part {
      case .message(let message):
        self.write(text(message))
      case .trailingMetadata(let metadata):
        self.write(trailing: metadata)
      }
    }
  }
}
