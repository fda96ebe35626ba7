import GRPCCore
import GRPCWebTestSupport
import InMemoryTracing
import MetricsTestKit
import SwiftProtobuf
import Testing

@testable import GRPCWebObservability

@Suite("Observers made of several", .timeLimit(.minutes(3)))
struct CombinedObserversTests {
  @Test("Metrics, access log and traces see the same call, on either side")
  @available(GRPCWeb 1.0, *)
  func combined() async throws {
    let metrics = GRPCWebMetrics(factory: TestMetrics())
    let log = CapturingLogHandler()
    let accessLog = GRPCWebAccessLog(logger: log.logger)
    let tracer = InMemoryTracer()
    let tracing = GRPCWebTracing(tracer: tracer)
    let recording = RecordingObserver()

    let server = GRPCWebServer(
      services: [EchoService()],
      config: .defaults {
        $0.observer = GRPCWebServerObservers([metrics, accessLog, tracing, recording])
      }
    )
    let config = GRPCWebClientTransport.Config.defaults {
      $0.observer = GRPCWebClientObservers([metrics, accessLog, tracing, recording])
    }
    let text = try await server.withEcho(config: config) { echo in
      try await echo.get(.with { $0.text = "hello" }).text
    }
    #expect(text == "hello")
    try await eventually("all have been called") {
      log.entries.values.count == 2 && tracer.finishedSpans.count == 2
        && recording.ended.values.count == 2
    }
    // The observer that records is the innermost that runs the service.
    #expect(recording.served.value == 1)
  }
}
