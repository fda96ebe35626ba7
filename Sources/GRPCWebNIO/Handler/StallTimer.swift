#if NIO
internal import NIOCore

/// Tells when something that is waited for hasn't moved for some time.
///
/// To move costs no timer: one that fires too early is scheduled again for the time that is left.
@available(GRPCWeb 1.0, *)
final class StallTimer {
  private enum State {
    /// Nothing is waited for.
    case idle
    /// Something is waited for, and last moved then.
    case waiting(since: NIODeadline)
  }

  private let timeout: TimeAmount
  private let eventLoop: any EventLoop
  private let onStall: () -> Void
  private var state = State.idle
  private var scheduled: Scheduled<Void>?

  /// Creates a timer that waits for nothing yet.
  ///
  /// - Parameters:
  ///   - timeout: How long it may take until something moves.
  ///   - eventLoop: The event loop, on which all is to be called.
  ///   - onStall: Called when it has taken longer; nothing is waited for any more then.
  init(timeout: Duration, eventLoop: any EventLoop, onStall: @escaping () -> Void) {
    self.timeout = TimeAmount(timeout)
    self.eventLoop = eventLoop
    self.onStall = onStall
  }

  /// Waits from now on: something has moved, or is waited for anew.
  func restart() {
    self.state = .waiting(since: self.eventLoop.now)
    if self.scheduled == nil {
      self.schedule(in: self.timeout)
    }
  }

  /// Starts to wait, unless it waits already.
  func start() {
    if case .idle = self.state {
      self.restart()
    }
  }

  /// Waits no more.
  ///
  /// What is scheduled stays, as most who stop it start it again.
  func stop() {
    self.state = .idle
  }

  /// Waits no more, and lets go of whoever was to be told.
  func cancel() {
    self.state = .idle
    self.scheduled?.cancel()
    self.scheduled = nil
  }

  private func schedule(in delay: TimeAmount) {
    self.scheduled = self.eventLoop.assumeIsolated().scheduleTask(in: delay) {
      self.scheduled = nil
      guard case .waiting(let since) = self.state else { return }
      let waited = self.eventLoop.now - since
      if waited < self.timeout {
        self.schedule(in: self.timeout - waited)
      } else {
        self.state = .idle
        self.onStall()
      }
    }
  }
}
#endif
