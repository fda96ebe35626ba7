import GRPCCore
import GRPCWeb
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import NIOCore
import ServiceLifecycle
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(3)))
struct GRPCWebMiddlewareShutdownTests {
  @Test("Graceful shutdown of the app ends an endless stream as unavailable after the grace period")
  @available(GRPCWeb 1.0, *)
  func endlessStream() async throws {
    let cancelled = Gate()
    let service = Self.endless(cancelled: cancelled)
    try await TestApp.run(
      service,
      configuration: .defaults { $0.shutdownGracePeriod = .milliseconds(100) }
    ) { app in
      let connection = try await app.connect()
      try await connection.send(try RawRequest.call("Expand", texts: ["hello"]))
      _ = try await connection.peekResponse { $0.frames.count == 1 }

      await app.services.triggerGracefulShutdown()
      let answer = try await connection.readResponse()
      #expect(try answer.texts == ["hello"])
      #expect(answer.trailers?.first == .init("grpc-status", "14"))
      try await cancelled.pass("the handler is cancelled")

      try await connection.readEnd()
      try await within(patience, "the server has shut down") {
        await app.grpcWeb.untilShutdown()
      }
    }
  }

  @Test("Graceful shutdown of the app lets calls end", arguments: ["Get", "Expand"])
  @available(GRPCWeb 1.0, *)
  func callsEnd(method: String) async throws {
    let started = Gate()
    let gate = Gate()
    let service = ScriptedService(
      onGet: { request, _ in
        started.open()
        try await gate.pass()
        return ServerResponse(message: request.message)
      },
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          started.open()
          try await gate.pass()
          try await writer.write(request.message)
          return [:]
        }
      }
    )
    try await TestApp.run(service) { app in
      let connection = try await app.connect()
      try await connection.send(try RawRequest.call(method, texts: ["hello"]))
      try await started.pass("the handler starts")

      await app.services.triggerGracefulShutdown()
      // The server, too, is told by way of the call.
      try await eventually("new calls are refused") {
        let head = HTTPRequest(
          method: .post,
          scheme: "http",
          authority: "localhost",
          path: "/sonora.test.Echo/Collect",
          headerFields: [.contentType: "application/grpc-web"]
        )
        guard case .call(let call) = app.grpcWeb.route(head) else { return false }
        let (body, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        continuation.finish()
        let response = await app.grpcWeb.respond(to: call, body: body)
        return response.head.headerFields.contains {
          $0.name.canonicalName == "grpc-status" && $0.value == "14"
        }
      }

      gate.open()
      let answer = try await connection.readResponse()
      #expect(answer.status == 0)
      #expect(try answer.texts == ["hello"])
      try await connection.readEnd()
    }
  }

  @Test("Calls are refused while the server shuts down, and the app's routes are not")
  @available(GRPCWeb 1.0, *)
  func refusesCalls() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      app.grpcWeb.beginGracefulShutdown()
      let refused = try await connection.answer(try .call(texts: ["hello"]))
      #expect(refused.httpStatus == 200)
      #expect(refused.status == Status.Code.unavailable.rawValue)
      let plain = try await connection.answer(RawRequest(method: "GET", path: "/plain"))
      #expect(plain.httpStatus == 200)
    }
  }

  @Test("Cancelling the app's task ends it in time, endless streams or not")
  @available(GRPCWeb 1.0, *)
  func cancelledApp() async throws {
    let cancelled = Gate()
    // A grace period that would outlast the wait for the app to stop.
    let configuration = GRPCWebServerConfiguration.defaults {
      $0.shutdownGracePeriod = .seconds(600)
    }
    try await TestApp.run(Self.endless(cancelled: cancelled), configuration: configuration) { app in
      for _ in 0 ..< 3 {
        let connection = try await app.connect()
        try await connection.send(try RawRequest.call("Expand", texts: ["hello"]))
        _ = try await connection.peekResponse { $0.frames.count == 1 }
      }
    }
    try await cancelled.pass("the handler is cancelled")
  }

  @Test("Cancelling the app's task ends it in time while calls wait for their request")
  @available(GRPCWeb 1.0, *)
  func cancelledAppWhileReading() async throws {
    try await TestApp.run { app in
      for method in ["Get", "Expand", "Collect", "Update"] {
        let connection = try await app.connect()
        try await connection.send(
          try RawRequest.call(method, texts: ["hello"]).framed(.unfinished)
        )
      }
      try await app.expectGoodCall()
    }
  }

  /// A service that sends a message, and waits for ever.
  @available(GRPCWeb 1.0, *)
  private static func endless(cancelled: Gate) -> ScriptedService {
    ScriptedService(
      onExpand: { request, _ in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          try await withTaskCancellationHandler {
            try await suspendUntilCancelled()
          } onCancel: {
            cancelled.open()
          }
          return [:]
        }
      }
    )
  }
}
