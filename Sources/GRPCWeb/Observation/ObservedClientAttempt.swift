internal import GRPCCore

/// An attempt of a client that an observer observes.
///
/// The state machine counts messages but has no clock; ``CallTimes`` adds the times of the record.
@available(GRPCWeb 1.0, *)
final class ObservedClientAttempt: Sendable {
  private let observation: any GRPCWebClientAttemptObservation
  private let times = CallTimes()
  private let timeout: Duration?
  private let requestEncoding: MessageEncoding
  private let info: GRPCWebCallInfo

  /// Reports the start of an attempt to an observer.
  ///
  /// - Parameters:
  ///   - options: The properties of the attempt.
  ///   - timeout: How long the attempt may take.
  ///   - observer: The observer.
  /// - Returns: `nil` if the observer doesn't observe the attempt.
  init?(_ options: ClientCallOptions, timeout: Duration?, observer: any GRPCWebClientObserver) {
    self.timeout = timeout
    self.requestEncoding = options.requestEncoding
    self.info = GRPCWebCallInfo(
      method: options.method,
      isMethodRegistered: true,
      wireProtocol: options.mode == .text ? .grpcWebText : .grpcWeb,
      request: GRPCWebRequestInfo(
        peers: GRPCWebPeers(remote: options.url.peer, local: GRPCWebPeers.unknown.local)
      ),
      metadata: [:]
    )
    guard let observation = observer.attemptStarted(self.info) else { return nil }
    self.observation = observation
  }

  /// Adds the observer's metadata to the metadata of a request.
  func prepared(_ part: RPCRequestPart<GRPCWebMessage>) -> RPCRequestPart<GRPCWebMessage> {
    guard case .metadata(var metadata) = part else { return part }
    self.observation.prepare(&metadata)
    return .metadata(metadata)
  }

  /// Records the time of the first message of the response.
  func messageRead() {
    self.times.responseMessagePassed()
  }

  /// Reports the end of the attempt to the observer; only the first report counts.
  func end(with outcome: ClientCallOutcome) {
    guard let times = self.times.end() else { return }
    var record = GRPCWebCallRecord(
      info: self.info,
      status: outcome.status,
      end: outcome.end,
      duration: times.duration
    )
    record.timeToFirstMessage = times.timeToFirstMessage
    record.received = outcome.received
    record.sent = outcome.sent
    record.requestEncoding = self.requestEncoding.rawValue
    record.responseEncoding = outcome.responseEncoding?.rawValue
    self.applyDeadline(to: &record)
    self.observation.attemptEnded(record)
  }

  /// Corrects the record of an attempt that a deadline ended: gRPC Swift enforces the deadline by cancelling the task of
  /// the attempt, and gives the app the status.
  private func applyDeadline(to record: inout GRPCWebCallRecord) {
    guard record.end == .client, record.status?.code == .cancelled,
      let timeout = self.timeout, record.duration >= timeout
    else {
      return
    }
    record.end = .deadline
    record.status = Status(RPCError.deadlineExceeded)
  }
}
