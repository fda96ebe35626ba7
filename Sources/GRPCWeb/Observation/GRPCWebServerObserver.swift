/// Sees every call that a server answers, those that reach no service among them.
///
/// For metrics, logs and traces: the product `GRPCWebObservability` has such. Set it in
/// ``GRPCWebServer/Config/observer``. Each method is called from whatever thread the call is on, mostly that of an
/// event loop: it must return soon, and not block.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebServerObserver: Sendable {
  /// Takes the start of a call, when its head has been read.
  ///
  /// - Parameter call: What is known of the call.
  /// - Returns: What observes this call; `nil` for nothing.
  func callStarted(_ call: GRPCWebCallInfo) -> (any GRPCWebServerCallObservation)?

  /// Takes the record of a request to a method that is no call, and was answered on HTTP's own terms: a preflight, a
  /// wrong verb (405), a content type that isn't gRPC-Web's (415).
  ///
  /// Ignored by default.
  func requestAnswered(_ record: GRPCWebCallRecord)
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServerObserver {
  /// Ignores the request.
  public func requestAnswered(_ record: GRPCWebCallRecord) {}
}

/// Observes one call on a server.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebServerCallObservation: Sendable {
  /// Runs the service, interceptors and all.
  ///
  /// For task-local values, such as the context of a trace. Must call `service` once, and return when it has; by
  /// default it does no more. Not called for calls that don't reach a service.
  func run(_ service: () async -> Void) async

  /// Takes the record of the call, once: when the end of the response has been handed on to be sent, or the client has
  /// gone.
  ///
  /// The service may still run then, where something else has ended the call.
  func callEnded(_ record: GRPCWebCallRecord)
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServerCallObservation {
  /// Runs the service.
  public func run(_ service: () async -> Void) async {
    await service()
  }
}
