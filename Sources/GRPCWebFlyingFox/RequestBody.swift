#if FlyingFox
internal import FlyingFox
internal import Foundation
internal import NIOCore
internal import Synchronization

/// The body of a request, read in a task of its own.
///
/// FlyingFox takes what is left unread of a body for the next request. So the body has to be read to
/// its end, also when the service is cancelled: reading goes on where the service left off, and isn't
/// broken off in the middle of a chunk.
@available(GRPCWeb 1.0, *)
final class RequestBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  typealias Failure = any Error

  /// Asks the reader for one more part; finished, for all that is left, to be dropped.
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
          // A body of no bytes may come as a part without any.
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

  /// Reads what is left, and drops it.
  ///
  /// - Throws: What reading throws: the client is gone.
  func drain() async throws {
    self.demand.finish()
    try await withTaskCancellationHandler {
      try await self.reader.value
    } onCancel: {
      self.cancel()
    }
  }

  /// Reads no more, whoever waits.
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
        // Else a cancelled task would take the part that didn't come for the end.
        try Task.checkCancellation()
      }
      return part
    }
  }
}

/// Something that happens once.
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
