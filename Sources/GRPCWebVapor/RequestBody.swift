#if Vapor
internal import NIOCore
internal import Synchronization
internal import Vapor

/// The body of a request, which is read as the service asks for it, and always to its end.
///
/// Vapor's own sequence must not be left early: Vapor then stops reading the connection, and receives neither the
/// rest of the body nor the next request.
@available(GRPCWeb 1.0, *)
final class RequestBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  typealias Failure = any Error

  private enum Reading {
    /// The service waits for bytes.
    case wanted
    /// Vapor has delivered bytes, and waits until the service asks for more.
    case held(EventLoopPromise<Void>)
    /// Neither the service nor Vapor waits.
    case idle
    /// The service reads no more: further bytes are dropped.
    case dropped
  }

  private let reading = Mutex(Reading.idle)
  private let parts: AsyncThrowingStream<ByteBuffer, any Error>
  private let received: AsyncThrowingStream<ByteBuffer, any Error>.Continuation

  init(of request: Vapor.Request) {
    (self.parts, self.received) = AsyncThrowingStream.makeStream()
    let eventLoop = request.eventLoop
    request.body.drain { [weak self, received] result in
      switch result {
      case .buffer(let buffer):
        return self?.receive(buffer, on: eventLoop) ?? eventLoop.makeSucceededVoidFuture()
      case .error(let error):
        received.finish(throwing: error)
      case .end:
        received.finish()
      }
      return eventLoop.makeSucceededVoidFuture()
    }
  }

  deinit {
    self.drop()
  }

  private func receive(
    _ buffer: ByteBuffer,
    on eventLoop: any EventLoop
  ) -> EventLoopFuture<Void> {
    self.reading.withLock { reading in
      switch reading {
      case .idle:
        let promise = eventLoop.makePromise(of: Void.self)
        reading = .held(promise)
        self.received.yield(buffer)
        return promise.futureResult
      case .wanted:
        reading = .idle
        self.received.yield(buffer)
      case .held, .dropped:
        break
      }
      return eventLoop.makeSucceededVoidFuture()
    }
  }

  private func demand() {
    let held = self.reading.withLock { reading -> EventLoopPromise<Void>? in
      switch reading {
      case .held(let promise):
        reading = .idle
        return promise
      case .idle:
        reading = .wanted
      case .wanted, .dropped:
        break
      }
      return nil
    }
    held?.succeed()
  }

  /// Ends the sequence; further bytes are dropped.
  func drop() {
    let held = self.reading.withLock { reading -> EventLoopPromise<Void>? in
      defer { reading = .dropped }
      guard case .held(let promise) = reading else { return nil }
      return promise
    }
    self.received.finish()
    held?.succeed()
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(body: self, parts: self.parts.makeAsyncIterator())
  }

  struct AsyncIterator: AsyncIteratorProtocol {
    let body: RequestBody
    var parts: AsyncThrowingStream<ByteBuffer, any Error>.AsyncIterator

    mutating func next() async throws -> ByteBuffer? {
      self.body.demand()
      let part = try await self.parts.next()
      if part == nil {
        // For a cancelled task `nil` isn't the end of the body.
        try Task.checkCancellation()
      }
      return part
    }
  }
}
#endif
