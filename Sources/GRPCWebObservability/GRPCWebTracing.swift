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
/// A server's span is a child of the one that the request's metadata names, `traceparent` for most tracers; a service
/// runs with it as the current one, so that what it calls hangs together with it. Where an outer middleware has made a
/// span of the request already, a call's span is its child. A client's span is a child of the current one and is put
/// into the request's metadata.
///
/// A span is called after the method, `_OTHER` for one that isn't registered, and has OpenTelemetry's attributes:
/// `rpc.system.name`, `rpc.method`, `rpc.status_code`, `network.peer.address` and `port`, and `error.type` where
/// the call failed: on the client with each status but `OK`, on the server with those that are its own fault. Its
/// status is an error then.
///
/// Does nothing as long as there is no tracer.
@available(GRPCWeb 1.0, *)
public struct GRPCWebTracing: Sendable {
  private let ownTracer: (any Tracer)?

  /// Creates an observer.
  ///
  /// - Parameter tracer: Makes the spans; by default the tracer that `InstrumentationSystem` has when a call starts.
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
    // A tracer that has something to say of the context has a span in it: that of an outer middleware, which has read
    // the request's fields itself.
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
