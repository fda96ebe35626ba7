internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Shutdown of servers.
  static let shutdown: [[ContractCase]] = [
    .one(
      "Graceful shutdown of the app ends an endless stream as unavailable after the grace period"
    ) { adapter in
      let cancelled = Gate()
      let service = Self.endless(cancelled: cancelled)
      try await adapter.serve(
        service,
        config: .defaults { $0.shutdownGracePeriod = .milliseconds(100) }
      ) { app in
        let connection = try await app.connect()
        try await connection.send(try RawRequest.call("Expand", texts: ["hello"]))
        _ = try await connection.peekResponse { $0.frames.count == 1 }

        await app.server.beginGracefulShutdown()
        let answer = try await connection.readResponse()
        #expect(try answer.texts == ["hello"])
        #expect(answer.trailers?.first == .init("grpc-status", "14"))
        try await cancelled.pass("the handler is cancelled")

        try await connection.readEnd()
        try await within(defaultTimeout, "the server has shut down") {
          await app.server.untilCallsEnded()
        }
      }
    },

    .one(
      "Graceful shutdown of the app ends with the grace period, though a client doesn't read a stream",
      needs: [.stoppingUnreadStreams]
    ) { adapter in
      try await Self.stop(adapter, whileUnread: "Expand", calls: 1)
    },

    .one(
      "Graceful shutdown of the app ends with the grace period, though a client reads no response",
      needs: [.stoppingUnreadResponses]
    ) { adapter in
      try await Self.stop(adapter, whileUnread: "Get", calls: 100)
    },

    .each(
      ["Get", "Expand"],
      "Graceful shutdown of the app lets calls end"
    ) { adapter, method in
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
      try await adapter.serve(service) { app in
        let connection = try await app.connect()
        try await connection.send(try RawRequest.call(method, texts: ["hello"]))
        try await started.pass("the handler starts")

        await app.server.beginGracefulShutdown()
        gate.open()
        let answer = try await connection.readResponse()
        #expect(answer.status == 0)
        #expect(try answer.texts == ["hello"])
        try await connection.readEnd()
      }
    },

    .one(
      "Calls are refused while the server shuts down, and the app's routes are not",
      needs: [.otherRoutes]
    ) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        app.server.refuseCalls()
        let refused = try await connection.answer(try .call(texts: ["hello"]))
        #expect(refused.httpStatus == 200)
        #expect(refused.status == Status.Code.unavailable.rawValue)
        let plain = try await connection.answer(RawRequest(method: "GET", path: "/plain"))
        #expect(plain.httpStatus == 200)
      }
    },

    .one(
      "Cancelling the app's task ends it in time, and cancels endless streams",
      needs: [.stoppingAtOnce]
    ) { adapter in
      let cancelled = Gate()
      // The grace period is longer than the test waits for the app to stop.
      let config = GRPCWebServer.Config.defaults {
        $0.shutdownGracePeriod = .seconds(600)
      }
      try await adapter.serve(Self.endless(cancelled: cancelled), config: config) {
        app in
        for _ in 0 ..< 3 {
          let connection = try await app.connect()
          try await connection.send(try RawRequest.call("Expand", texts: ["hello"]))
          _ = try await connection.peekResponse { $0.frames.count == 1 }
        }
      }
      try await cancelled.pass("the handler is cancelled", within: .seconds(20))
    },

    .one("Cancelling the app's task ends it in time while calls wait for their request") {
      adapter in
      try await adapter.serve { app in
        for method in ["Get", "Expand", "Collect", "Update"] {
          let connection = try await app.connect()
          try await connection.send(
            try RawRequest.call(method, texts: ["hello"]).framed(.unfinished)
          )
        }
        try await app.expectGoodCall()
      }
    },
  ]

  /// Stops a server while a client doesn't read its responses.
  private static func stop(
    _ adapter: TestedAdapter,
    whileUnread method: String,
    calls: Int
  ) async throws {
    let written = Recorder<Void>()
    let large = EchoMessage.with { $0.payload = .init(repeating: 1, count: 1024 * 1024) }
    let service = ScriptedService(
      onGet: { _, _ in
        written.append(())
        return ServerResponse(message: large)
      },
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          while true {
            try await writer.write(large)
            written.append(())
          }
        }
      }
    )
    try await adapter.serve(
      service,
      config: .defaults { $0.shutdownGracePeriod = .milliseconds(100) }
    ) { app in
      let connection = try await app.connect(isReading: false)
      let requests = try (0 ..< calls).flatMap { _ in
        try RawRequest.call(method, texts: [""]).bytes
      }
      // The server may stop reading requests before it has read all of them.
      let sending = Task { try await connection.send(requests) }
      defer { sending.cancel() }
      try await eventually("something is written") { !written.values.isEmpty }
      _ = try await settled("the number of messages written") { written.values.count }

      await app.server.beginGracefulShutdown()
      try await app.ended.pass("the server ends", within: .seconds(30))
      await connection.close()
    }
  }

  /// A service that sends a message and then waits to be cancelled.
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
