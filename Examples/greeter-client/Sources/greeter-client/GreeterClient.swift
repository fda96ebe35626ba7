import ArgumentParser
import Foundation
import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebURLSession
import GreeterService

/// Calls a greeter over gRPC-Web, with any of the three clients.
@main
struct GreeterClient: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greeter-client",
    abstract: "Calls a greeter over gRPC-Web."
  )

  @Option(help: "Where the greeter is.")
  var url = "http://127.0.0.1:8080"

  @Option(help: "The client to use: over AsyncHTTPClient, over URLSession, or the blocking one.")
  var client = Client.ahc

  @Option(help: "How bodies are written.")
  var mode = Mode.binary

  @Option(help: "How long the call may take, in seconds.")
  var timeout: Double?

  @Option(
    name: .customLong("header"),
    help: "Metadata to send, 'KEY: VALUE', in base64 for a KEY that ends in -bin. Repeatable."
  )
  var headers: [Header] = []

  @Option(help: "How to compress request messages.")
  var compression = Compression.none

  @Flag(help: "Print the metadata of the response.")
  var metadata = false

  @Option(help: "Make the call this many times, and check the answers instead of printing them.")
  var `repeat`: Int?

  @Option(help: "Make this many of the repeated calls at once.")
  var parallel = 64

  @Argument(help: "The method to call.")
  var method: Method

  @Argument(help: "A name, or for the two timeouts a number of seconds.")
  var argument = "world"

  func validate() throws {
    guard self.repeat == nil || self.method == .sayHello || self.method == .sayHelloSlowly else {
      throw ValidationError("--repeat goes with say-hello and say-hello-slowly.")
    }
    guard self.timeout.map({ $0 > 0 && $0 < 1e9 }) ?? true else {
      throw ValidationError("--timeout takes a number of seconds above 0.")
    }
    guard self.parallel > 0 else {
      throw ValidationError("--parallel takes a number above 0.")
    }
  }

  func run() async throws {
    let output = Output(printsMetadata: self.metadata)
    do {
      switch self.client {
      case .ahc:
        try await self.call(
          over: .grpcWebAsyncHTTPClient(url: self.url, config: self.clientConfiguration),
          output: output
        )
      case .urlsession:
        try await self.call(
          over: .grpcWebURLSession(url: self.url, config: self.clientConfiguration),
          output: output
        )
      case .blocking:
        // A thread of its own, as a task must not block.
        try await withCheckedThrowingContinuation { continuation in
          Thread.detachNewThread {
            continuation.resume(with: Result { try self.callBlocking(output: output) })
          }
        }
      }
    } catch let error as RPCError {
      output.write(error)
      throw ExitCode.failure
    }
  }

  private func call(over transport: some ClientTransport, output: Output) async throws {
    try await withGRPCClient(transport: transport) { client in
      let greeter = Helloworld_Greeter.Client(wrapping: client)
      if let repetition = self.repetition {
        try await repetition.run(on: greeter)
      } else {
        try await AsyncCall(greeter: greeter, output: output).run(self.method, self.request)
      }
    }
  }

  private func callBlocking(output: Output) throws {
    // With one of the two modules alone `withBlockingGRPCClient(url:)` does; here the transport says which.
    try withBlockingGRPCClient(
      transport: .grpcWebAsyncHTTPClient(url: self.url, config: self.clientConfiguration)
    ) { client in
      if let repetition = self.repetition {
        try repetition.run(over: client)
      } else {
        try BlockingCall(client: client, output: output).run(self.method, self.request)
      }
    }
  }

  private var clientConfiguration: GRPCWebClientTransport.Config {
    .defaults {
      $0.mode = self.mode.bodyMode
      $0.compression = self.compression.algorithm
    }
  }

  private var repetition: Repetition? {
    self.repeat.map {
      Repetition(
        count: $0,
        parallel: self.parallel,
        method: self.method,
        request: self.request
      )
    }
  }

  private var request: Request {
    var options = CallOptions.defaults
    options.timeout = self.timeout.map { .seconds($0) }
    return Request(
      argument: self.argument,
      metadata: Metadata(self.headers.map { (key: $0.key, value: $0.value) }),
      options: options
    )
  }
}

/// What is sent with a call.
struct Request: Sendable {
  var argument: String
  var metadata: Metadata
  var options: CallOptions

  var hello: Helloworld_HelloRequest {
    .with { $0.name = self.argument }
  }

  var timeout: Helloworld_TimeoutRequest {
    .with { $0.seconds = Float(self.argument) ?? 1 }
  }
}
