internal import GRPCCore
internal import Synchronization

/// A call that an observer waits for the end of, with the times that a record has: the state machine has no clock.
@available(GRPCWeb 1.0, *)
final class ObservedServerCall: Sendable {
  private enum State {
    /// No message has been written yet.
    case started
    case writing(first: ContinuousClock.Instant)
    /// The observer has been told.
    case ended
  }

  private let observation: any GRPCWebServerCallObservation
  private let start: ContinuousClock.Instant
  let info: GRPCWebCallInfo
  private let state = Mutex(State.started)

  /// Tells an observer of the start of a call.
  ///
  /// - Returns: `nil` when it doesn't want to know more.
  init?(_ info: GRPCWebCallInfo, observer: any GRPCWebServerObserver) {
    self.start = .now
    self.info = info
    guard let observation = observer.callStarted(info) else { return nil }
    self.observation = observation
  }

  /// Runs the service.
  func run(_ service: () async -> Void) async {
    await self.observation.run(service)
  }

  /// Notes the time of the first message of the response.
  func messageWritten() {
    self.state.withLock { state in
      if case .started = state {
        state = .writing(first: .now)
      }
    }
  }

  /// Tells the observer of the end of the call, unless it has been told.
  func end(with outcome: ServerCallOutcome, of head: GRPCWebCallHead) {
    let state = self.state.withLock { state in
      defer { state = .ended }
      return state
    }

    var record = GRPCWebCallRecord(
      info: self.info,
      status: outcome.status,
      end: outcome.end,
      duration: .now - self.start
    )
    switch state {
    case .started:
      break
    case .writing(let first):
      record.timeToFirstMessage = first - self.start
    case .ended:
      return
    }
    record.httpStatus = 200
    record.received = outcome.received
    record.sent = outcome.sent
    record.requestEncoding = head.requestEncoding?.rawValue
    record.responseEncoding = head.responseEncoding.rawValue
    self.observation.callEnded(record)
  }
}
