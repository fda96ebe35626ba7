internal import Synchronization

/// The times of one call, which its state machine, without a clock, can't tell.
@available(GRPCWeb 1.0, *)
struct CallTimes: ~Copyable, Sendable {
  /// The times of a call that has ended, both from its start.
  struct Ended {
    var duration: Duration
    var timeToFirstMessage: Duration?
  }

  private enum State {
    /// No message of the response has passed yet.
    case started
    case responding(firstMessage: ContinuousClock.Instant)
    /// The end has been reported.
    case ended
  }

  private let start: ContinuousClock.Instant
  private let state = Mutex(State.started)

  /// Starts the clock.
  init() {
    self.start = .now
  }

  /// Notes a message of the response; only the first counts.
  func responseMessagePassed() {
    self.state.withLock { state in
      if case .started = state {
        state = .responding(firstMessage: .now)
      }
    }
  }

  /// Notes the end of the call.
  ///
  /// - Returns: The times; `nil` if the end has been noted before.
  func end() -> Ended? {
    let state = self.state.withLock { state in
      defer { state = .ended }
      return state
    }
    let duration = .now - self.start
    switch state {
    case .started:
      return Ended(duration: duration, timeToFirstMessage: nil)
    case .responding(let firstMessage):
      return Ended(duration: duration, timeToFirstMessage: firstMessage - self.start)
    case .ended:
      return nil
    }
  }
}
