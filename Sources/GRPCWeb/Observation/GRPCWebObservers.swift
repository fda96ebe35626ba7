internal import GRPCCore

/// One observer of a server made of several.
///
/// ```swift
/// config.observer = GRPCWebServerObservers([GRPCWebMetrics(), GRPCWebAccessLog()])
/// ```
///
/// The observers are called in the given order; ``GRPCWebServerCallObservation/run(_:)`` of the first is the outermost.
@available(GRPCWeb 1.0, *)
public struct GRPCWebServerObservers: GRPCWebServerObserver {
  private let observers: [any GRPCWebServerObserver]

  /// Creates an observer of several.
  public init(_ observers: [any GRPCWebServerObserver]) {
    self.observers = observers
  }

  /// Calls each observer, and combines their observations of the call.
  public func callStarted(_ call: GRPCWebCallInfo) -> (any GRPCWebServerCallObservation)? {
    let observations = self.observers.compactMap { $0.callStarted(call) }
    return observations.count > 1 ? Observation(observations: observations) : observations.first
  }

  /// Calls each observer.
  public func requestAnswered(_ record: GRPCWebCallRecord) {
    for observer in self.observers {
      observer.requestAnswered(record)
    }
  }

  private struct Observation: GRPCWebServerCallObservation {
    let observations: [any GRPCWebServerCallObservation]

    func run(_ service: () async -> Void) async {
      await Self.run(self.observations[...], service)
    }

    private static func run(
      _ observations: ArraySlice<any GRPCWebServerCallObservation>,
      _ service: () async -> Void
    ) async {
      guard let first = observations.first else {
        await service()
        return
      }
      await first.run {
        await Self.run(observations.dropFirst(), service)
      }
    }

    func callEnded(_ record: GRPCWebCallRecord) {
      for observation in self.observations {
        observation.callEnded(record)
      }
    }
  }
}

/// One observer of a client made of several.
///
/// The observers are called in the given order.
@available(GRPCWeb 1.0, *)
public struct GRPCWebClientObservers: GRPCWebClientObserver {
  private let observers: [any GRPCWebClientObserver]

  /// Creates an observer of several.
  public init(_ observers: [any GRPCWebClientObserver]) {
    self.observers = observers
  }

  /// Calls each observer, and combines their observations of the attempt.
  public func attemptStarted(
    _ attempt: GRPCWebCallInfo
  ) -> (any GRPCWebClientAttemptObservation)? {
    let observations = self.observers.compactMap { $0.attemptStarted(attempt) }
    return observations.count > 1 ? Observation(observations: observations) : observations.first
  }

  private struct Observation: GRPCWebClientAttemptObservation {
    let observations: [any GRPCWebClientAttemptObservation]

    func prepare(_ metadata: inout Metadata) {
      for observation in self.observations {
        observation.prepare(&metadata)
      }
    }

    func attemptEnded(_ record: GRPCWebCallRecord) {
      for observation in self.observations {
        observation.attemptEnded(record)
      }
    }
  }
}
