public import GRPCWeb

/// A server of an adapter, and how to run it.
@available(GRPCWeb 1.0, *)
public struct AdapterServer: Sendable {
  /// Serves until the task is cancelled, or the server has shut down.
  public var run: @Sendable () async throws -> Void

  /// The port, once the server listens; `nil` before.
  public var port: @Sendable () async -> Int?

  /// Begins graceful shutdown of the whole server, as its framework has it.
  public var beginGracefulShutdown: @Sendable () async -> Void

  /// Begins graceful shutdown of the calls alone; the app goes on.
  public var refuseCalls: @Sendable () -> Void

  /// Waits until no call runs after one or the other graceful shutdown.
  public var untilCallsEnded: @Sendable () async -> Void

  /// Describes a server that is nothing but a server of calls.
  ///
  /// - Parameters:
  ///   - run: Serves until the task is cancelled, or the server has shut down.
  ///   - port: The port, once the server listens; `nil` before.
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

  /// Describes a server.
  ///
  /// - Parameters:
  ///   - grpcWeb: The server of the calls.
  ///   - run: Serves until the task is cancelled, or the server has shut down.
  ///   - port: The port, once the server listens; `nil` before.
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
