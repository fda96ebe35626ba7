package import GRPCCore
internal import Logging
internal import Synchronization

/// One call on the server, shared by its two sides: the service, which reads the request and writes the response, and
/// the adapter, which receives and sends bytes.
///
/// The ``ServerCallStateMachine`` makes all decisions. This type adds the suspended tasks of both sides. The service is
/// suspended while too many bytes that it wrote haven't been sent. Messages that are written while the adapter is
/// sending leave together; the first never waits for a second.
///
/// There are two kinds of adapters. An asynchronous adapter is suspended in ``nextOutput()`` while there is nothing to
/// send, and the service reads from the adapter's body. An adapter on an event loop never waits: it delivers bytes as
/// they arrive, and has a ``ServerCallDelegate``, which is notified when there is output to take.
@available(GRPCWeb 1.0, *)
package final class ServerCall: Sendable {
  /// The head of the request, as far as it matters to the call.
  package let head: GRPCWebCallHead
  /// The largest message of the request, in bytes after decompression.
  ///
  /// The whole configuration isn't kept: copying it costs each call a dozen reference counts.
  let maximumRequestMessageSize: Int
  /// The web framework's logger of the request, or `nil` if the framework has none.
  let logger: Logger?
  /// What the web framework knows of the request, where it knows something.
  let requestContext: (any Sendable)?
  let state: Mutex<ServerCallState>

  /// The framer of response messages.
  ///
  /// The framer has a lock of its own: compression takes long, and an event loop may wait for the lock of the state.
  let framer: Mutex<MessageFramer>

  /// Creates a call.
  ///
  /// - Parameters:
  ///   - head: The head of the request.
  ///   - config: How calls are answered.
  ///   - delegate: The delegate of an adapter on an event loop.
  ///   - logger: The web framework's logger of the request.
  ///   - requestContext: What the web framework knows of the request.
  init(
    _ head: GRPCWebCallHead,
    config: GRPCWebServer.Config,
    delegate: (any ServerCallDelegate)? = nil,
    logger: Logger? = nil,
    requestContext: (any Sendable)? = nil
  ) {
    self.head = head
    self.maximumRequestMessageSize = config.limits.maximumRequestMessageSize
    self.logger = logger
    self.requestContext = requestContext
    let stateMachine = ServerCallStateMachine(call: head, config: config)
    self.state = Mutex(ServerCallState(stateMachine: stateMachine, delegate: delegate))
    self.framer = Mutex(
      MessageFramer(
        maximumMessageSize: config.limits.maximumResponseMessageSize,
        compressor: MessageCompressor(
          encoding: head.responseEncoding,
          minimumMessageSize: config.compression.minimumMessageSize
        )
      )
    )
  }

  // The service

  /// Stores the tasks that are cancelled when the call ends early.
  func serviceStarted(_ task: Task<Void, Never>, deadline: Task<Void, Never>?) {
    let (service, isEnded) = self.state.withLock { state in
      if case .starting = state.service {
        state.service = .running(task, deadline: deadline)
      }
      return (state.service, state.stateMachine.status != nil)
    }
    // The service may have returned, or the call ended, before the task was stored.
    switch service {
    case .returned:
      deadline?.cancel()
    case .starting, .running:
      if isEnded {
        self.stopService()
      }
    }
  }

  /// Stores the handle by which the service watches for cancellation.
  func setCancellationHandle(_ handle: ServerContext.RPCCancellationHandle) {
    let isEnded = self.state.withLock { state in
      state.cancellation = handle
      return state.stateMachine.status != nil && !state.isServiceReturned
    }
    if isEnded {
      handle.cancel()
    }
  }

  /// Records that the service has returned, which must have ended the call.
  ///
  /// - Returns: Faults to log: the keys of metadata that couldn't be sent, and the status of a failed call whose error
  ///   hasn't been logged.
  @discardableResult
  func serviceReturned() -> (rejectedKeys: [String], failure: Status?) {
    let (service, waiting, rejectedKeys, failure) = self.state.withLock { state in
      if state.stateMachine.status == nil {
        state.stateMachine.fail(
          RPCError(code: .internalError, message: "The service returned without a status."),
          by: .service
        )
      }
      let service = state.service
      state.service = .returned
      return (
        service, state.takeWaiting(), state.stateMachine.takeRejectedKeys(), state.failureToLog
      )
    }
    waiting?.resume(self)
    if case .running(_, let deadline) = service {
      deadline?.cancel()
    }
    return (rejectedKeys, failure)
  }

  /// Ends the call with an error of the service's own, unless it has ended.
  func serviceFailed(_ error: RPCError, by end: GRPCWebCallRecord.End = .service) {
    let waiting = self.state.withLock { state in
      state.stateMachine.fail(error, by: end)
      return state.takeWaiting()
    }
    waiting?.resume(self)
  }

  /// Ends the call with an error, unless it has ended, and stops the service.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - end: The origin of the error.
  package func fail(_ error: RPCError, by end: GRPCWebCallRecord.End) {
    let waiting = self.state.withLock { state in
      state.stateMachine.fail(error, by: end)
      return state.takeWaiting()
    }
    // The service is cancelled before its waiters are resumed: a waiter resumed earlier would end by the error, and
    // not notice the cancellation.
    self.stopService()
    waiting?.resume(self)
  }

  /// Stops the service and ends the call because the client has gone.
  ///
  /// The service is stopped before the call ends: a service that is about to write should see the cancellation rather
  /// than an error of the write, as no client gets that error.
  package func abandon() {
    self.stopService()
    let waiting = self.state.withLock { state in
      state.stateMachine.abandon()
      return state.takeWaiting()
    }
    waiting?.resume(self)
    if let observed = self.head.observed {
      self.reportEnd(to: observed)
    }
  }

  private func stopService() {
    let (cancellation, service) = self.state.withLock { state in
      (state.isServiceReturned ? nil : state.cancellation, state.service)
    }
    cancellation?.cancel()
    if case .running(let task, let deadline) = service {
      task.cancel()
      deadline?.cancel()
    }
  }

  /// The status of the call, or `nil` until the call has one.
  var status: Status? {
    self.state.withLock { $0.stateMachine.status }
  }

  /// Records that the error that the service threw has been logged, so that its status needn't be.
  func noteErrorLogged() {
    self.state.withLock { $0.isErrorLogged = true }
  }

  /// Whether the call hasn't ended.
  var isOpen: Bool {
    self.state.withLock { $0.stateMachine.status == nil }
  }
}
