internal import Dispatch
internal import GRPCCore
internal import GRPCWeb
internal import Synchronization

/// A bounded buffer of messages between a task, which is suspended while the buffer is full, and a thread, which is blocked
/// while the buffer is empty.
@available(GRPCWeb 1.0, *)
final class BlockingBuffer<Message: Sendable>: Sendable {
  private struct State {
    var messages: [Message] = []
    var metadata: Metadata?
    var trailingMetadata: Metadata = [:]
    var end: Result<Void, any Error>?
    /// Whether the error that the stream ended with has been returned.
    var isEndRead = false
    var writers = Waiters()
    /// The semaphores of the threads that wait for a change.
    var waiting: [DispatchSemaphore] = []
  }

  private let state = Mutex(State())

  /// The number of messages that may wait to be read.
  private static var capacity: Int { 16 }

  init() {}

  // The task

  func setMetadata(_ metadata: Metadata) {
    self.update { $0.metadata = metadata }
  }

  func setTrailingMetadata(_ metadata: Metadata) {
    self.state.withLock { $0.trailingMetadata = metadata }
  }

  /// Adds a message, and waits while the buffer is full.
  ///
  /// - Throws: A `CancellationError` when the task is cancelled while it waits.
  func append(_ message: Message) async throws {
    let isFull = self.update { state in
      state.messages.append(message)
      return state.messages.count >= Self.capacity
    }
    if isFull {
      try await self.state.suspend(in: \.writers) { $0.messages.count >= Self.capacity }
    }
  }

  func end(_ end: Result<Void, any Error>) {
    self.update { $0.end = end }
  }

  /// Changes the state, and wakes all threads that wait, as each of them may wait for this change.
  private func update<Result: Sendable>(_ change: (inout State) -> Result) -> Result {
    let (result, waiting) = self.state.withLock { state in
      let waiting = state.waiting
      state.waiting = []
      return (change(&state), waiting)
    }
    for thread in waiting {
      thread.signal()
    }
    return result
  }

  // The thread

  /// Waits for the next message.
  func next(timeout: Duration?) throws -> Message? {
    try self.wait(timeout: timeout) { state -> Result<Message?, any Error>? in
      if !state.messages.isEmpty {
        return .success(state.messages.removeFirst())
      }
      return state.end.map { end in end.map { nil } }
    }.get()
  }

  /// Waits for the next message; returns the error at the end once.
  func nextResult() -> Result<Message, any Error>? {
    do {
      return try self.next(timeout: nil).map { .success($0) }
    } catch {
      let isFirst = self.state.withLock { state in
        defer { state.isEndRead = true }
        return !state.isEndRead
      }
      return isFirst ? .failure(error) : nil
    }
  }

  /// Waits for the metadata that the response starts with.
  func metadata() throws -> Metadata {
    try self.wait(timeout: nil) { state -> Result<Metadata, any Error>? in
      state.metadata.map { .success($0) } ?? state.end.map { end in end.map { [:] } }
    }.get()
  }

  var trailingMetadata: Metadata {
    self.state.withLock { $0.messages.isEmpty ? $0.trailingMetadata : [:] }
  }

  /// Blocks until `take` returns a value.
  private func wait<Value>(
    timeout: Duration?,
    _ take: (inout State) -> Result<Value, any Error>?
  ) throws -> Result<Value, any Error> {
    try blockingAllowed()
    let deadline = DispatchTime(after: timeout)
    let changed = DispatchSemaphore(value: 0)
    while true {
      let (taken, writers) = self.state.withLock { state in
        let taken = take(&state)
        if taken == nil {
          state.waiting.append(changed)
        }
        let canWrite = state.messages.count < Self.capacity
        return (taken, canWrite ? state.writers.takeAll() : [])
      }
      for writer in writers {
        writer.resume()
      }
      if let taken = taken {
        return taken
      }
      guard changed.wait(timeout: deadline) == .success else {
        self.state.withLock { $0.waiting.removeAll { $0 === changed } }
        throw RPCError(code: .deadlineExceeded, message: "The timeout of the wait has passed.")
      }
    }
  }
}

extension DispatchTime {
  /// The time when a duration from now will have passed; without a duration, never.
  @available(GRPCWeb 1.0, *)
  init(after timeout: Duration?) {
    guard let timeout = timeout else {
      self = .distantFuture
      return
    }
    let (seconds, attoseconds) = timeout.components
    self = .now() + .seconds(Int(seconds)) + .nanoseconds(Int(attoseconds / 1_000_000_000))
  }
}
