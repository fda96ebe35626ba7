internal import GRPCCore
internal import Synchronization

/// What a state machine knows of a client's call that has ended, for its record.
@available(GRPCWeb 1.0, *)
struct ClientCallOutcome: Sendable {
  var status: Status
  var end: GRPCWebCallRecord.End
  var received: GRPCWebCallRecord.Messages
  var sent: GRPCWebCallRecord.Messages
  var responseEncoding: MessageEncoding?
}

/// An attempt that an observer waits for the end of, with the times that a record has: the state machine has no clock.
@available(GRPCWeb 1.0, *)
final class ObservedClientAttempt: Sendable {
  private enum State {
    /// No message has been read yet.
    case started
    case reading(first: ContinuousClock.Instant)
    /// The observer has been told.
    case ended
  }

  private let observation: any GRPCWebClientAttemptObservation
  private let start: ContinuousClock.Instant
  private let timeout: Duration?
  private let requestEncoding: MessageEncoding
  private let info: GRPCWebCallInfo
  private let state = Mutex(State.started)

  /// Tells an observer of the start of an attempt.
  ///
  /// - Parameters:
  ///   - options: What is settled of the attempt.
  ///   - timeout: How long it may take.
  ///   - observer: The observer.
  /// - Returns: `nil` when it doesn't want to know more.
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

  /// Adds to the metadata of a request what the observer has for it.
  func prepared(_ part: RPCRequestPart<GRPCWebMessage>) -> RPCRequestPart<GRPCWebMessage> {
    guard case .metadata(var metadata) = part else { return part }
    self.observation.prepare(&metadata)
    return .metadata(metadata)
  }

  /// Notes the time of the first message of the response.
  func messageRead() {
    self.state.withLock { state in
      if case .started = state {
        state = .reading(first: .now)
      }
    }
  }

  /// Tells the observer of the end of the attempt, unless it has been told.
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

  /// Names the deadline where that has ended the attempt: gRPC Swift cancels the task that makes it, and gives the app the
  /// status.
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
