import GRPCCore
import GRPCWebAsyncHTTPClient
import GreeterService
import SwiftProtobuf

/// Calls the greeter with a stock generated stub, as a script does.
struct BlockingCall {
  var client: BlockingGRPCClient<GRPCWebClientTransport>
  var output: Output

  func run(_ method: Method, _ request: Request) throws {
    let greeter = Helloworld_Greeter.Client(wrapping: self.client.grpcClient)
    let output = self.output
    let (metadata, options) = (request.metadata, request.options)

    switch method {
    case .sayHello:
      try self.client.wait {
        try await greeter.sayHello(request.hello, metadata: metadata, options: options) {
          try output.write($0) { $0.message }
        }
      }
    case .helloMetadata:
      try self.client.wait {
        try await greeter.helloMetadata(request.hello, metadata: metadata, options: options) {
          try output.write($0) { $0.message }
        }
      }
    case .abort:
      _ = try self.client.wait {
        try await greeter.abort(Google_Protobuf_Empty(), metadata: metadata, options: options)
      }
    case .unaryTimeout:
      _ = try self.client.wait {
        try await greeter.unaryTimeout(request.timeout, metadata: metadata, options: options)
      }
    case .sayHelloSlowly:
      let replies = try self.client.messages {
        try await greeter.sayHelloSlowly(
          request.hello,
          metadata: metadata,
          options: options,
          onResponse: $0
        )
      }
      try self.write(replies) { $0.message }
    case .helloStreamMetadata:
      let replies = try self.client.messages {
        try await greeter.helloStreamMetadata(
          request.hello,
          metadata: metadata,
          options: options,
          onResponse: $0
        )
      }
      try self.write(replies) { $0.message }
    case .streamTimeout:
      let replies = try self.client.messages {
        try await greeter.streamTimeout(
          request.timeout,
          metadata: metadata,
          options: options,
          onResponse: $0
        )
      }
      try self.write(replies) { _ in "" }
    }
  }

  private func write<Message>(
    _ replies: BlockingGRPCMessages<Message>,
    text: (Message) -> String
  ) throws {
    self.output.write(initial: try replies.metadata())
    for reply in replies {
      self.output.write(text(try reply.get()))
    }
    self.output.write(trailing: replies.trailingMetadata)
  }
}
