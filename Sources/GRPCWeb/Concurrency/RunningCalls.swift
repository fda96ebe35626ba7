/// The calls that run on a transport, and the task that waits for the last of them at shutdown.
///
/// A transport has its running calls under a lock, and resumes continuations outside of the lock.
@available(GRPCWeb 1.0, *)
struct RunningCalls<Call: AnyObject & Sendable>: Sendable {
  /// Whether further calls are refused.
  private(set) var isShuttingDown = false
  private var calls: [ObjectIdentifier: Call] = [:]
  /// The task that waits until shutdown has begun and the last call has ended.
  var shutdownWaiter: CheckedContinuation<Void, Never>?

  /// Whether shutdown has begun and the last call has ended.
  var isShutDown: Bool {
    self.isShuttingDown && self.calls.isEmpty
  }

  /// Whether no call runs.
  var isEmpty: Bool {
    self.calls.isEmpty
  }

  /// All calls that run.
  var all: [Call] {
    Array(self.calls.values)
  }

  /// Adds a call.
  ///
  /// - Returns: Whether the call may run: `false` when shutdown has begun.
  mutating func insert(_ call: Call) -> Bool {
    guard !self.isShuttingDown else { return false }
    self.calls[ObjectIdentifier(call)] = call
    return true
  }

  /// Removes a call that has ended.
  ///
  /// - Returns: The task that waited for the last call, if this call was the last.
  mutating func remove(_ call: Call) -> CheckedContinuation<Void, Never>? {
    self.calls[ObjectIdentifier(call)] = nil
    return self.takeWaiterIfShutDown()
  }

  /// Refuses calls from now on.
  ///
  /// - Returns: The task that waits for the last call, if no call runs.
  mutating func beginShutdown() -> CheckedContinuation<Void, Never>? {
    self.isShuttingDown = true
    return self.takeWaiterIfShutDown()
  }

  private mutating func takeWaiterIfShutDown() -> CheckedContinuation<Void, Never>? {
    self.isShutDown ? self.shutdownWaiter.take() : nil
  }
}
