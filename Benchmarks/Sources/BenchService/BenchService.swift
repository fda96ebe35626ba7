internal import Foundation
public import GRPCCore
import SwiftProtobuf

/// Answers as the comments in `bench.proto` say.
///
/// An ordinary gRPC Swift service, which does as little as it can: what is measured is around it.
public struct BenchService: Sonora_Bench_Bench.SimpleServiceProtocol {
  /// Creates the service.
  public init() {}

  /// Greets by name.
  public func unary(
    request: Sonora_Bench_UnaryRequest,
    context: ServerContext
  ) async throws -> Sonora_Bench_UnaryResponse {
    .with { $0.message = "Hello, \(request.name)!" }
  }

  /// Answers with the bytes of the request.
  public func echo(
    request: Sonora_Bench_EchoRequest,
    context: ServerContext
  ) async throws -> Sonora_Bench_EchoResponse {
    .with { $0.data = request.data }
  }

  /// Answers with as many messages as asked for.
  public func stream(
    request: Sonora_Bench_StreamRequest,
    response: RPCWriter<Sonora_Bench_StreamResponse>,
    context: ServerContext
  ) async throws {
    let message = Sonora_Bench_StreamResponse.with {
      $0.data = Data(repeating: UInt8(ascii: "x"), count: Int(max(0, request.size)))
    }
    for _ in 0 ..< max(0, request.messages) {
      try await response.write(message)
    }
  }

  /// Answers with one message and then waits until the call is cancelled.
  public func idle(
    request: Sonora_Bench_IdleRequest,
    response: RPCWriter<Sonora_Bench_IdleResponse>,
    context: ServerContext
  ) async throws {
    try await response.write(Sonora_Bench_IdleResponse())
    // A stream that nobody ever writes to: only cancellation ends it.
    for await _ in AsyncStream<Never>.makeStream().stream {}
  }
}
