public import GRPCCore

/// Observes every attempt that a client makes at a call.
///
/// gRPC Swift makes more than one attempt at a call where the service config asks for retries or hedging. For metrics,
/// logs and traces: the product `GRPCWebObservability` has such. Set it in
/// ``GRPCWebClientTransport/Config/observer``. Each method must return soon, and not block.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebClientObserver: Sendable {
  /// Called at the start of an attempt, in the task that makes it.
  ///
  /// - Parameter attempt: The properties of the attempt; its metadata is written later.
  /// - Returns: The observation of this attempt, or `nil` if the attempt isn't observed.
  func attemptStarted(_ attempt: GRPCWebCallInfo) -> (any GRPCWebClientAttemptObservation)?
}

/// Observes one attempt of a client.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebClientAttemptObservation: Sendable {
  /// Adds metadata to the request, such as the context of a trace.
  ///
  /// Adds none by default.
  func prepare(_ metadata: inout Metadata)

  /// Called once with the record of the attempt: when the app has read the status, or the attempt has failed.
  func attemptEnded(_ record: GRPCWebCallRecord)
}

@available(GRPCWeb 1.0, *)
extension GRPCWebClientAttemptObservation {
  /// Adds no metadata.
  public func prepare(_ metadata: inout Metadata) {}
}
