import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import MetricsTestKit
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWebObservability

@Suite("Metrics", .timeLimit(.minutes(3)))
struct GRPCWebMetricsTests {
  private static let get = "sonora.test.Echo/Get"

  /// Makes a call with metrics on both sides.
  @available(GRPCWeb 1.0, *)
  private static func call(
    _ metrics: TestMetrics,
    service: ScriptedService = ScriptedService(),
    compression: CompressionAlgorithm = .none,
    text: String
  ) async throws {
    let observer = GRPCWebMetrics(factory: metrics)
    let server = GRPCWebServer(services: [service], config: .defaults { $0.observer = observer })
    let config = GRPCWebClientTransport.Config.defaults {
      $0.observer = observer
      $0.compression = compression
    }
    _ = try await server.withEcho(config: config) { echo in
      try? await echo.get(.with { $0.text = text })
    }
  }

  @Test("A call is measured under OpenTelemetry's names")
  @available(GRPCWeb 1.0, *)
  func duration() async throws {
    let metrics = TestMetrics()
    try await Self.call(metrics, text: "hello")
    for side in ["server", "client"] {
      let duration = try metrics.expectRecorder(
        "rpc.\(side).call.duration",
        [
          ("rpc.system.name", "grpc"), ("rpc.method", Self.get),
          ("rpc.status_code", "OK"),
        ]
      )
      let seconds = try #require(duration.values.first)
      #expect(duration.values.count == 1)
      #expect(seconds > 0 && seconds < defaultTimeout.seconds)

      let active = try metrics.expectMeter(
        "rpc.\(side).active_calls",
        [("rpc.system.name", "grpc"), ("rpc.method", Self.get)]
      )
      #expect(active.values.contains(1))
      #expect(active.lastValue == 0)
    }
  }

  @Test("A call's messages are measured under gRPC's names, as they were compressed")
  @available(GRPCWeb 1.0, *)
  func sizes() async throws {
    let metrics = TestMetrics()
    let text = String(repeating: "a", count: 1000)
    try await Self.call(metrics, compression: .gzip, text: text)

    // Three bytes before the text; the server compresses nothing.
    let uncompressed = 1003.0
    for prefix in ["grpc.server.call", "grpc.client.attempt"] {
      #expect(
        try metrics.expectCounter("\(prefix).started", [("grpc.method", Self.get)]).totalValue == 1
      )
      let labels = [("grpc.method", Self.get), ("grpc.status", "OK")]
      let sent = try metrics.expectRecorder("\(prefix).sent_total_compressed_message_size", labels)
      let received = try metrics.expectRecorder(
        "\(prefix).rcvd_total_compressed_message_size",
        labels
      )
      let request = try #require(prefix == "grpc.server.call" ? received.values : sent.values)
      let response = try #require(prefix == "grpc.server.call" ? sent.values : received.values)
      #expect(response == [uncompressed])
      #expect(request.count == 1)
      #expect(request.allSatisfy { $0 > 0 && $0 < 100 })
    }
  }

  @Test("An error is the server's where it is its own fault, and always the client's")
  @available(GRPCWeb 1.0, *)
  func errors() async throws {
    for (code, name, isServerFault) in [
      (RPCError.Code.notFound, "NOT_FOUND", false), (.dataLoss, "DATA_LOSS", true),
    ] {
      let metrics = TestMetrics()
      let service = ScriptedService(onGet: { _, _ in throw RPCError(code: code, message: "") })
      try await Self.call(metrics, service: service, text: "")

      let labels = [
        ("rpc.system.name", "grpc"), ("rpc.method", Self.get), ("rpc.status_code", name),
      ]
      let error = [("error.type", name)]
      _ = try metrics.expectRecorder(
        "rpc.server.call.duration",
        isServerFault ? labels + error : labels
      )
      _ = try metrics.expectRecorder("rpc.client.call.duration", labels + error)
    }
  }

  @Test("Ten thousand calls of as many unknown methods make one label")
  @available(GRPCWeb 1.0, *)
  func unknownMethods() async throws {
    let metrics = TestMetrics()
    let server = GRPCWebServer(
      services: [EchoService()],
      config: .defaults { $0.observer = GRPCWebMetrics(factory: metrics) }
    )
    for number in 0 ..< 10_000 {
      let request = HTTPRequest(
        method: .post,
        scheme: "http",
        authority: "localhost",
        path: "/made.up.Service\(number % 100)/Method\(number)",
        headerFields: [.contentType: "application/grpc-web+proto"]
      )
      guard case .call(let call) = server.route(request) else {
        Issue.record("Not a call.")
        return
      }
      _ = await server.respond(to: call, body: AsyncStream<ByteBuffer> { $0.finish() })
    }

    let started = try metrics.expectCounter("grpc.server.call.started", [("grpc.method", "_OTHER")])
    #expect(started.totalValue == 10_000)
    let duration = try metrics.expectRecorder(
      "rpc.server.call.duration",
      [
        ("rpc.system.name", "grpc"), ("rpc.method", "_OTHER"),
        ("rpc.status_code", "UNIMPLEMENTED"), ("error.type", "UNIMPLEMENTED"),
      ]
    )
    #expect(duration.values.count == 10_000)
    #expect(metrics.counters.count == 1)
    #expect(metrics.meters.count == 1)
    #expect(metrics.recorders.count == 3)
  }
}
