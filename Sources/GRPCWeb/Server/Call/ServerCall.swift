package import GRPCCore
internal import Logging
internal import Synchronization

/// The sender and receiver of a call's bytes on an event loop.
///
/// The call calls each method from any thread, outside of its lock. A method must not block.
@available(GRPCWeb 1.0, *)
package protocol ServerCallDelegate: AnyObject, Sendable {
  /// The call has output to send. Not called again until ``ServerCall/takeOutput()`` has taken it.
  func outputIsReady(of call: ServerCall)

  /// The service has read so much of what was received that there is room again.
  func hasRoom(for call: ServerCall)
}

/// One call on the server, shared by those who take part in it: the service that reads and writes,
/// the adapter that sends, and whoever ends the call early.
///
/// The ``ServerCallStateMachine`` decides everything; this type adds the waiters. The service is suspended while too
/// much of what it wrote hasn't been sent. The sender is suspended while there is nothing to send, and takes all
/// there is when it is resumed. Messages that are written while the sender is busy leave together, and the first
/// never waits for a second.
///
/// An adapter is of one of two kinds. An asynchronous one waits in ``nextOutput()``, and the service reads from the
/// adapter's body. One on an event loop never waits: it is a ``ServerCallDelegate``, and delivers what it
/// receives as it comes.
@available(GRPCWeb 1.0, *)
package final class ServerCall: Sendable {
  /// What the client asked for.
  package let head: GRPCWebCallHead
  let config: GRPCWebServer.Config
  /// The web framework's logger of the request, where it has one.
  let logger: Logger?
  /// What the web framework knows of the request, where it knows something.
  let requestContext: (any Sendable)?
  let state: Mutex<ServerCallState>

  /// Makes frames of messages.
  ///
  /// It has a lock of its own, as compression takes long and an event loop may wait for the lock of the state.
  let framer: Mutex<MessageFramer>

  /// Starts a call.
  ///
  /// - Parameters:
  ///   - head: What the client asked for.
  ///   - config: How it is answered.
  ///   - delegate: The sender and receiver on an event loop, where there is one.
  ///   - logger: The web framework's logger of the request, where it has one.
  ///   - requestContext: What the web framework knows of the request.
  init(
    _ head: GRPCWebCallHead,
    config: GRPCWebServer.Config,
    delegate: (any ServerCallDelegate)? = nil,
    logger: Logger? = nil,
    requestContext: (any Sendable)? = nil
  ) {
    self.head = head
    self.config = config
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

  /// Notes what is to be stopped when the call ends early.
  func serviceStarted(_ task: Task<Void, Never>, deadline: Task<Void, Never>?) {
    let (service, isEnded) = self.state.withLock { state in
      if case .starting = state.service {
        state.service = .running(task, deadline: deadline)
      }
      return (state.service, state.stateMachine.status != nil)
    }
    // The service may have returned, or the call ended, before the task was noted.
    switch service {
    case .returned:
      deadline?.cancel()
    case .starting, .running:
      if isEnded {
        self.stopService()
      }
    }
  }

  /// Notes the handle by which the service watches for cancellation.
  func setCancellationHandle(_ handle: ServerContext.RPCCancellationHandle) {
    let isEnded = self.state.withLock { state in
      state.cancellation = handle
      return state.stateMachine.status != nil && !state.isServiceReturned
    }
    if isEnded {
      handle.cancel()
    }
  }

  /// Notes that the service has returned, which must have ended the call.
  ///
  /// - Returns: What is to be logged: the keys of metadata that couldn't be sent, and the status of a call that failed
  ///   and whose error hasn't been logged.
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
  ///   - end: Who, or what, it comes from.
  package func fail(_ error: RPCError, by end: GRPCWebCallRecord.End) {
    let waiting = self.state.withLock { state in
      state.stateMachine.fail(error, by: end)
      return state.takeWaiting()
    }
    // The service is cancelled first: a waiter that is resumed before would end by the error, and not notice that it
    // is cancelled.
    self.stopService()
    waiting?.resume(self)
  }

  /// Stops the service and ends the call, as the client has gone.
  ///
  /// In this order, as nobody is sent what the call ended with: a service that is just about to write
  /// learns that it is cancelled before it learns that it can't.
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

  /// The status of the call, once it has one.
  var status: Status? {
    self.state.withLock { $0.stateMachine.status }
  }

  /// Notes that the error that the service threw has been logged, and its status needn't be.
  func noteErrorLogged() {
    self.state.withLock { $0.isErrorLogged = true }
  }

  /// Whether the call hasn't ended.
  var isOpen: Bool {
    self.state.withLock { $0.stateMachine.status == nil }
  }
}
