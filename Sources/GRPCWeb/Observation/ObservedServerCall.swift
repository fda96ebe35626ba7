internal import GRPCCore
internal import Synchronization

/// A call of a server that an observer observes.
///
/// The state machine counts messages but has no clock; this type adds the times of the record.
@available(GRPCWeb 1.0, *)
final class ObservedServerCall: Sendable {
  private enum State {
    /// No message has been written yet.
    case started
    case writing(first: ContinuousClock.Instant)
    /// The end has been reported to the observer.
    case ended
  }

  private let observation: any GRPCWebServerCallObservation
  private let start: ContinuousClock.Instant
  let info: GRPCWebCallInfo
  private let state = Mutex(State.started)

  /// Reports the start of a call to an observer.
  ///
  /// - Returns: `nil` if the observer doesn't observe the call.
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

  /// Records the time of the first message of the response.
  func messageWritten() {
    self.state.withLock { state in
      if case .started = state {
        state = .writing(first: .now)
      }
    }
  }

  /// Reports the end of the call to the observer; only the first report counts.
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
