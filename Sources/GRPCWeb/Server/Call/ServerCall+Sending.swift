internal import GRPCCore
internal import NIOCore
internal import Synchronization

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// Writes a part of the response, without waiting.
  ///
  /// - Returns: Whether the writer may go on, or is to wait with ``untilWritable()`` as too much isn't
  ///   sent yet.
  /// - Throws: The error that the call failed with.
  func enqueue(_ part: RPCResponsePart<GRPCWebMessage>) throws(RPCError) -> Bool {
    switch part {
    case .metadata(let metadata):
      return try self.write { stateMachine throws(RPCError) in try stateMachine.write(metadata) }
    case .message(let message):
      let frame = try self.frame(message)
      self.head.observed?.messageWritten()
      return try self.write { stateMachine throws(RPCError) in
        try stateMachine.write(frame: frame, messageSize: message.count)
      }
    case .status(let status, let metadata):
      return try self.write { stateMachine throws(RPCError) in
        try stateMachine.write(status, metadata)
      }
    }
  }

  /// Waits until what wasn't sent has been, or the call has ended.
  ///
  /// - Throws: A `CancellationError` when the task is cancelled while it waits.
  func untilWritable() async throws {
    try await self.state.suspend(in: \.writers) { !$0.stateMachine.isWritable }
  }

  /// Writes to the state machine, and resumes the waiters that can go on.
  ///
  /// - Returns: Whether the writer may go on.
  private func write(
    _ body: (inout ServerCallStateMachine) throws(RPCError) -> Void
  ) throws(RPCError) -> Bool {
    var failure: RPCError?
    let (waiting, isWritable) = self.state.withLock { state -> (ServerCallState.Waiting?, Bool) in
      do throws(RPCError) {
        try body(&state.stateMachine)
      } catch {
        failure = error
      }
      return (state.takeWaiting(), state.stateMachine.isWritable)
    }
    waiting?.resume(self)

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
      let frame = try self.framer.withLock { framer throws(RPCError) in
        try framer.frame(message)
      }
      // A smaller frame isn't kept: the queue appends other frames to it, and a second reference to its memory would
      // make that a copy.
      if frame.readableBytes > FrameQueue.largestCopiedFrame {
        GRPCWebMessage.keepMemory(of: frame)
      }
      return frame
    } catch {
      self.serviceFailed(error, by: error.code == .resourceExhausted ? .limit : .service)
      throw error
    }
  }

  /// Waits for something to send and takes all there is.
  ///
  /// - Returns: What to send, or `nil` after the end. One caller at a time.
  func nextOutput() async -> ServerResponseOutput? {
    while true {
      let (output, waiting, isDrained) = self.state.withLock { state in
        let output = state.stateMachine.takeOutput()
        return (output, state.takeWaiting(), state.stateMachine.isDrained)
      }
      waiting?.resume(self)
      self.reportEnd(ifIn: output)

      if output != nil || isDrained {
        return output
      }
      await self.state.suspend(in: \.outputWaiter) { !$0.stateMachine.hasOutput }
    }
  }

  /// Takes all there is to send, for the delegate.
  ///
  /// - Returns: What to send, or `nil` when there is nothing.
  package func takeOutput() -> ServerResponseOutput? {
    let (output, waiting) = self.state.withLock { state in
      let output = state.stateMachine.takeOutput()
      state.isDelegateNotified = false
      return (output, state.takeWaiting())
    }
    waiting?.resume(self)
    self.reportEnd(ifIn: output)
    return output
  }

  /// Tells the observer of the end of the call, if that is in what has been taken.
  private func reportEnd(ifIn output: ServerResponseOutput?) {
    if let observed = self.head.observed, output?.isEnd == true {
      self.reportEnd(to: observed)
    }
  }

  /// Tells the observer of the end of the call, unless it has been told.
  func reportEnd(to observed: ObservedServerCall) {
    if let outcome = self.state.withLock({ $0.stateMachine.outcome }) {
      observed.end(with: outcome, of: self.head)
    }
  }
}
