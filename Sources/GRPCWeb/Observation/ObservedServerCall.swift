internal import GRPCCore

/// A call of a server that an observer observes.
///
/// The state machine counts messages but has no clock; ``CallTimes`` adds the times of the record.
@available(GRPCWeb 1.0, *)
final class ObservedServerCall: Sendable {
  private let observation: any GRPCWebServerCallObservation
  private let times = CallTimes()
  let info: GRPCWebCallInfo

  /// Reports the start of a call to an observer.
  ///
  /// - Returns: `nil` if the observer doesn't observe the call.
  init?(_ info: GRPCWebCallInfo, observer: any GRPCWebServerObserver) {
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
    self.times.responseMessagePassed()
  }

  /// Reports the end of the call to the observer; only the first report counts.
  func end(with outcome: ServerCallOutcome, of head: GRPCWebCallHead) {
    guard let times = self.times.end() else { return }
    var record = GRPCWebCallRecord(
      info: self.info,
      status: outcome.status,
      end: outcome.end,
      duration: times.duration
    )
    record.timeToFirstMessage = times.timeToFirstMessage
    record.httpStatus = 200
    record.received = outcome.received
    record.sent = outcome.sent
    record.requestEncoding = head.requestEncoding?.rawValue
    record.responseEncoding = head.responseEncoding.rawValue
    self.observation.callEnded(record)
  }
}
