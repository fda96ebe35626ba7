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
/// With the names of OpenTelemetry and of gRPC itself, `server` being `client` for those of a client:
///
/// | Metric | Kind | Labels |
/// |---|---|---|
/// | `rpc.server.call.duration` | a recorder, in seconds | `rpc.system.name`, `rpc.method`, `rpc.status_code`, `error.type` |
/// | `rpc.server.active_calls` | a meter: the calls that run now | `rpc.system.name`, `rpc.method` |
/// | `grpc.server.call.started` | a counter | `grpc.method` |
/// | `grpc.server.call.sent_total_compressed_message_size` | a recorder, in bytes | `grpc.method`, `grpc.status` |
/// | `grpc.server.call.rcvd_total_compressed_message_size` | a recorder, in bytes | `grpc.method`, `grpc.status` |
///
/// On the client gRPC's are called `grpc.client.attempt.…`.
///
/// There is a metric for each method of the app and each status, and no peer can make more: a method that isn't
/// registered is `_OTHER`. `error.type`, the status's name, stands where a call failed: on the client with each status but
/// `OK`; on the server with those that are its own fault, such as `INTERNAL`. A request that is no call, such as a
/// preflight, isn't counted.
@available(GRPCWeb 1.0, *)
public struct GRPCWebMetrics: Sendable {
  private let server: MethodMetrics.Cache
  private let client: MethodMetrics.Cache

  /// Creates an observer.
  ///
  /// - Parameter factory: Makes the metrics; by default what `MetricsSystem` was bootstrapped with, which must
  ///     have been done before the first call.
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
  /// One reference, which needs no box where it is kept as a protocol's.
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
