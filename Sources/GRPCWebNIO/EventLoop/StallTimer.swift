#if NIO
/// Calls a function when something that is waited for hasn't progressed for some time.
///
/// To be cancelled before it is let go.
@available(GRPCWeb 1.0, *)
struct StallTimer {
  private let queue: TimeoutQueue?
  private var timer: TimeoutQueue.Timer?

  /// Creates a timer that waits for nothing yet.
  ///
  /// - Parameter queue: The timers of the same timeout; `nil` for a timer that never fires.
  init(_ queue: TimeoutQueue?) {
    self.queue = queue
  }

  /// Waits from now on: there was progress, or something else is waited for.
  ///
  /// - Parameter onStall: Called when there was no progress for the timeout. Nothing is waited for any more by then.
  mutating func restart(_ onStall: @escaping () -> Void) {
    guard let queue = self.queue else { return }
    if let timer = self.timer, queue.restart(timer) {
      return
    }
    self.timer = queue.start(onStall)
  }

  /// Waits from now on, unless it waits already.
  ///
  /// - Parameter onStall: As that of ``restart(_:)``.
  mutating func start(_ onStall: @escaping () -> Void) {
    if let timer = self.timer, self.queue?.isRunning(timer) == true {
      return
    }
    self.restart(onStall)
  }

  /// Waits for nothing any more, and releases the function.
  mutating func cancel() {
    if let timer = self.timer.take() {
      self.queue?.cancel(timer)
    }
  }
}
#endif
