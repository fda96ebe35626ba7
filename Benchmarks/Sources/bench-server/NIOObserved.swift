import GRPCWebNIO
import GRPCWebObservability
import Logging

/// Serves the service by the transport that has a port of its own, with metrics and an access log.
///
/// What they have to say goes nowhere, so that what is measured is what they take here.
func serveNIOObserved(announce: @escaping @Sendable (_ port: Int) -> Void) async throws {
  let accessLog = GRPCWebAccessLog(logger: Logger(label: "access") { _ in NullLogHandler() })
  let config = GRPCWebNIOServerTransport.Config.defaults {
    // Without `MetricsSystem.bootstrap` metrics are handed to nobody.
    $0.calls.observer = GRPCWebServerObservers([GRPCWebMetrics(), accessLog])
  }
  try await serveNIO(config: config, announce: announce)
}

/// Takes what is logged, and keeps nothing of it.
private struct NullLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.metadata[key] }
    set { self.metadata[key] = newValue }
  }

  func log(event: LogEvent) {}
}
