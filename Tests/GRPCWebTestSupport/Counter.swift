internal import Synchronization

/// A number that several tasks count up and look at.
@available(GRPCWeb 1.0, *)
public final class Counter: Sendable {
  private let count = Mutex(0)

  /// Creates a counter that starts at zero.
  public init() {}

  /// What has been counted so far.
  public var value: Int {
    self.count.withLock { $0 }
  }

  /// Counts up, and returns the new value.
  @discardableResult
  public func add(_ amount: Int = 1) -> Int {
    self.count.withLock { count in
      count += amount
      return count
    }
  }

  /// Waits until the count is at least `value`.
  ///
  /// - Returns: Whether it came to that within the time.
  public func reaches(_ value: Int, within limit: Duration = defaultTimeout) async -> Bool {
    let deadline = ContinuousClock.now.advanced(by: limit)
    while self.value < value {
      guard ContinuousClock.now < deadline && !Task.isCancelled else { return false }
      try? await Task.sleep(for: .milliseconds(2))
    }
    return true
  }

  /// Waits until the count stays as it is.
  ///
  /// - Returns: The count after which it didn't change for a while.
  public func settled() async throws -> Int {
    var last = self.value
    var unchanged = 0
    while unchanged < 20 {
      try await Task.sleep(for: .milliseconds(10))
      let current = self.value
      unchanged = current == last ? unchanged + 1 : 0
      last = current
    }
    return last
  }
}
