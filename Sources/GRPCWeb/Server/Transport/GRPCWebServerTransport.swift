public import GRPCCore
public import Logging
internal import Synchronization

/// A gRPC Swift server transport that has no port of its own: it answers the gRPC-Web requests that
/// an adapter hands it from a web app.
///
/// ``GRPCWebServer`` runs a `GRPCServer` on this transport, and is what apps and adapters use.
///
/// A request goes this way:
///
/// - An adapter passes its head to `route(_:prefix:allowsNativeGRPC:info:)`, which answers with a ``GRPCWebRoute``.
/// - For a call, an asynchronous adapter passes the head and the body to `respond`. An adapter on an event loop makes a
///   `ServerCall` with a delegate, delivers the body to it, and starts it.
/// - The state machine of the `ServerCall` decodes the body. The service reads it from a `RequestSequence`, and writes
///   to a `ResponseWriter`; a `ServerStreamHandler` runs it, which is `GRPCServer`'s.
/// - The state machine encodes the response. The call then resumes the asynchronous adapter, which waits in
///   `nextOutput()`, or notifies the delegate, which takes the output.
@available(GRPCWeb 1.0, *)
public final class GRPCWebServerTransport: ServerTransport {
  /// The type that messages are serialized to.
  public typealias Bytes = GRPCWebMessage

  let config: GRPCWebServer.Config
  let logger: Logger
  let errorLogger: ServiceErrorLogger
  let state = Mutex(ServerTransportState())

  /// The values that channel handlers share on each event loop.
  package let eventLoopStorage = EventLoopStorage()

  /// Creates a transport.
  ///
  /// - Parameters:
  ///   - config: How calls are answered.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  public init(
    config: GRPCWebServer.Config = .defaults,
    logger: Logger = Logger(label: "grpc-web")
  ) {
    self.config = config
    self.logger = logger
    self.errorLogger = ServiceErrorLogger(levels: config.errorLogging, logger: logger)
  }

  /// The bounds on what one call may cost.
  package var limits: GRPCWebServer.Config.Limits {
    self.config.limits
  }

  /// The time from the beginning of graceful shutdown until a connection is closed whose client doesn't take the
  /// response of a call.
  ///
  /// The connection is closed a second after the calls are ended, so that clients have time to take the statuses.
  package var closingPeriod: Duration {
    self.config.shutdownGracePeriod + .seconds(1)
  }

  /// Sets the registered methods, which decide which paths are answered.
  public func configure(context: GRPCServerContext) {
    self.configure(methods: context.methods)
  }

  func configure(methods: [MethodDescriptor]) {
    let methods = MethodTable(methods)
    self.state.withLock { $0.methods = methods }
  }

  /// Answers calls until graceful shutdown has begun and the last call has ended.
  ///
  /// Cancelling the task ends all calls with `unavailable`.
  public func listen(
    streamHandler:
      @escaping @Sendable (
        _ stream: RPCStream<Inbound, Outbound>,
        _ context: ServerContext
      ) async -> Void
  ) async throws {
    let streamHandler = ServerStreamHandler(streamHandler)
    for waiter in self.state.withLock({ $0.setStreamHandler(streamHandler) }) {
      waiter.resume(returning: streamHandler)
    }

    await withTaskCancellationHandler {
      await self.state.suspend(in: \.calls.shutdownWaiter) { !$0.calls.isShutDown }
    } onCancel: {
      self.shutDown(gracePeriod: nil)
    }
    self.state.withLock { $0.gracePeriod.take() }?.cancel()
  }

  /// Refuses further calls, and ends the calls that still run when the grace period is over.
  public func beginGracefulShutdown() {
    self.shutDown(gracePeriod: self.config.shutdownGracePeriod)
  }

  private func shutDown(gracePeriod: Duration?) {
    let (listener, waiters) = self.state.withLock { state in
      if let gracePeriod = gracePeriod, state.gracePeriod == nil, !state.calls.isEmpty {
        state.gracePeriod = Task { [weak self] in
          try? await Task.sleep(for: gracePeriod)
          self?.failCalls()
        }
      }
      return (state.calls.beginShutdown(), state.takeWaitersForHandler())
    }
    listener?.resume()
    for waiter in waiters {
      waiter.resume(returning: nil)
    }
    if gracePeriod == nil {
      self.failCalls()
    }
  }

  private func failCalls() {
    for call in self.state.withLock({ $0.calls.all }) {
      call.fail(.shuttingDown, by: .shutdown)
    }
  }
}
