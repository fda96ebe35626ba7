internal import GRPCCore
internal import HTTPTypes
internal import NIOCore
internal import Synchronization

/// One call on the client, shared by its two sides: gRPC Swift, which writes the request and reads
/// the response, and the HTTP exchange.
///
/// The ``ClientCallStateMachine`` makes all decisions. This type adds the suspended tasks of both
/// sides.
@available(GRPCWeb 1.0, *)
final class ClientCall: Sendable {
  fileprivate struct State {
    var stateMachine: ClientCallStateMachine
    /// The task of the HTTP exchange, while it waits for a request that can be sent.
    var requestWaiter: CheckedContinuation<Void, Never>?
    /// The task of the HTTP exchange, while it waits for more of the request's body.
    var bodyWaiter: CheckedContinuation<Void, Never>?
    /// The task of the HTTP exchange, while the client doesn't need more of the response.
    var responseWaiter: CheckedContinuation<Void, Never>?
    /// The tasks of writers, while too much is queued.
    var writers = Waiters()
    /// The task of the reader, while it waits for the response.
    var readWaiter: CheckedContinuation<Void, Never>?
    var httpExchange: Task<Void, Never>?
  }

  private let state: Mutex<State>
  /// The observed attempt, which gets the outcome of the call; `nil` if the call has no observer.
  private let observed: ObservedClientAttempt?

  init(options: ClientCallOptions, observed: ObservedClientAttempt? = nil) {
    let stateMachine = ClientCallStateMachine(call: options, countsMessages: observed != nil)
    self.state = Mutex(State(stateMachine: stateMachine))
    self.observed = observed
  }

  /// Stores the task that makes the HTTP exchange.
  func httpExchangeStarted(_ task: Task<Void, Never>) {
    self.state.withLock { $0.httpExchange = task }
  }

  /// Ends the call with an error, unless the call has ended, and cancels the HTTP exchange in any
  /// case.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - end: The origin of the error.
  func end(_ error: RPCError, by end: GRPCWebCallRecord.End) {
    self.update { $0.fail(error, by: end) }
    self.state.withLock { $0.httpExchange }?.cancel()
  }

  /// Changes the state machine, and resumes the tasks that waited for the change.
  private func update<Result, Failure: Error>(
    _ change: (inout ClientCallStateMachine) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var waiting = Waiting()
    var outcome: ClientCallOutcome?
    defer {
      if let outcome = outcome {
        self.observed?.end(with: outcome)
      }
      waiting.resume()
    }
    return try self.state.withLock { state throws(Failure) in
      defer {
        waiting = state.takeWaiting()
        if self.observed != nil {
          outcome = state.stateMachine.outcome
        }
      }
      return try change(&state.stateMachine)
    }
  }

  // The client

  /// Writes a part of the request, and waits while more bytes are queued than the limit.
  ///
  /// - Throws: The error that the call failed with, or a `CancellationError` when the task is
  ///   cancelled while it waits.
  func write(_ part: RPCRequestPart<GRPCWebMessage>) async throws {
    let part = self.observed?.prepared(part) ?? part
    let isWritable = try self.update { stateMachine throws(RPCError) in
      try stateMachine.write(part)
      return stateMachine.isWritable
    }
    if !isWritable {
      try await self.state.suspend(in: \.writers) { !$0.stateMachine.isWritable }
    }
  }

  /// Ends the request.
  func finishRequest() {
    self.update { $0.finishRequest() }
  }

  /// Reads the next part of the response.
  ///
  /// There is one reader at a time.
  ///
  /// - Returns: A part, or `nil` after the status.
  /// - Throws: The error that the call failed with; `cancelled` when the task is cancelled.
  func nextResponsePart() async throws(RPCError) -> RPCResponsePart<GRPCWebMessage>? {
    while true {
      let event = try self.update { stateMachine throws(RPCError) in
        try stateMachine.nextResponseEvent()
      }
      switch event {
      case .part(let part):
        if let observed = self.observed, case .message = part {
          observed.messageRead()
        }
        return part
      case .end:
        return nil
      case .needsBytes:
        await withTaskCancellationHandler {
          await self.state.suspend(in: \.readWaiter) { !$0.stateMachine.hasResponse }
        } onCancel: {
          self.end(.cancelledByClient, by: .client)
        }
      }
    }
  }

  // The HTTP exchange

  /// Waits for a request that can be sent.
  ///
  /// - Returns: The head of the request, and its body if that is complete; `nil` if the call ended
  ///   before the request could be sent.
  func untilRequest() async -> (head: HTTPRequest, body: GRPCWebRequestBody)? {
    await self.state.suspend(in: \.requestWaiter) { !$0.stateMachine.isStarted }
    return self.update { stateMachine -> (HTTPRequest, GRPCWebRequestBody)? in
      guard !stateMachine.isEnded, let head = stateMachine.requestHead else { return nil }
      guard stateMachine.isRequestFinished else {
        return (head, .stream(GRPCWebRequestStream(call: self)))
      }
      return (head, .complete(Self.join(stateMachine.takeRequestBody())))
    }
  }

  private static func join(_ buffers: [ByteBuffer]) -> ByteBuffer {
    guard var joined = buffers.first else { return ByteBuffer() }
    for buffer in buffers.dropFirst() {
      joined.writeImmutableBuffer(buffer)
    }
    return joined
  }

  /// Waits for more of the request's body, and removes and returns all that is queued.
  ///
  /// - Returns: The bytes to send, none at the end of the body.
  /// - Throws: The error that the call failed with.
  func nextRequestBody() async throws(RPCError) -> [ByteBuffer] {
    await self.state.suspend(in: \.bodyWaiter) { !$0.stateMachine.hasRequestBody }
    return try self.update { stateMachine throws(RPCError) in
      if let failure = stateMachine.failure {
        throw failure
      }
      return stateMachine.takeRequestBody()
    }
  }

  /// Receives the head of the response.
  func receive(_ response: HTTPResponse) {
    self.update { $0.receive(response) }
  }

  /// Receives bytes of the response's body, `nil` for its end, and waits until more are needed.
  ///
  /// - Returns: Whether the HTTP client should read on; `false` when the call has ended.
  func receive(_ bytes: ByteBuffer?) async -> Bool {
    self.update { stateMachine in
      if let bytes = bytes {
        stateMachine.receive(bytes)
      } else {
        stateMachine.receiveEnd()
      }
    }
    guard bytes != nil else { return false }
    await self.state.suspend(in: \.responseWaiter) { !$0.stateMachine.wantsResponse }
    return self.state.withLock { !$0.stateMachine.isEnded }
  }
}

@available(GRPCWeb 1.0, *)
extension ClientCall {
  /// The tasks that can be resumed after a change, to be resumed outside of the lock.
  fileprivate struct Waiting {
    var tasks: [CheckedContinuation<Void, Never>] = []
    var writers: [CheckedContinuation<Void, any Error>] = []

    mutating func add(_ task: CheckedContinuation<Void, Never>?) {
      if let task = task {
        self.tasks.append(task)
      }
    }

    func resume() {
      for task in self.tasks {
        task.resume()
      }
      for writer in self.writers {
        writer.resume()
      }
    }
  }
}

@available(GRPCWeb 1.0, *)
extension ClientCall.State {
  /// Removes and returns the tasks that can be resumed.
  mutating func takeWaiting() -> ClientCall.Waiting {
    var waiting = ClientCall.Waiting()
    if self.stateMachine.isStarted {
      waiting.add(self.requestWaiter.take())
    }
    if self.stateMachine.hasRequestBody {
      waiting.add(self.bodyWaiter.take())
    }
    if self.stateMachine.wantsResponse {
      waiting.add(self.responseWaiter.take())
    }
    if self.stateMachine.hasResponse {
      waiting.add(self.readWaiter.take())
    }
    if self.stateMachine.isWritable {
      waiting.writers = self.writers.takeAll()
    }
    return waiting
  }
}
