package import GRPCCore
package import NIOCore
internal import Synchronization

/// What moves the bytes of a call on an event loop, told when there is something to do.
///
/// Each is called from any thread, outside of the call's lock, and must not block.
@available(GRPCWeb 1.0, *)
package protocol ServerCallFront: AnyObject, Sendable {
  /// There is something to send. Not called again until it has been taken.
  func outputIsReady(of call: ServerCall)

  /// The service has read so much of what was received that there is room again.
  func hasRoom(for call: ServerCall)
}

/// One call on the server, shared by those who take part in it: the service that reads and writes,
/// the front that sends, and whoever ends it early.
///
/// Everything is decided by the ``ServerExchange``; this type adds who waits for what. The service
/// is suspended while too much of what it wrote hasn't been sent. Whoever sends is suspended while
/// there is nothing to send, and takes all there is when it comes back: so messages that are written
/// while it is busy leave together, and the first never waits for a second.
///
/// There are two kinds of fronts. One is asynchronous itself: it waits in ``nextOutput()``, and the
/// service reads from the body that the front has. The other lives on an event loop and waits for
/// nothing: it is a ``ServerCallFront``, and hands over what it receives as it comes.
@available(GRPCWeb 1.0, *)
package final class ServerCall: Sendable {
  fileprivate struct State {
    var exchange: ServerExchange
    /// The asynchronous front, while it waits for something to send.
    var sender: CheckedContinuation<Void, Never>?
    /// The front on an event loop, to be told when there is something to send.
    var front: (any ServerCallFront)?
    /// Whether the front has been told, and hasn't taken it yet.
    var isFrontTold = false
    /// Whether the front holds back bytes of the request until there is room for them.
    var isFrontWaiting = false
    /// The service, while it waits for bytes of the request from a front on an event loop.
    var readers = SuspendedTasks()
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

  /// How many bytes of the request may wait for the service, in a call that is handed them as they
  /// come; one message may take more.
  static let maximumUnreadBytes = 64 * 1024

  /// What the client asked for.
  package let head: GRPCWebCallHead
  private let configuration: GRPCWebServerConfiguration

  private let state: Mutex<State>

  /// Makes frames of messages: not under the lock of the state, which an event loop may wait for, and
  /// compression takes long.
  private let deflater: Mutex<MessageDeflater>

  /// Starts a call.
  ///
  /// - Parameters:
  ///   - head: What the client asked for.
  ///   - configuration: How it is answered.
  ///   - front: Who sends and receives, where that is on an event loop.
  init(
    _ head: GRPCWebCallHead,
    configuration: GRPCWebServerConfiguration,
    front: (any ServerCallFront)? = nil
  ) {
    self.head = head
    self.configuration = configuration
    let exchange = ServerExchange(call: head, configuration: configuration)
    self.state = Mutex(State(exchange: exchange, front: front))
    self.deflater = Mutex(
      MessageDeflater(
        encoding: head.responseEncoding,
        minimumMessageSize: configuration.compression.minimumMessageSize,
        maximumMessageSize: configuration.limits.maximumResponseMessageSize
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
    waiting.resume(self)
  }

  /// Ends the call with an error, unless it has ended, and stops the service.
  package func fail(_ error: RPCError) {
    let waiting = self.state.withLock { state in
      state.exchange.fail(error)
      return state.takeWaiting()
    }
    // Before those are woken who would end by the error, and not notice that they are cancelled.
    self.stopService()
    waiting.resume(self)
  }

  /// Stops the service and ends the call, as the client has gone.
  ///
  /// In this order, as nobody is told what the call ended with: so a service that is just about to write
  /// learns that it is cancelled before it learns that it can't.
  package func abandon() {
    self.stopService()
    self.serviceFailed(.peerGone)
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

  /// Decompresses a message of the request.
  ///
  /// - Throws: The error that the call failed with; a fault in the message fails it.
  func inflate(
    _ bytes: ByteBuffer,
    with inflater: inout MessageInflater
  ) throws(RPCError) -> GRPCWebMessage {
    do throws(RPCError) {
      return try inflater.inflate(
        bytes,
        limit: self.configuration.limits.maximumRequestMessageSize
      )
    } catch {
      self.serviceFailed(error)
      throw error
    }
  }

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
        return (event, state.takeWaitingForRoom())
      } catch {
        failure = error
        return (.end, state.takeWaiting())
      }
    }
    waiting.resume(self)
    if let failure = failure {
      throw failure
    }
    return event
  }

  /// Takes what was read from the request's body, `nil` for its end.
  func receive(_ bytes: ByteBuffer?) {
    let readingEnded = self.state.withLock { state in
      state.receive(bytes)
      state.isReading = false
      return state.readingEnded.take()
    }
    readingEnded?.resume()
  }

  /// Takes what came of the request's body, `nil` for its end, from a front on an event loop.
  ///
  /// - Returns: Whether there is room for more. Where there isn't, the front is to hold back what else
  ///   comes until ``ServerCallFront/hasRoom(for:)`` is called.
  package func deliver(_ bytes: ByteBuffer?) -> Bool {
    let (readers, hasRoom) = self.state.withLock { state in
      state.receive(bytes)
      let readers = state.takeReaders()
      state.isFrontWaiting = !state.hasRoom
      return (readers, !state.isFrontWaiting)
    }
    for reader in readers {
      reader.resume()
    }
    return hasRoom
  }

  /// Waits until the service can be handed a part of the request, or the call has ended.
  ///
  /// - Throws: A `CancellationError` when the task is cancelled while it waits.
  func untilReadable() async throws {
    try await self.suspend(in: \.readers) { !$0.isReadable }
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
    let isWritable: Bool
    switch part {
    case .metadata(let metadata):
      isWritable = try self.write { exchange throws(RPCError) in try exchange.write(metadata) }
    case .message(let message):
      let frame = try self.frame(message)
      isWritable = try self.write { exchange throws(RPCError) in try exchange.write(frame: frame) }
    case .status(let status, let metadata):
      isWritable = try self.write { exchange throws(RPCError) in
        try exchange.write(status, metadata)
      }
    }

    if !isWritable {
      try await self.suspend(in: \.writers) { !$0.exchange.isWritable }
    }
  }

  /// Writes to the exchange, and wakes whoever has waited for it.
  ///
  /// - Returns: Whether the writer may go on.
  private func write(
    _ body: (inout ServerExchange) throws(RPCError) -> Void
  ) throws(RPCError) -> Bool {
    var failure: RPCError?
    let (waiting, isWritable) = self.state.withLock { state -> (Waiting, Bool) in
      do throws(RPCError) {
        try body(&state.exchange)
      } catch {
        failure = error
      }
      return (state.takeWaiting(), state.exchange.isWritable)
    }
    waiting.resume(self)

    if let failure = failure {
      throw failure
    }
    return isWritable
  }

  /// Makes a frame of a message of the response.
  ///
  /// - Throws: `resourceExhausted` when it is too large, which fails the call.
  private func frame(_ message: GRPCWebMessage) throws(RPCError) -> ByteBuffer {
    do throws(RPCError) {
      let frame = try self.deflater.withLock { deflater throws(RPCError) in
        try deflater.frame(message)
      }
      LargeBuffers.shared.keep(frame)
      return frame
    } catch {
      self.serviceFailed(error)
      throw error
    }
  }

  /// Suspends the task among others until they are taken and resumed, if there is a reason to wait.
  ///
  /// - Throws: A `CancellationError` when the task is cancelled while it waits.
  private func suspend(
    in tasks: any WritableKeyPath<State, SuspendedTasks> & Sendable,
    while isToWait: (State) -> Bool
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

  /// Waits for something to send and takes all there is.
  ///
  /// - Returns: What to send, or `nil` after the end. One caller at a time.
  func nextOutput() async -> ServerResponseOutput? {
    while true {
      let (output, waiting, isDrained) = self.state.withLock { state in
        let output = state.exchange.takeOutput()
        return (output, state.takeWaiting(), state.exchange.isDrained)
      }
      waiting.resume(self)

      if output != nil || isDrained {
        return output
      }
      await self.untilOutput()
    }
  }

  /// Takes all there is to send, for a front on an event loop.
  ///
  /// - Returns: What to send, or `nil` when there is nothing.
  package func takeOutput() -> ServerResponseOutput? {
    let (output, waiting) = self.state.withLock { state in
      let output = state.exchange.takeOutput()
      state.isFrontTold = false
      return (output, state.takeWaiting())
    }
    waiting.resume(self)
    return output
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

  /// Whether the call hasn't ended.
  var isOpen: Bool {
    self.state.withLock { $0.exchange.status == nil }
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
    var frontWithOutput: (any ServerCallFront)?
    var frontWithRoom: (any ServerCallFront)?
    var readers: [CheckedContinuation<Void, any Error>] = []
    var writers: [CheckedContinuation<Void, any Error>] = []

    func resume(_ call: ServerCall) {
      self.sender?.resume()
      self.frontWithOutput?.outputIsReady(of: call)
      self.frontWithRoom?.hasRoom(for: call)
      for reader in self.readers {
        reader.resume()
      }
      for writer in self.writers {
        writer.resume()
      }
    }
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCall.State {
  mutating func receive(_ bytes: ByteBuffer?) {
    if let bytes = bytes {
      self.exchange.receive(bytes)
    } else {
      self.exchange.receiveEnd()
    }
  }

  /// Whether the service, if it waits, can go on reading.
  var isReadable: Bool {
    self.exchange.hasRequestEvent || self.exchange.status != nil
  }

  /// Whether more of the request may be received: what is there isn't enough for the service to go
  /// on, or it isn't much.
  var hasRoom: Bool {
    !self.isReadable || self.exchange.unreadBytes < ServerCall.maximumUnreadBytes
  }

  /// Takes those who can go on.
  mutating func takeWaiting() -> ServerCall.Waiting {
    var waiting = self.takeWaitingForRoom()
    if self.exchange.hasOutput {
      waiting.sender = self.sender.take()
      if !self.isFrontTold, let front = self.front {
        self.isFrontTold = true
        waiting.frontWithOutput = front
      }
    }
    if self.exchange.isWritable {
      waiting.writers = self.writers.takeAll()
    }
    waiting.readers = self.takeReaders()
    return waiting
  }

  /// Takes those who can go on when something has been read.
  mutating func takeWaitingForRoom() -> ServerCall.Waiting {
    var waiting = ServerCall.Waiting()
    if self.isFrontWaiting && self.hasRoom {
      self.isFrontWaiting = false
      waiting.frontWithRoom = self.front
    }
    return waiting
  }

  /// Takes those who wait for the request, if they can go on.
  mutating func takeReaders() -> [CheckedContinuation<Void, any Error>] {
    self.isReadable ? self.readers.takeAll() : []
  }
}
