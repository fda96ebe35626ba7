public import GRPCWeb

/// Keeps the calls and records that observers get.
@available(GRPCWeb 1.0, *)
public final class RecordingObserver: Sendable {
  /// The calls, or attempts, that have started.
  public let started = Recorder<GRPCWebCallInfo>()
  /// The calls, or attempts, that have ended.
  public let ended = Recorder<GRPCWebCallRecord>()
  /// The requests that were answered without a call.
  public let answered = Recorder<GRPCWebCallRecord>()
  /// The calls that have reached a service.
  public let served = Counter()

  /// Creates an observer.
  public init() {}

  /// Waits for the record of the only call or request since as many as given.
  ///
  /// - Throws: ``TestTimeout``.
  public func record(after count: Int = 0) async throws -> GRPCWebCallRecord {
    try await eventually("a record comes") { self.count > count }
    return self.all[count]
  }

  /// The number of records so far.
  public var count: Int {
    self.all.count
  }

  private var all: [GRPCWebCallRecord] {
    self.ended.values + self.answered.values
  }

  private struct Observation: GRPCWebServerCallObservation, GRPCWebClientAttemptObservation {
    let observer: RecordingObserver

    func run(_ service: () async -> Void) async {
      self.observer.served.add()
      await service()
    }

    func callEnded(_ record: GRPCWebCallRecord) {
      self.observer.ended.append(record)
    }

    func attemptEnded(_ record: GRPCWebCallRecord) {
      self.observer.ended.append(record)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension RecordingObserver: GRPCWebServerObserver, GRPCWebClientObserver {
  /// Keeps a call.
  public func callStarted(_ call: GRPCWebCallInfo) -> (any GRPCWebServerCallObservation)? {
    self.started.append(call)
    return Observation(observer: self)
  }

  /// Keeps a request.
  public func requestAnswered(_ record: GRPCWebCallRecord) {
    self.answered.append(record)
  }

  /// Keeps an attempt.
  public func attemptStarted(
    _ attempt: GRPCWebCallInfo
  ) -> (any GRPCWebClientAttemptObservation)? {
    self.started.append(attempt)
    return Observation(observer: self)
  }
}
