internal import Synchronization

/// Something that a test waited for did not happen in time.
public struct TestTimeout: Error, CustomStringConvertible {
  /// What did not happen.
  public var description: String

  /// Creates an error.
  public init(description: String) {
    self.description = description
  }
}

/// The time that a test waits, by default, for something that should happen at once: long enough
/// for a busy machine.
public let defaultTimeout: Duration = .seconds(100)

/// Waits until a condition holds.
///
/// - Parameters:
///   - what: What the condition says, for the error.
///   - deadline: How long to wait.
///   - condition: Looked at again and again.
/// - Throws: ``TestTimeout``, or what the condition throws.
@available(GRPCWeb 1.0, *)
public func eventually(
  _ what: String,
  within deadline: Duration = defaultTimeout,
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + deadline
  while try await !condition() {
    guard ContinuousClock.now < end else {
      throw TestTimeout(description: "Not within \(deadline): \(what)")
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

/// Waits until a value has not changed for a while.
///
/// - Parameters:
///   - what: What the value is, for the error.
///   - quiet: How long it has to stay as it is.
///   - value: Reads the value.
/// - Returns: The value.
/// - Throws: ``TestTimeout`` when it keeps changing.
@available(GRPCWeb 1.0, *)
public func settled<Value: Equatable>(
  _ what: String,
  quiet: Duration = .milliseconds(300),
  _ value: () -> Value
) async throws -> Value {
  var last = value()
  var since = ContinuousClock.now
  try await eventually("\(what) settles") {
    let current = value()
    if current != last {
      last = current
      since = .now
    }
    return ContinuousClock.now - since >= quiet
  }
  return last
}

/// Returns what an operation returns, if it does so in time.
///
/// Does not wait for an operation that ignores cancellation.
///
/// - Throws: ``TestTimeout``, or what the operation throws.
@available(GRPCWeb 1.0, *)
public func within<Result: Sendable>(
  _ deadline: Duration = defaultTimeout,
  _ what: String,
  _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  let outcome = Recorder<Swift.Result<Result, any Error>>()
  let task = Task {
    do {
      outcome.append(.success(try await operation()))
    } catch {
      outcome.append(.failure(error))
    }
  }
  defer { task.cancel() }

  try await eventually(what, within: deadline) {
    !outcome.values.isEmpty
  }
  return try outcome.values[0].get()
}

/// Keeps what happened, from whatever task.
@available(GRPCWeb 1.0, *)
public final class Recorder<Value: Sendable>: Sendable {
  private let state = Mutex<[Value]>([])

  /// Creates an empty recorder.
  public init() {}

  /// What was recorded, in order.
  public var values: [Value] {
    self.state.withLock { $0 }
  }

  /// Records a value.
  public func append(_ value: Value) {
    self.state.withLock { $0.append(value) }
  }
}

/// A gate that a test opens, for services that are to wait, or that a service opens, for a test that
/// waits for it.
@available(GRPCWeb 1.0, *)
public final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Creates a gate that is shut.
  public init() {}

  /// Whether the gate has been opened.
  public var isOpen: Bool {
    self.state.withLock { $0.isOpen }
  }

  /// Lets everyone pass from now on.
  public func open() {
    let waiting = self.state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting {
      continuation.resume()
    }
  }

  /// Waits until the gate is open, whether or not the task is cancelled.
  public func passIgnoringCancellation() async {
    await withCheckedContinuation { continuation in
      let isOpen = self.state.withLock { state in
        if !state.isOpen {
          state.waiting.append(continuation)
        }
        return state.isOpen
      }
      if isOpen {
        continuation.resume()
      }
    }
  }

  /// Waits until the gate is open.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, ``TestTimeout`` when it takes too long.
  public func pass(
    _ what: String = "the gate opens",
    within deadline: Duration = defaultTimeout
  ) async throws {
    try await eventually(what, within: deadline) { self.isOpen }
  }
}

/// Suspends for ever, until the task is cancelled.
///
/// - Throws: `CancellationError`.
@available(GRPCWeb 1.0, *)
public func suspendUntilCancelled() async throws {
  while true {
    try await Task.sleep(for: .seconds(3600))
  }
}
