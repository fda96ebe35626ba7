internal import Dispatch
public import GRPCCore
internal import Synchronization

/// The messages of a stream, for code that isn't asynchronous.
///
/// The sequence can be read once. Its elements are results, as a `for` loop can't throw by itself: the last
/// element may be the error that the call ended with. ``next(timeout:)`` throws instead.
///
/// A reader that doesn't read slows the server down. Releasing the messages cancels the call.
@available(GRPCWeb 1.0, *)
public final class BlockingGRPCMessages<Message: Sendable>: Sendable, Sequence, IteratorProtocol {
  private let buffer: BlockingBuffer<Message>
  private let call: Task<Void, Never>

  init(
    of call:
      @escaping @Sendable (
        _ onResponse: @escaping @Sendable (StreamingClientResponse<Message>) async throws -> Void
      ) async throws -> Void
  ) {
    let buffer = BlockingBuffer<Message>()
    self.buffer = buffer
    self.call = Task {
      do {
        try await call { response in
          let contents = try response.accepted.get()
          buffer.setMetadata(contents.metadata)
          for try await part in contents.bodyParts {
            switch part {
            case .message(let message):
              try await buffer.append(message)
            case .trailingMetadata(let metadata):
              buffer.setTrailingMetadata(metadata)
            }
          }
        }
        buffer.end(.success(()))
      } catch {
        buffer.end(.failure(error))
      }
    }
  }

  deinit {
    self.call.cancel()
  }

  /// Waits for the next message.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes. The stream goes on when it
  ///     has passed.
  /// - Returns: The message, or `nil` at the end of the stream.
  /// - Throws: The error that the call failed with; `deadlineExceeded` when the timeout has passed;
  ///   `failedPrecondition` in a task.
  @available(*, noasync)
  public func next(timeout: Duration?) throws -> Message? {
    try self.buffer.next(timeout: timeout)
  }

  /// Waits for the next message.
  ///
  /// - Returns: The message, the error that the call failed with, or `nil` after either end. In a
  ///   task, which must not block, the error is `failedPrecondition`.
  public func next() -> Result<Message, any Error>? {
    self.buffer.nextResult()
  }

  /// Waits for the metadata that the response starts with.
  ///
  /// - Throws: The error that the call failed with, if it failed before the metadata arrived;
  ///   `failedPrecondition` in a task.
  @available(*, noasync)
  public func metadata() throws -> Metadata {
    try self.buffer.metadata()
  }

  /// The metadata at the end of the response; empty until all messages have been read.
  public var trailingMetadata: Metadata {
    self.buffer.trailingMetadata
  }

  /// Cancels the call.
  public func cancel() {
    self.call.cancel()
  }
}
