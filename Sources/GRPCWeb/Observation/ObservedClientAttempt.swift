internal import GRPCCore
internal import Synchronization

/// An attempt of a client that an observer observes.
///
/// The state machine counts messages but has no clock; this type adds the times of the record.
@available(GRPCWeb 1.0, *)
final class ObservedClientAttempt: Sendable {
  private enum State {
    /// No message has been read yet.
    case started
    case reading(first: ContinuousClock.Instant)
    /// The end has been reported to the observer.
    case ended
  }

  private let observation: any GRPCWebClientAttemptObservation
  private let start: ContinuousClock.Instant
  private let timeout: Duration?
  private let requestEncoding: MessageEncoding
  private let info: GRPCWebCallInfo
  private let state = Mutex(State.started)

  /// Reports the start of an attempt to an observer.
  ///
  /// - Parameters:
  ///   - options: The properties of the attempt.
  ///   - timeout: How long the attempt may take.
  ///   - observer: The observer.
  /// - Returns: `nil` if the observer doesn't observe the attempt.
  init?(_ options: ClientCallOptions, timeout: Duration?, observer: any GRPCWebClientObserver) {
    self.start = .now
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
    self.state.withLock { state in
      if case .started = state {
        state = .reading(first: .now)
      }
    }
  }

  /// Reports the end of the attempt to the observer; only the first report counts.
  func end(with outcome: ClientCallOutcome) {
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
    case .reading(let first):
      record.timeToFirstMessage = first - self.start
    case .ended:
      return
    }
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
