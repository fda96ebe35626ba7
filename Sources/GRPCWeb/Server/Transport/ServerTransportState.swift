internal import GRPCCore

/// The state of a server's transport.
@available(GRPCWeb 1.0, *)
struct ServerTransportState {
  /// A call that waits for the server to listen, and gets `nil` if the server shuts down before.
  typealias HandlerWaiter = CheckedContinuation<ServerStreamHandler?, Never>

  private enum Handler {
    /// The server doesn't listen yet; calls wait for it.
    case awaited([HandlerWaiter])
    /// The server listens.
    case listening(ServerStreamHandler)
  }

  var methods = MethodTable([])
  var calls = RunningCalls<ServerCall>()
  /// The task that ends the calls that still run when the grace period of graceful shutdown is over.
  var gracePeriod: Task<Void, Never>?
  private var handler = Handler.awaited([])

  /// The handler of calls, or `nil` until the server listens.
  var streamHandler: ServerStreamHandler? {
    switch self.handler {
    case .awaited:
      return nil
    case .listening(let streamHandler):
      return streamHandler
    }
  }

  /// Sets the handler of calls: the server listens.
  ///
  /// - Returns: The calls that waited for the handler.
  mutating func setStreamHandler(_ streamHandler: ServerStreamHandler) -> [HandlerWaiter] {
    defer { self.handler = .listening(streamHandler) }
    return self.takeWaitersForHandler()
  }

  /// Adds a call that waits for the server to listen, unless the server listens already, or never will.
  ///
  /// - Returns: Whether the call waits.
  mutating func wait(_ waiter: HandlerWaiter) -> Bool {
    guard case .awaited(let waiters) = self.handler, !self.calls.isShuttingDown else {
      return false
    }
    self.handler = .awaited(waiters + [waiter])
    return true
  }

  /// Removes and returns the calls that wait for the server to listen.
  mutating func takeWaitersForHandler() -> [HandlerWaiter] {
    guard case .awaited(let waiters) = self.handler else { return [] }
    self.handler = .awaited([])
    return waiters
  }
}
