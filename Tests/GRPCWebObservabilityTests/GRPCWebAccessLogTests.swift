import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import Logging
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWebObservability

@Suite("Access log", .timeLimit(.minutes(3)))
struct GRPCWebAccessLogTests {
  @available(GRPCWeb 1.0, *)
  private static func record(
    code: Status.Code? = .ok,
    message: String = "",
    method: String = "Method",
    request: GRPCWebRequestInfo = GRPCWebRequestInfo()
  ) -> GRPCWebCallRecord {
    GRPCWebCallRecord(
      info: GRPCWebCallInfo(
        method: MethodDescriptor(fullyQualifiedService: "test.Service", method: method),
        isMethodRegistered: true,
        wireProtocol: .grpcWeb,
        request: request,
        metadata: [:]
      ),
      status: code.map { Status(code: $0, message: message) },
      end: .service,
      duration: .microseconds(1500)
    )
  }

  @Test("A call is one line on either side, with what there is to say in its metadata")
  @available(GRPCWeb 1.0, *)
  func line() async throws {
    let log = CapturingLogHandler()
    let server = GRPCWebServer(
      services: [EchoService()],
      config: .defaults { $0.observer = GRPCWebAccessLog(logger: log.logger) }
    )
    let clientLog = CapturingLogHandler()
    let config = GRPCWebClientTransport.Config.defaults {
      $0.observer = GRPCWebAccessLog(logger: clientLog.logger)
    }
    try await server.withEcho(config: config) { echo in
      _ = try await echo.get(.with { $0.text = "hello" })
    }

    for entries in [log.entries, clientLog.entries] {
      let line = try #require(entries.values.first)
      #expect(entries.values.count == 1)
      #expect(line.level == .info)
      #expect(line.metadata["rpc.method"] == "sonora.test.Echo/Get")
      #expect(line.metadata["rpc.status_code"] == "OK")
      #expect(line.metadata["grpc.protocol"] == "grpc-web")
      #expect(line.metadata["grpc.ended_by"] == "service")
      #expect(line.metadata["grpc.received.messages"]?.description == "1")
      #expect(line.metadata["grpc.sent.bytes"]?.description == "7")
      #expect(line.metadata["duration_ms"] != nil)
    }
    let line = try #require(log.entries.values.first)
    #expect(line.message == "gRPC call")
    #expect(line.metadata["request.id"] == "request-1")
    #expect(line.metadata["network.peer.address"] == "127.0.0.1")
    #expect(line.metadata["network.peer.port"]?.description == "50000")
    #expect(line.metadata["network.protocol.version"] == "1.1")
    #expect(clientLog.entries.values.first?.message == "gRPC attempt")
  }

  @Test("A line's level is that of its status")
  @available(GRPCWeb 1.0, *)
  func levels() throws {
    let log = CapturingLogHandler()
    var levels = GRPCWebAccessLog.Levels()
    levels.success = .debug
    levels.serverFault = .error
    levels.other = nil
    let observer = GRPCWebAccessLog(logger: log.logger, levels: levels)
    for code in [Status.Code.ok, .internalError, .notFound] {
      let record = Self.record(code: code)
      let observation: (any GRPCWebServerCallObservation)? = observer.callStarted(record.info)
      try #require(observation).callEnded(record)
    }
    observer.requestAnswered(Self.record(code: nil))
    #expect(log.entries.values.map(\.level) == [.debug, .error, .debug])
  }

  @Test("What a peer can make long is cut")
  @available(GRPCWeb 1.0, *)
  func long() throws {
    let log = CapturingLogHandler()
    let observer = GRPCWebAccessLog(logger: log.logger)
    let long = String(repeating: "x", count: 10_000)
    let record = Self.record(code: .notFound, message: long, method: long)
    let observation: (any GRPCWebServerCallObservation)? = observer.callStarted(record.info)
    try #require(observation).callEnded(record)
    let line = try #require(log.entries.values.first)
    for key in ["rpc.method", "grpc.status_message"] {
      let value = try #require(line.metadata[key]).description
      #expect(value.count < 300)
    }
  }
}
