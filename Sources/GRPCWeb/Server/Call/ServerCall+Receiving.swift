internal import GRPCCore
package import NIOCore
internal import Synchronization

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// Decompresses a message of the request.
  ///
  /// - Throws: The error that the call failed with. A fault in the message fails the call.
  func inflate(
    _ bytes: ByteBuffer,
    with inflater: inout MessageInflater
  ) throws(RPCError) -> GRPCWebMessage {
    do throws(RPCError) {
      let message = try inflater.inflate(
        bytes,
        limit: self.maximumRequestMessageSize
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

  /// Returns the next event of the request, whose parts the service reads one at a time.
  ///
  /// After `needsBytes` of an asynchronous adapter's call the caller reads from the body, and passes the bytes to
  /// ``receive(_:)``. Until then the body is in use.
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

  /// Receives the bytes that the service read from the body of an asynchronous adapter, `nil` for its end.
  func receive(_ bytes: ByteBuffer?) {
    let endWaiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.receive(bytes)
      guard case .reading(let endWaiter) = state.receiving else { return nil }
      state.receiving = .open
      return endWaiter
    }
    endWaiter?.resume()
  }

  /// Receives bytes of the request's body, `nil` for its end, from an adapter on an event loop.
  ///
  /// - Returns: Whether there is room for more. If not, the adapter holds further bytes back until
  ///   ``ServerCallDelegate/hasRoom(for:)`` is called.
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

  /// Whether the client has to send the rest of a message before the service can go on.
  ///
  /// `false` between two messages of a stream, and after the end of the call.
  package var isAwaitingRestOfMessage: Bool {
    self.state.withLock { $0.stateMachine.isAwaitingRestOfMessage }
  }

  /// Waits until a part of the request can be read, or the call has ended.
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

  /// Waits, after the end of the call, until the service doesn't read from the request's body any more.
  ///
  /// A body has one reader at a time, and the adapter reads what the service left. After the end of the call the service
  /// doesn't begin another read.
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
