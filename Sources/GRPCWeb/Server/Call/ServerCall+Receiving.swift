internal import GRPCCore
package import NIOCore
internal import Synchronization

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// Decompresses a message of the request.
  ///
  /// - Throws: The error that the call failed with; a fault in the message fails it.
  func inflate(
    _ bytes: ByteBuffer,
    with inflater: inout MessageInflater
  ) throws(RPCError) -> GRPCWebMessage {
    do throws(RPCError) {
      let message = try inflater.inflate(
        bytes,
        limit: self.config.limits.maximumRequestMessageSize
      )
      if self.head.observed != nil {
        self.state.withLock { $0.stateMachine.receiveInflatedSize(message.count) }
      }
      return message
    } catch {
      self.serviceFailed(error, by: .badRequest(error))
      throw error
    }
  }

  /// Takes the next part of the request, of which the service reads one at a time.
  ///
  /// After `needsBytes` the caller reads from the body, and reports with ``receive(_:)`` what it read. Until then the
  /// body is in use.
  ///
  /// - Throws: The error that the call failed with.
  func nextRequestEvent() throws(RPCError) -> RequestDecoder.Event {
    var failure: RPCError?
    let (event, delegate, waiting) = self.state.withLock {
      state -> (RequestDecoder.Event, (any ServerCallDelegate)?, ServerCallState.Waiting?) in
      do throws(RPCError) {
        let event = try state.stateMachine.nextRequestEvent()
        if event == .needsBytes && state.delegate == nil {
          state.receiving = .reading(endWaiter: nil)
        }
        return (event, state.takeDelegateIfRoom(), nil)
      } catch {
        failure = error
        return (.end, nil, state.takeWaiting())
      }
    }
    delegate?.hasRoom(for: self)
    waiting?.resume(self)
    if let failure = failure {
      throw failure
    }
    return event
  }

  /// Takes what was read from the request's body, `nil` for its end.
  func receive(_ bytes: ByteBuffer?) {
    let endWaiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.receive(bytes)
      guard case .reading(let endWaiter) = state.receiving else { return nil }
      state.receiving = .open
      return endWaiter
    }
    endWaiter?.resume()
  }

  /// Takes what came of the request's body, `nil` for its end, from the delegate.
  ///
  /// - Returns: Whether there is room for more. Where there isn't, the delegate is to hold back what else
  ///   comes until ``ServerCallDelegate/hasRoom(for:)`` is called.
  package func deliver(_ bytes: ByteBuffer?) -> Bool {
    let (readers, hasRoom) = self.state.withLock { state in
      state.receive(bytes)
      let readers = state.takeReaders()
      let hasRoom = state.hasRoom
      state.receiving = hasRoom ? .open : .full
      return (readers, hasRoom)
    }
    for reader in readers {
      reader.resume()
    }
    return hasRoom
  }

  /// Whether a message has to be completed before the service can go on: its client is expected to send.
  ///
  /// Not so between two messages of a stream, and when the call has ended.
  package var isAwaitingRestOfMessage: Bool {
    self.state.withLock { $0.stateMachine.isAwaitingRestOfMessage }
  }

  /// Waits until the service can be handed a part of the request, or the call has ended.
  ///
  /// - Throws: A `CancellationError` when the task is cancelled while it waits.
  func untilReadable() async throws {
    try await self.state.suspend(in: \.readers) { !$0.isReadable }
  }

  /// Whether the service is reading from the request's body.
  var isReading: Bool {
    self.state.withLock { state in
      if case .reading = state.receiving { true } else { false }
    }
  }

  /// Waits until the service doesn't read from the request's body, after the call has ended.
  ///
  /// The service won't read again: a body can be read by one at a time, and the adapter will want to read
  /// what the service left.
  func untilReadingEnds() async {
    await withCheckedContinuation { continuation in
      let isReading = self.state.withLock { state in
        guard case .reading = state.receiving else { return false }
        state.receiving = .reading(endWaiter: continuation)
        return true
      }
      if !isReading {
        continuation.resume()
      }
    }
  }
}
