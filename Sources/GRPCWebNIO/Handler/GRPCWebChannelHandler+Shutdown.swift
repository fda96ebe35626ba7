#if NIO
internal import GRPCWeb
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// How far graceful shutdown is.
  enum Shutdown {
    /// Shutdown hasn't begun.
    case none
    /// Shutdown has begun. The timer closes the connection when the grace period is over.
    case begun(TimeoutQueue.Timer)
    /// Shutdown has begun, and the app doesn't know: the app takes the connection for idle, and would close it in the
    /// midst of a call.
    case begunUnknownToApp(TimeoutQueue.Timer)
  }

  /// Closes the connection when the grace period is over, if a call is being answered then, or one waits for its
  /// client to take the responses before: that client doesn't read.
  ///
  /// To be called on the event loop when graceful shutdown begins, where no `ChannelShouldQuiesceEvent` comes to the
  /// handler.
  package func closeAfterGracePeriod() {
    guard case .none = self.shutdown, let resources = self.resources else { return }
    let queue = resources.timeoutQueue(for: self.transport.closingPeriod)
    let timer = queue.start {
      let state = self.stateMachine.state
      let isHeldByClient = !self.held.hasNoRequests && state.appRequests == 0
      if state.isAnsweringCall || isHeldByClient {
        self.context?.close(promise: nil)
      }
    }
    self.shutdown = .begun(timer)
  }

  /// Begins graceful shutdown.
  ///
  /// - Returns: Whether the app may know now.
  func beginShutdown() -> Bool {
    self.transport.beginGracefulShutdown()
    self.closeAfterGracePeriod()
    guard self.stateMachine.state.isAnsweringCall, case .begun(let timer) = self.shutdown else {
      return !self.stateMachine.state.isAnsweringCall
    }
    self.shutdown = .begunUnknownToApp(timer)
    return false
  }

  /// Lets the app know of graceful shutdown, now that no call is being answered.
  func passOnHeldQuiesce(context: ChannelHandlerContext) {
    guard case .begunUnknownToApp(let timer) = self.shutdown,
      !self.stateMachine.state.isAnsweringCall
    else {
      return
    }
    self.shutdown = .begun(timer)
    context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
  }

  /// Cancels what closes the connection when the grace period is over.
  func cancelShutdown() {
    switch self.shutdown {
    case .none:
      break
    case .begun(let timer), .begunUnknownToApp(let timer):
      self.resources?.timeoutQueue(for: self.transport.closingPeriod).cancel(timer)
    }
  }
}
#endif
