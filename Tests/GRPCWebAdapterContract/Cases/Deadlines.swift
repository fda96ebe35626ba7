internal import GRPCCore
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Calls that exceed their deadline.
  static let deadlines: [[ContractCase]] = [
    .each(
      ["Get", "Expand"],
      "Requirement 7: the answer is on time when the handler does not cooperate"
    ) { adapter, method in
      let release = Gate()
      let taskCancelled = Gate()
      let handleCancelled = Gate()
      let wait: @Sendable () async -> Void = {
        await withTaskCancellationHandler {
          await withRPCCancellationHandler {
            await release.passIgnoringCancellation()
          } onCancelRPC: {
            handleCancelled.open()
          }
        } onCancel: {
          taskCancelled.open()
        }
      }
      let service = ScriptedService(
        onGet: { request, _ in
          await wait()
          return ServerResponse(message: request.message)
        },
        onExpand: { request, _ in
          StreamingServerResponse { writer in
            try await writer.write(request.message)
            await wait()
            return [:]
          }
        }
      )
      try await adapter.serve(service) { app in
        // The service is released before the server stops, which may wait for it.
        defer { release.open() }
        let connection = try await app.connect()
        // The deadline leaves time to start the service on a busy machine.
        let answer = try await connection.answer(
          try .call(method, fields: [("grpc-timeout", "2S")], texts: ["hello"])
        )
        #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
        #expect(!release.isOpen)
        try await taskCancelled.pass("the handler's task is cancelled")
        try await handleCancelled.pass("the RPC's cancellation handle is cancelled")

        // The handler that still runs doesn't block the connection.
        let next = try await connection.answer(try .call("Collect", texts: ["next"]))
        #expect(try next.texts == ["next"])
      }
    },

    .each(
      ["100080000m", "99999999H", "9223372036854775807n", "99999999999999999999999m"],
      "Requirement 7: a deadline of any number of digits is one"
    ) { adapter, timeout in
      let service = ScriptedService(
        onGet: { request, context in
          try await Task.sleep(for: .milliseconds(10))
          try Task.checkCancellation()
          let isCancelled = context.cancellation.isCancelled
          return ServerResponse(message: .with { $0.text = isCancelled ? "cancelled" : "fine" })
        }
      )
      try await adapter.serve(service) { app in
        let answer = try await app.answer(
          try .call(fields: [("grpc-timeout", timeout)], texts: ["hello"])
        )
        #expect(answer.status == 0)
        #expect(try answer.texts == ["fine"])
      }
    },

    .each(
      ["Get", "Expand", "Collect", "Update"],
      "Requirement 7: a deadline that passes while the request is being read is answered on time"
    ) { adapter, method in
      try await adapter.serve { app in
        // Many calls run at the same time, since a fault would be a race.
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0 ..< 20 {
            group.addTask {
              let connection = try await app.connect()
              try await connection.send(
                try RawRequest.call(method, fields: [("grpc-timeout", "30m")], texts: ["hello"])
                  .framed(.unfinished)
              )
              let answer = try await connection.peekResponse { $0.status != nil }
              #expect(answer.httpStatus == 200)
              #expect(answer.status == Status.Code.deadlineExceeded.rawValue)

              // Bytes that the client still sends do no harm.
              try? await connection.send(RawRequest.chunk([1, 2, 3]))
              try? await connection.send(RawRequest.lastChunk)
              _ = try await connection.readResponse()
              await connection.close()
            }
          }
          try await group.waitForAll()
        }
        try await app.expectGoodCall()
      }
    },

    .one("Requirement 7: a deadline is answered while a task of the service's own reads") {
      adapter in
      try await adapter.serve(Self.readingInATaskOfItsOwn) { app in
        _ = try await Self.passDeadlineWhileReading(app)
        try await app.expectGoodCall()
      }
    },

    .one(
      "Requirement 7: such a deadline doesn't cost the connection",
      needs: [.connectionsAfterEarlyEnd]
    ) { adapter in
      try await adapter.serve(Self.readingInATaskOfItsOwn) { app in
        let connection = try await Self.passDeadlineWhileReading(app)
        try await app.expectGoodCall(on: connection)
      }
    },

    .each(
      ["Get", "Expand", "Collect", "Update"],
      "Requirement 7: a deadline is answered before any of the body has come",
      needs: [.headsWithoutBody]
    ) { adapter, method in
      try await adapter.serve { app in
        let connection = try await app.connect()
        try await connection.send(
          RawRequest.call(method, fields: [("grpc-timeout", "50m")], body: []).framed(.unfinished)
        )
        let answer = try await within(.seconds(20), "the deadline is answered") {
          try await connection.peekResponse { $0.status != nil }
        }
        #expect(answer.status == Status.Code.deadlineExceeded.rawValue)
        await connection.close()
      }
    },
  ]

  private static let readingInATaskOfItsOwn = ScriptedService(
    onUpdate: { request, _ in
      StreamingServerResponse { writer in
        try await writer.write(.with { $0.text = "first" })
        // This task isn't cancelled with the handler.
        let reader = Task {
          for try await _ in request.messages {}
        }
        try await reader.value
        return [:]
      }
    }
  )

  /// Makes a call whose deadline passes, ends its request, and returns the connection.
  private static func passDeadlineWhileReading(_ app: RunningAdapter) async throws -> RawConnection
  {
    let connection = try await app.connect()
    try await connection.send(
      try RawRequest.call("Update", fields: [("grpc-timeout", "50m")], texts: ["hello"])
        .framed(.unfinished)
    )
    let answer = try await connection.peekResponse { $0.status != nil }
    #expect(answer.status == Status.Code.deadlineExceeded.rawValue)

    try await connection.send(RawRequest.lastChunk)
    _ = try await connection.readResponse()
    return connection
  }
}
