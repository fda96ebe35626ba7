public import GRPCWeb

/// A server with an adapter, and the operations on it.
@available(GRPCWeb 1.0, *)
public struct AdapterServer: Sendable {
  /// Serves until the task is cancelled or the server has shut down.
  public var run: @Sendable () async throws -> Void

  /// The port that the server listens on; `nil` before it listens.
  public var port: @Sendable () async -> Int?

  /// Begins graceful shutdown of the whole server in the way of its framework.
  public var beginGracefulShutdown: @Sendable () async -> Void

  /// Begins graceful shutdown of the gRPC-Web server only; the app continues.
  public var refuseCalls: @Sendable () -> Void

  /// Waits until no call runs, after either graceful shutdown has begun.
  public var untilCallsEnded: @Sendable () async -> Void

  /// Creates a description of a server without an app.
  ///
  /// - Parameters:
  ///   - run: Serves until the task is cancelled or the server has shut down.
  ///   - port: The port that the server listens on; `nil` before it listens.
  ///   - beginGracefulShutdown: Begins graceful shutdown.
  public init(
    run: @escaping @Sendable () async throws -> Void,
    port: @escaping @Sendable () async -> Int?,
    beginGracefulShutdown: @escaping @Sendable () -> Void
  ) {
    self.run = run
    self.port = port
    self.beginGracefulShutdown = beginGracefulShutdown
    self.refuseCalls = beginGracefulShutdown
    self.untilCallsEnded = {}
  }

  /// Creates a description of a server.
  ///
  /// - Parameters:
  ///   - grpcWeb: The server of the calls.
  ///   - run: Serves until the task is cancelled or the server has shut down.
  ///   - port: The port that the server listens on; `nil` before it listens.
  ///   - beginGracefulShutdown: Begins graceful shutdown of the whole server.
  public init(
    _ grpcWeb: GRPCWebServer,
    run: @escaping @Sendable () async throws -> Void,
    port: @escaping @Sendable () async -> Int?,
    beginGracefulShutdown: @escaping @Sendable () async -> Void
  ) {
    self.run = run
    self.port = port
    self.beginGracefulShutdown = beginGracefulShutdown
    self.refuseCalls = { grpcWeb.beginGracefulShutdown() }
    self.untilCallsEnded = { await grpcWeb.untilShutdown() }
  }
}
