#if Observability
public import GRPCWeb
public import Metrics

/// Counts and measures the calls of a server, or the attempts of a client, with swift-metrics.
///
/// ```swift
/// let config = GRPCWebServer.Config.defaults {
///   $0.observer = GRPCWebMetrics()
/// }
/// ```
///
/// The names are OpenTelemetry's and gRPC's; a client's have `client` in place of `server`:
///
/// | Metric | Kind | Labels |
/// |---|---|---|
/// | `rpc.server.call.duration` | a recorder, in seconds | `rpc.system.name`, `rpc.method`, `rpc.status_code`, `error.type` |
/// | `rpc.server.active_calls` | a meter: the calls that run now | `rpc.system.name`, `rpc.method` |
/// | `grpc.server.call.started` | a counter | `grpc.method` |
/// | `grpc.server.call.sent_total_compressed_message_size` | a recorder, in bytes | `grpc.method`, `grpc.status` |
/// | `grpc.server.call.rcvd_total_compressed_message_size` | a recorder, in bytes | `grpc.method`, `grpc.status` |
///
/// On the client, gRPC's metrics are called `grpc.client.attempt.…`.
///
/// There is a metric for each method of the app and each status, and no peer can make more: a method that isn't
/// registered is `_OTHER`. Only a failed call has `error.type`, the name of its status: on the client for each status but
/// `OK`; on the server for statuses that are the server's fault, such as `INTERNAL`. A request that isn't a call, such as
/// a preflight request, isn't counted.
@available(GRPCWeb 1.0, *)
public struct GRPCWebMetrics: Sendable {
  private let server: MethodMetrics.Cache
  private let client: MethodMetrics.Cache

  /// Creates an observer.
  ///
  /// - Parameter factory: Creates the metrics. By default the factory that `MetricsSystem` was bootstrapped with, which
  ///     must be done before the first call.
  public init(factory: (any MetricsFactory)? = nil) {
    self.server = MethodMetrics.Cache(side: .server, factory: factory)
    self.client = MethodMetrics.Cache(side: .client, factory: factory)
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebMetrics: GRPCWebServerObserver {
  /// Counts a call.
  public func callStarted(_ call: GRPCWebCallInfo) -> (any GRPCWebServerCallObservation)? {
    Observation(metrics: self.server.start(call))
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebMetrics: GRPCWebClientObserver {
  /// Counts an attempt.
  public func attemptStarted(
    _ attempt: GRPCWebCallInfo
  ) -> (any GRPCWebClientAttemptObservation)? {
    Observation(metrics: self.client.start(attempt))
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebMetrics {
  /// A single reference, which is stored in an existential without a box.
  private struct Observation: GRPCWebServerCallObservation, GRPCWebClientAttemptObservation {
    let metrics: MethodMetrics

    func callEnded(_ record: GRPCWebCallRecord) {
      self.metrics.ended(record)
    }

    func attemptEnded(_ record: GRPCWebCallRecord) {
      self.metrics.ended(record)
    }
  }
}
#endif
