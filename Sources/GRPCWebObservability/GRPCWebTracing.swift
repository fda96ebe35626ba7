#if Observability
internal import GRPCCore
public import GRPCWeb
public import Tracing

/// Makes a span of each call of a server, or each attempt of a client, with swift-distributed-tracing.
///
/// ```swift
/// let config = GRPCWebServer.Config.defaults {
///   $0.observer = GRPCWebTracing()
/// }
/// ```
///
/// A server's span is a child of the span that the metadata of the request names, in `traceparent` for most tracers. If an
/// outer middleware has made a span of the request already, the call's span is a child of that. The service runs with the
/// call's span as the current one, so that the spans of calls that it makes are children of it. A client's span is a
/// child of the current span, and is written into the metadata of the request.
///
/// The name of a span is the method, or `_OTHER` for a method that isn't registered. A span has OpenTelemetry's
/// attributes: `rpc.system.name`, `rpc.method`, `rpc.status_code`, `network.peer.address` and `port`. The span of
/// a failed call is an error and has `error.type`, too: on the client for each status but `OK`, on the server for statuses
/// that are the server's fault.
///
/// The observer does nothing as long as there is no tracer.
@available(GRPCWeb 1.0, *)
public struct GRPCWebTracing: Sendable {
  private let ownTracer: (any Tracer)?

  /// Creates an observer.
  ///
  /// - Parameter tracer: Creates the spans; by default the tracer that `InstrumentationSystem` has when a call starts.
  public init(tracer: (any Tracer)? = nil) {
    self.ownTracer = tracer
  }

  private var tracer: (any Tracer)? {
    if let tracer = self.ownTracer {
      return tracer
    }
    let tracer = InstrumentationSystem.tracer
    return tracer is NoOpTracer ? nil : tracer
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebTracing: GRPCWebServerObserver {
  /// Starts the span of a call.
  public func callStarted(_ call: GRPCWebCallInfo) -> (any GRPCWebServerCallObservation)? {
    guard let tracer = self.tracer else { return nil }
    let context = Self.parent(of: call, tracer: tracer)
    return CallSpan(tracer: tracer, side: .server, call: call, parent: context)
  }

  /// The context that a call's span belongs to.
  private static func parent(of call: GRPCWebCallInfo, tracer: any Tracer) -> ServiceContext {
    var context = ServiceContext.current ?? .topLevel
    // A tracer writes something only for a context with a span: the span of an outer middleware, which has read the
    // fields of the request itself.
    var probe = Metadata()
    tracer.inject(context, into: &probe, using: MetadataInjector())
    if probe.isEmpty {
      tracer.extract(call.metadata, into: &context, using: MetadataExtractor())
    }
    return context
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebTracing: GRPCWebClientObserver {
  /// Starts the span of an attempt.
  public func attemptStarted(
    _ attempt: GRPCWebCallInfo
  ) -> (any GRPCWebClientAttemptObservation)? {
    guard let tracer = self.tracer else { return nil }
    let context = ServiceContext.current ?? .topLevel
    return CallSpan(tracer: tracer, side: .client, call: attempt, parent: context)
  }
}
#endif
