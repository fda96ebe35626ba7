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
        // The client may be gone before the handler of its call has started.
        try await eventually("the call is cancelled") {
          let refused = try await app.answer(RawRequest(method: "GET", path: "/plain"))
          return isCancelled.isOpen || !isRunning.isOpen && refused.httpStatus == 200
        }
        await connection.close()
      }
    }
  }

  @Test("Bytes that aren't HTTP behind a call don't cancel it")
  @available(GRPCWeb 1.0, *)
  func garbageBehindCall() async throws {
    let isRunning = Gate()
    let release = Gate()
    defer { release.open() }
    let service = ScriptedService(
      onGet: { request, _ in
        isRunning.open()
        try await release.pass()
        try Task.checkCancellation()
        return ServerResponse(message: request.message)
      }
    )
    let server = { HTTPServerBuilder.grpcWebMiddleware($0) }
    try await TestApp.run(service, server: server) { app in
      let connection = try await app.connect()
      try await connection.send(try RawRequest.call(texts: ["hello"]))
      try await isRunning.pass("the handler starts")
      try await connection.send("\u{1} nonsense\r\n\r\n")
      let isClosed = try await settled("the connection", quiet: .milliseconds(100)) {
        connection.isClosedByServer
      }
      #expect(!isClosed)
      release.open()
      #expect(try await connection.readResponse().texts == ["hello"])
      #expect(try await connection.readResponse().httpStatus == 400)
      try await connection.readEnd()
    }
  }
}
