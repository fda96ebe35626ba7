#if Observability
internal import CoreMetrics
internal import GRPCCore
internal import GRPCWeb
internal import Metrics
internal import Synchronization

/// The metrics of one method, which are created once: creating a metric, or finding it by its labels, takes longer than a
/// small call.
@available(GRPCWeb 1.0, *)
final class MethodMetrics: Sendable {
  /// The metrics of one method's calls that ended with one status.
  private struct OfStatus: Sendable {
    let duration: Recorder
    let sentBytes: Recorder
    let receivedBytes: Recorder
  }

  private let side: RPCSide
  private let factory: any MetricsFactory
  private let method: String
  private let started: Counter
  private let active: Meter
  /// The metrics of each status, by the number of its code; created when a call first ends with the status.
  private let byStatus: Mutex<[OfStatus?]>

  private init(side: RPCSide, factory: any MetricsFactory, method: String) {
    self.side = side
    self.factory = factory
    self.method = method
    self.started = Counter(
      label: "\(Self.grpcPrefix(side)).started",
      dimensions: [("grpc.method", method)],
      factory: factory
    )
    self.active = Meter(
      label: "\(Self.rpcPrefix(side)).active_calls",
      dimensions: [(RPCNames.system, RPCNames.grpc), (RPCNames.method, method)],
      factory: factory
    )
    self.byStatus = Mutex(Array(repeating: nil, count: Status.Code.count))
  }

  private static func rpcPrefix(_ side: RPCSide) -> String {
    switch side {
    case .client:
      return "rpc.client"
    case .server:
      return "rpc.server"
    }
  }

  private static func grpcPrefix(_ side: RPCSide) -> String {
    switch side {
    case .client:
      return "grpc.client.attempt"
    case .server:
      return "grpc.server.call"
    }
  }

  /// Records the end of a call that was counted when it started.
  func ended(_ record: GRPCWebCallRecord) {
    self.active.decrement()
    guard let code = record.status?.code else { return }
    let metrics = self.metrics(of: code)
    metrics.duration.record(record.duration.seconds)
    metrics.sentBytes.record(record.sent.compressedBytes)
    metrics.receivedBytes.record(record.received.compressedBytes)
  }

  private func metrics(of code: Status.Code) -> OfStatus {
    self.byStatus.withLock { byStatus in
      let index =
        byStatus.indices.contains(code.rawValue) ? code.rawValue : Status.Code.unknown.rawValue
      if let metrics = byStatus[index] {
        return metrics
      }
      let metrics = self.makeMetrics(of: code)
      byStatus[index] = metrics
      return metrics
    }
  }

  private func makeMetrics(of code: Status.Code) -> OfStatus {
    var rpcLabels = [
      (RPCNames.system, RPCNames.grpc),
      (RPCNames.method, self.method),
      (RPCNames.statusCode, code.name),
    ]
    if self.side.isFailure(code) {
      rpcLabels.append((RPCNames.errorType, code.name))
    }
    let grpcLabels = [("grpc.method", self.method), ("grpc.status", code.name)]
    let prefix = Self.grpcPrefix(self.side)
    return OfStatus(
      duration: Recorder(
        label: "\(Self.rpcPrefix(self.side)).call.duration",
        dimensions: rpcLabels,
        factory: self.factory
      ),
      sentBytes: Recorder(
        label: "\(prefix).sent_total_compressed_message_size",
        dimensions: grpcLabels,
        factory: self.factory
      ),
      receivedBytes: Recorder(
        label: "\(prefix).rcvd_total_compressed_message_size",
        dimensions: grpcLabels,
        factory: self.factory
      )
    )
  }
}

@available(GRPCWeb 1.0, *)
extension MethodMetrics {
  /// The metrics of all methods of one side.
  final class Cache: Sendable {
    private struct State {
      var byMethod: [MethodDescriptor: MethodMetrics] = [:]
      /// The metrics of all methods that aren't registered.
      var ofOthers: MethodMetrics?
    }

    private let side: RPCSide
    private let factory: (any MetricsFactory)?
    private let state = Mutex(State())

    init(side: RPCSide, factory: (any MetricsFactory)?) {
      self.side = side
      self.factory = factory
    }

    /// Counts a call.
    ///
    /// - Returns: The metrics that get the record of the call.
    func start(_ call: GRPCWebCallInfo) -> MethodMetrics {
      let metrics = self.metrics(of: call)
      metrics.started.increment()
      metrics.active.increment()
      return metrics
    }

    private func metrics(of call: GRPCWebCallInfo) -> MethodMetrics {
      self.state.withLock { state in
        let existing = call.isMethodRegistered ? state.byMethod[call.method] : state.ofOthers
        if let existing = existing {
          return existing
        }
        let metrics = MethodMetrics(
          side: self.side,
          factory: self.factory ?? MetricsSystem.factory,
          method: call.methodLabel
        )
        if call.isMethodRegistered {
          state.byMethod[call.method] = metrics
        } else {
          state.ofOthers = metrics
        }
        return metrics
      }
    }
  }
}
#endif
