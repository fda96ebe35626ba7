#if FlyingFox
internal import FlyingFox
internal import Foundation
internal import NIOCore
internal import Synchronization

/// The body of a request, read in a task of its own.
///
/// FlyingFox parses the unread rest of a body as the next request. So the body has to be read to
/// its end, even when the service is cancelled. The task of this type continues where the service
/// stopped reading, and isn't cancelled in the middle of a chunk.
@available(GRPCWeb 1.0, *)
final class RequestBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  typealias Failure = any Error

  /// Demand for parts: the reader reads one part for each element, and after the end of the stream
  /// it reads the rest of the body and drops it.
  private let demand: AsyncStream<Void>.Continuation
  private let parts: AsyncThrowingStream<ByteBuffer, any Error>
  private let reader: Task<Void, any Error>
  private let hasEnded = Flag()

  init(_ body: HTTPBodySequence) {
    let (demanded, demand) = AsyncStream.makeStream(of: Void.self)
    let (parts, received) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
    self.demand = demand
    self.parts = parts
    self.reader = Task { [hasEnded] in
      do {
        var iterator = body.makeAsyncIterator()
        for await _ in demanded {
          // FlyingFox may deliver an empty body as one empty part.
          guard let part = try await iterator.next(), !part.isEmpty else {
            hasEnded.set()
            received.finish()
            return
          }
          received.yield(ByteBuffer(bytes: part))
        }
        while let part = try await iterator.next(), !part.isEmpty {}
        hasEnded.set()
      } catch {
        received.finish(throwing: error)
        throw error
      }
    }
  }

  deinit {
    self.cancel()
  }

  /// Whether the body has been read to its end.
  var isAtEnd: Bool {
    self.hasEnded.isSet
  }

  /// Reads and drops the rest of the body.
  ///
  /// - Throws: The error that reading throws when the client has gone.
  func drain() async throws {
    self.demand.finish()
    try await withTaskCancellationHandler {
      try await self.reader.value
    } onCancel: {
      self.cancel()
    }
  }

  /// Stops reading, also for those who wait for a part or for the end.
  func cancel() {
    self.reader.cancel()
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(demand: self.demand, parts: self.parts.makeAsyncIterator())
  }

  struct AsyncIterator: AsyncIteratorProtocol {
    let demand: AsyncStream<Void>.Continuation
    var parts: AsyncThrowingStream<ByteBuffer, any Error>.AsyncIterator

    mutating func next() async throws -> ByteBuffer? {
      self.demand.yield()
      let part = try await self.parts.next()
      if part == nil {
        // Without this check, a cancelled task would mistake the missing part for the end of the
        // body.
        try Task.checkCancellation()
      }
      return part
    }
  }
}

/// A flag that can be set and not reset.
@available(GRPCWeb 1.0, *)
private final class Flag: Sendable {
  private let state = Mutex(false)

  var isSet: Bool {
    self.state.withLock { $0 }
  }

  func set() {
    self.state.withLock { $0 = true }
  }
}
#endif
