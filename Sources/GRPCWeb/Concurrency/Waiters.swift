package import Synchronization

/// Suspended tasks that wait for a state to change, each of which can be cancelled by itself.
///
/// Waiters are part of a state under a lock; `Mutex.suspend(in:while:)` adds to them. Code that changes the state removes
/// the waiters that can go on, and resumes them outside of the lock.
@available(GRPCWeb 1.0, *)
package struct Waiters: Sendable {
  /// A waiter, to be resumed once.
  package typealias Waiter = CheckedContinuation<Void, any Error>

  private var waiters: [(id: UInt64, waiter: Waiter)] = []
  private var lastID: UInt64 = 0

  /// Creates an empty set of waiters.
  package init() {}

  /// Whether there are no waiters.
  package var isEmpty: Bool {
    self.waiters.isEmpty
  }

  /// Removes and returns all waiters, in the order in which they came.
  package mutating func takeAll() -> [Waiter] {
    guard !self.waiters.isEmpty else { return [] }
    defer { self.waiters = [] }
    return self.waiters.map(\.waiter)
  }

  fileprivate mutating func makeID() -> UInt64 {
    self.lastID += 1
    return self.lastID
  }

  fileprivate mutating func append(_ waiter: Waiter, id: UInt64) {
    self.waiters.append((id, waiter))
  }

  fileprivate mutating func take(_ id: UInt64) -> Waiter? {
    self.waiters.firstIndex { $0.id == id }.map { self.waiters.remove(at: $0).waiter }
  }
}

@available(GRPCWeb 1.0, *)
extension Mutex {
  /// Suspends the task among the waiters of the state until it is resumed, if there is a reason to wait.
  ///
  /// - Parameters:
  ///   - waiters: Where the state has its waiters.
  ///   - mustWait: Whether there is a reason to wait.
  /// - Throws: A `CancellationError` when the task is cancelled, also while it waits.
  package func suspend(
    in waiters: any WritableKeyPath<Value, Waiters> & Sendable,
    while mustWait: (borrowing Value) -> Bool
  ) async throws where Value: Copyable {
    let id = self.withLock { $0[keyPath: waiters].makeID() }

    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let isWaiting = self.withLock { state in
          guard mustWait(state) && !Task.isCancelled else { return false }
          state[keyPath: waiters].append(waiter, id: id)
          return true
        }
        if !isWaiting {
          waiter.resume()
        }
      }
      try Task.checkCancellation()
    } onCancel: {
      self.withLock { $0[keyPath: waiters].take(id) }?.resume(throwing: CancellationError())
    }
  }

  /// Suspends the task as the only waiter in its place of the state until it is resumed, if there is a reason to
  /// wait.
  ///
  /// Cancellation doesn't resume the task: a cancellation handler that should end the wait has to change the state.
  ///
  /// - Parameters:
  ///   - waiter: Where the state has its waiter.
  ///   - mustWait: Whether there is a reason to wait.
  package func suspend(
    in waiter: any WritableKeyPath<Value, CheckedContinuation<Void, Never>?> & Sendable,
    while mustWait: (borrowing Value) -> Bool
  ) async where Value: Copyable {
    await withCheckedContinuation { continuation in
      let isWaiting = self.withLock { state in
        guard mustWait(state) else { return false }
        state[keyPath: waiter] = continuation
        return true
      }
      if !isWaiting {
        continuation.resume()
      }
    }
  }
}
