package import GRPCCore
internal import Logging
internal import Synchronization

/// What moves the bytes of a call on an event loop, told when there is something to do.
///
/// Each is called from any thread, outside of the call's lock, and must not block.
@available(GRPCWeb 1.0, *)
package protocol ServerCallDelegate: AnyObject, Sendable {
  /// There is something to send. Not called again until it has been taken.
  func outputIsReady(of call: ServerCall)

  /// The service has read so much of what was received that there is room again.
  func hasRoom(for call: ServerCall)
}

/// One call on the server, shared by those who take part in it: the service that reads and writes,
/// the front that sends, and whoever ends it early.
///
/// Everything is decided by the ``ServerCallStateMachine``; this type adds who waits for what. The service
/// is suspended while too much of what it wrote hasn't been sent. Whoever sends is suspended while
/// there is nothing to send, and takes all there is when it comes back: so messages that are written
/// while it is busy leave together, and the first never waits for a second.
///
/// There are two kinds of fronts. One is asynchronous itself: it waits in ``nextOutput()``, and the
/// service reads from the body that the front has. The other lives on an event loop and waits for
/// nothing: it is a ``ServerCallDelegate``, and hands over what it receives as it comes.
@available(GRPCWeb 1.0, *)
package final class ServerCall: Sendable {
  /// What the client asked for.
  package let head: GRPCWebCallHead
  let config: GRPCWebServer.Config
  /// The web framework's logger of the request, where it has one.
  let logger: Logger?
  let state: Mutex<ServerCallState>

  /// Makes frames of messages: not under the lock of the state, which an event loop may wait for, and
  /// compression takes long.
  let deflater: Mutex<MessageDeflater>

  /// Starts a call.
  ///
  /// - Parameters:
  ///   - head: What the client asked for.
  ///   - config: How it is answered.
  ///   - delegate: The sender and receiver on an event loop, where there is one.
  ///   - logger: The web framework's logger of the request, where it has one.
  init(
    _ head: GRPCWebCallHead,
    config: GRPCWebServer.Config,
    delegate: (any ServerCallDelegate)? = nil,
    logger: Logger? = nil
  ) {
    self.head = head
    self.config = config
    self.logger = logger
    let stateMachine = ServerCallStateMachine(call: head, config: config)
    self.state = Mutex(ServerCallState(stateMachine: stateMachine, delegate: delegate))
    self.deflater = Mutex(
      MessageDeflater(
        encoding: head.responseEncoding,
        minimumMessageSize: config.compression.minimumMessageSize,
        maximumMessageSize: config.limits.maximumResponseMessageSize
      )
    )
  }

  // The service

  /// Notes what is to be stopped when the call ends early.
  func serviceStarted(_ task: Task<Void, Never>, deadline: Task<Void, Never>?) {
    let (isDone, isEnded) = self.state.withLock { state in
      if !state.isServiceDone {
        state.service = (task, deadline)
      }
      return (state.isServiceDone, state.stateMachine.status != nil)
    }
    // The call may have ended, and the service returned, before they were noted.
    if isDone {
      deadline?.cancel()
    } else if isEnded {
      self.stopService()
    }
  }

  /// Notes the handle by which the service watches for cancellation.
  func setCancellationHandle(_ handle: ServerContext.RPCCancellationHandle) {
    let isEnded = self.state.withLock { state in
      state.cancellation = handle
      return state.stateMachine.status != nil && !state.isServiceDone
    }
    if isEnded {
      handle.cancel()
    }
  }

  /// Notes that the service has returned, which must have ended the call.
  ///
  /// - Returns: The keys of metadata that couldn't be sent, to be logged.
  @discardableResult
  func serviceReturned() -> [String] {
    let (service, waiting, rejectedKeys) = self.state.withLock { state in
      if state.stateMachine.status == nil {
        state.stateMachine.fail(
          RPCError(code: .internalError, message: "The service returned without a status."),
          by: .service
        )
      }
      state.isServiceDone = true
      return (state.service.take(), state.takeWaiting(), state.stateMachine.takeRejectedKeys())
    }
    waiting?.resume(self)
    service?.deadline?.cancel()
    return rejectedKeys
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
    // Before those are woken who would end by the error, and not notice that they are cancelled.
    self.stopService()
    waiting?.resume(self)
  }

  /// Stops the service and ends the call, as the client has gone.
  ///
  /// In this order, as nobody is told what the call ended with: so a service that is just about to write
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
      state.isServiceDone ? (nil, nil) : (state.cancellation, state.service)
    }
    cancellation?.cancel()
    service?.task.cancel()
    service?.deadline?.cancel()
  }

  /// Suspends the task among others until they are taken and resumed, if there is a reason to wait.
  ///
  /// - Throws: A `CancellationError` when the task is cancelled while it waits.
  func suspend(
    in tasks: any WritableKeyPath<ServerCallState, SuspendedTasks> & Sendable,
    while isToWait: (ServerCallState) -> Bool
  ) async throws {
    let id = self.state.withLock { $0[keyPath: tasks].makeID() }

    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isWaiting = self.state.withLock { state in
          guard isToWait(state) && !Task.isCancelled else { return false }
          state[keyPath: tasks].suspend(continuation, as: id)
          return true
        }
        if !isWaiting {
          continuation.resume()
        }
      }
      try Task.checkCancellation()
    } onCancel: {
      self.state.withLock { $0[keyPath: tasks].take(id) }?.resume(throwing: CancellationError())
    }
  }

  /// The status of the call, once it has one.
  var status: Status? {
    self.state.withLock { $0.stateMachine.status }
  }

  /// The status of the call, if it is a failure whose error hasn't been logged.
  var statusToLog: Status? {
    self.state.withLock { state in
      guard let status = state.stateMachine.status, status.code != .ok else { return nil }
      return state.isErrorLogged ? nil : status
    }
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
