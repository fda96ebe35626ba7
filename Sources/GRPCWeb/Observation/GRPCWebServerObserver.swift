/// Observes every call that a server answers, also calls that reach no service.
///
/// For metrics, logs and traces: the product `GRPCWebObservability` has such. Set it in
/// ``GRPCWebServer/Config/observer``. Each method is called from whatever thread the call is on, mostly that of an
/// event loop: it must return soon, and not block.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebServerObserver: Sendable {
  /// Called at the start of a call, when its head has been read.
  ///
  /// - Parameter call: The properties of the call.
  /// - Returns: The observation of this call, or `nil` if the call isn't observed.
  func callStarted(_ call: GRPCWebCallInfo) -> (any GRPCWebServerCallObservation)?

  /// Called with the record of a request to a method that isn't a call, and was answered with an HTTP status: a
  /// preflight request, a wrong HTTP method (405), a content type that isn't gRPC-Web's (415).
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

  /// Called once with the record of the call: when the end of the response has been handed on to be sent, or the client has
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
