internal import GRPCCore
internal import NIOCore
internal import Synchronization

/// One call on the server, shared by those who take part in it: the service that reads and writes,
/// the front that sends, and whoever ends it early.
///
/// Everything is decided by the ``ServerExchange``; this type adds who waits for what. The service
/// is suspended while too much of what it wrote hasn't been sent. Whoever sends is suspended while
/// there is nothing to send, and takes all there is when it comes back: so messages that are written
/// while it is busy leave together, and the first never waits for a second.
@available(GRPCWeb 1.0, *)
final class ServerCall: Sendable {
  fileprivate struct State {
    var exchange: ServerExchange
    /// Whoever waits for something to send.
    var sender: CheckedContinuation<Void, Never>?
    /// The writers that wait until something has been sent.
    var writers = SuspendedTasks()
    /// Whether the service is being handed a part of the request right now.
    var isReading = false
    var readingEnded: CheckedContinuation<Void, Never>?
    /// What stops the service.
    var service: (task: Task<Void, Never>, deadline: Task<Void, Never>?)?
    var cancellation: ServerContext.RPCCancellationHandle?
    var isServiceDone = false
  }

  private let state: Mutex<State>

  init(exchange: sending ServerExchange) {
    self.state = Mutex(State(exchange: exchange))
  }

  // The service

  /// Notes what is to be stopped when the call ends early.
  func serviceStarted(_ task: Task<Void, Never>, deadline: Task<Void, Never>?) {
    let (isDone, isEnded) = self.state.withLock { state in
      if !state.isServiceDone {
        state.service = (task, deadline)
      }
      return (state.isServiceDone, state.exchange.status != nil)
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
      return state.exchange.status != nil && !state.isServiceDone
    }
    if isEnded {
      handle.cancel()
    }
  }

  /// Notes that the service has returned, which must have ended the call.
  func serviceReturned() {
    self.serviceFailed(
      RPCError(code: .internalError, message: "The service returned without a status.")
    )
    let deadline = self.state.withLock { state in
      state.isServiceDone = true
      defer { state.service = nil }
      return state.service?.deadline
    }
    deadline?.cancel()
  }

  /// Ends the call with an error of the service's own, unless it has ended.
  func serviceFailed(_ error: RPCError) {
    let waiting = self.state.withLock { state in
      state.exchange.fail(error)
      return state.takeWaiting()
    }
    waiting.resume()
  }

  /// Ends the call with an error, unless it has ended, and stops the service.
  func fail(_ error: RPCError) {
    self.serviceFailed(error)
    self.stopService()
  }

  private func stopService() {
    let (cancellation, service) = self.state.withLock { state in
      state.isServiceDone ? (nil, nil) : (state.cancellation, state.service)
    }
    cancellation?.cancel()
    service?.task.cancel()
    service?.deadline?.cancel()
  }

  // The request

  /// Asks for the next part of the request, of which the service reads one at a time.
  ///
  /// When the answer is `needsBytes` the caller reads from the body, and reports what it read with
  /// ``receive(_:)``. Until then the body is in use.
  ///
  /// - Throws: The error that the call failed with.
  func nextRequestEvent() throws(RPCError) -> RequestDecoder.Event {
    var failure: RPCError?
    let (event, waiting) = self.state.withLock { state -> (RequestDecoder.Event, Waiting) in
      do throws(RPCError) {
        let event = try state.exchange.nextRequestEvent()
        state.isReading = event == .needsBytes
        return (event, Waiting())
      } catch {
        failure = error
        return (.end, state.takeWaiting())
      }
    }
    waiting.resume()
    if let failure = failure {
      throw failure
    }
    return event
  }

  /// Takes what was read from the request's body, `nil` for its end.
  func receive(_ bytes: ByteBuffer?) {
    let readingEnded = self.state.withLock { state in
      if let bytes = bytes {
        state.exchange.receive(bytes)
      } else {
        state.exchange.receiveEnd()
      }
      state.isReading = false
      return state.readingEnded.take()
    }
    readingEnded?.resume()
  }

  /// Whether the service is reading from the request's body.
  var isReading: Bool {
    self.state.withLock { $0.isReading }
  }

  /// Waits until the service doesn't read from the request's body, after the call has ended.
  ///
  /// From then on it won't: a body can be read by one at a time, and the front will want to read
  /// what the service left.
  func untilReadingEnds() async {
    await withCheckedContinuation { continuation in
      let isReading = self.state.withLock { state in
        if state.isReading {
          state.readingEnded = continuation
        }
        return state.isReading
      }
      if !isReading {
        continuation.resume()
      }
    }
  }

  // The response

  /// Writes a part of the response, and waits while too much isn't sent yet.
  ///
  /// - Throws: The error that the call failed with, or a `CancellationError` when the task is
  ///   cancelled while it waits.
  func write(_ part: RPCResponsePart<GRPCWebMessage>) async throws {
    var failure: RPCError?
    let (waiting, isWritable) = self.state.withLock { state -> (Waiting, Bool) in
      do throws(RPCError) {
        try state.exchange.write(part)
      } catch {
        failure = error
      }
      return (state.takeWaiting(), state.exchange.isWritable)
    }
    waiting.resume()

    if let failure = failure {
      throw failure
    }
    if !isWritable {
      try await self.untilWritable()
    }
  }

  private func untilWritable() async throws {
    let id = self.state.withLock { $0.writers.makeID() }

    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isWaiting = self.state.withLock { state in
          guard !state.exchange.isWritable && !Task.isCancelled else { return false }
          state.writers.suspend(continuation, as: id)
          return true
        }
        if !isWaiting {
          continuation.resume()
        }
      }
      try Task.checkCancellation()
    } onCancel: {
      self.state.withLock { $0.writers.take(id) }?.resume(throwing: CancellationError())
    }
  }

  /// Waits for something to send and takes all there is.
  ///
  /// - Returns: What to send, or `nil` after the end. One caller at a time.
  func nextOutput() async -> ServerResponseOutput? {
    while true {
      let (output, waiting, isDrained) = self.state.withLock { state in
        let output = state.exchange.takeOutput()
        return (output, state.takeWaiting(), state.exchange.isDrained)
      }
      waiting.resume()

      if output != nil || isDrained {
        return output
      }
      await self.untilOutput()
    }
  }

  private func untilOutput() async {
    await withCheckedContinuation { continuation in
      let isWaiting = self.state.withLock { state in
        guard !state.exchange.hasOutput else { return false }
        state.sender = continuation
        return true
      }
      if !isWaiting {
        continuation.resume()
      }
    }
  }

  /// The status of the call, once it has one.
  var status: Status? {
    self.state.withLock { $0.exchange.status }
  }

  /// Takes the keys of metadata that couldn't be sent, to be logged.
  func takeRejectedKeys() -> [String] {
    self.state.withLock { $0.exchange.takeRejectedKeys() }
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// Those who have waited for what has happened; resumed outside of the lock.
  fileprivate struct Waiting {
    var sender: CheckedContinuation<Void, Never>?
    var writers: [CheckedContinuation<Void, any Error>] = []

    func resume() {
      self.sender?.resume()
      for writer in self.writers {
        writer.resume()
      }
    }
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCall.State {
  /// Takes those who can go on.
  mutating func takeWaiting() -> ServerCall.Waiting {
    var waiting = ServerCall.Waiting()
    if self.exchange.hasOutput {
      waiting.sender = self.sender.take()
    }
    if self.exchange.isWritable {
      waiting.writers = self.writers.takeAll()
    }
    return waiting
  }
}
