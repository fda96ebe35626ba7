/// Tasks that are suspended until something changes, each of which can be cancelled by itself.
///
/// Kept under the lock that guards what may change; resumed outside of it.
@available(GRPCWeb 1.0, *)
package struct SuspendedTasks: Sendable {
  /// Names a task, for its cancellation.
  package struct ID: Hashable, Sendable {
    fileprivate var number: UInt64
  }

  private var tasks: [(id: ID, continuation: CheckedContinuation<Void, any Error>)] = []
  private var lastNumber: UInt64 = 0

  package init() {}

  /// Whether no task is here.
  package var isEmpty: Bool {
    self.tasks.isEmpty
  }

  /// Makes a name for a task that is about to be suspended.
  package mutating func makeID() -> ID {
    self.lastNumber += 1
    return ID(number: self.lastNumber)
  }

  /// Adds a task.
  package mutating func suspend(_ continuation: CheckedContinuation<Void, any Error>, as id: ID) {
    self.tasks.append((id, continuation))
  }

  /// Takes one task, if it is still here, to be resumed with a `CancellationError`.
  package mutating func take(_ id: ID) -> CheckedContinuation<Void, any Error>? {
    self.tasks.firstIndex { $0.id == id }.map { self.tasks.remove(at: $0).continuation }
  }

  /// Takes all tasks, to be resumed.
  package mutating func takeAll() -> [CheckedContinuation<Void, any Error>] {
    guard !self.tasks.isEmpty else { return [] }
    defer { self.tasks = [] }
    return self.tasks.map(\.continuation)
  }
}
