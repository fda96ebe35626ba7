import GRPCCore
import GRPCWebHummingbird
import GRPCWebTestSupport
import HummingbirdCore
import Testing

@Suite(.timeLimit(.minutes(3)))
struct ClientWatchTests {
  @Test("A client that leaves right behind its request cancels the handler")
  @available(GRPCWeb 1.0, *)
  func leavesAtOnce() async throws {
    for _ in 0 ..< 20 {
      let isRunning = Gate()
      let isCancelled = Gate()
      let service = ScriptedService(
        onGet: { _, _ in
          isRunning.open()
          try await withTaskCancellationHandler {
            try await suspendUntilCancelled()
          } onCancel: {
            isCancelled.open()
          }
          return ServerResponse(message: EchoMessage())
        }
      )
      let server = { HTTPServerBuilder.grpcWebMiddleware($0) }
      try await TestApp.run(service, server: server) { app in
        let connection = try await app.connect()
        try await connection.send(try RawRequest.call(texts: [""]))
        try await connection.closeOutput()
        // It may be gone before its handler has been started at all.
        try await eventually("the call is cancelled") {
          let refused = try await app.answer(RawRequest(method: "GET", path: "/plain"))
          return isCancelled.isOpen || !isRunning.isOpen && refused.httpStatus == 200
        }
        await connection.close()
      }
    }
  }
}
