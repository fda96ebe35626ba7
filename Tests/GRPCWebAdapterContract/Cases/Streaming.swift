internal import GRPCCore
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Messages are sent and received while the call runs.
  static let streaming: [[ContractCase]] = [
    .each(
      [Self.binary, Self.text],
      "Requirement 24: the head, then each message, is there at once"
    ) { adapter, contentType in
      let gates = [Gate(), Gate(), Gate()]
      let service = ScriptedService(
        onExpand: { _, _ in
          StreamingServerResponse(metadata: ["x-early": "1"]) { writer in
            for (index, gate) in gates.enumerated() {
              try await gate.pass()
              try await writer.write(.with { $0.text = "\(index)" })
            }
            return [:]
          }
        }
      )

      try await adapter.serve(service) { app in
        let connection = try await app.connect()
        try await connection.send(
          try RawRequest.call("Expand", contentType: contentType, texts: ["hello"])
        )

        let head = try await connection.peekResponse { _ in true }
        #expect(head.httpStatus == 200)
        #expect(head.header("x-early") == ["1"])
        #expect(head.header("content-length").isEmpty)
        #expect(head.header("transfer-encoding") == ["chunked"])
        #expect(head.header("cache-control") == ["no-store, no-transform"])
        #expect(head.header("x-accel-buffering") == ["no"])
        #expect(head.body.isEmpty)

        for (index, gate) in gates.enumerated() {
          gate.open()
          let part = try await connection.peekResponse { $0.frames.count > index }
          #expect(try part.texts == (0 ... index).map { "\($0)" })
        }
        let answer = try await connection.readResponse()
        #expect(answer.status == 0)
        try await app.expectGoodCall(on: connection)
      }
    },

    .one("Requirement 27: requests and responses of a bidirectional call take turns") { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        try await connection.send(RawRequest.call("Update", body: []).framed(.unfinished))

        for index in 0 ..< 3 {
          let frame = try TestFrame(EchoMessage.with { $0.text = "\(index)" })
          try await connection.send(RawRequest.chunk(frame.bytes))
          let part = try await connection.peekResponse { $0.frames.count > index }
          #expect(try part.texts.last == "\(index)")
          #expect(part.trailers == nil)
        }

        try await connection.send(RawRequest.lastChunk)
        let answer = try await connection.readResponse()
        #expect(answer.frames.count == 3)
        #expect(answer.status == 0)
        try await app.expectGoodCall(on: connection)
      }
    },

    .one("A service that ends the call early is answered while the client still sends") { adapter in
      try await adapter.serve(Self.endingEarly) { app in
        let connection = try await Self.endEarly(app)
        // The server reads and drops the rest of the request.
        try? await connection.send(RawRequest.chunk(Array(repeating: 1, count: 1000)))
        try? await connection.send(RawRequest.lastChunk)
        try await app.expectGoodCall()
      }
    },

    .one(
      "The connection is kept when the client sends on after an early end",
      needs: [.connectionsAfterEarlyEnd]
    ) { adapter in
      try await adapter.serve(Self.endingEarly) { app in
        let connection = try await Self.endEarly(app)
        try await connection.send(RawRequest.chunk(Array(repeating: 1, count: 1000)))
        try await connection.send(RawRequest.lastChunk)
        try await app.expectGoodCall(on: connection)
      }
    },
  ]

  private static let endingEarly = ScriptedService(
    onUpdate: { request, _ in
      StreamingServerResponse { writer in
        for try await message in request.messages {
          try await writer.write(message)
          break
        }
        throw RPCError(code: .outOfRange, message: "enough")
      }
    }
  )

  /// Makes a call that the service ends early, and returns the connection, on which the request
  /// hasn't ended.
  private static func endEarly(_ app: RunningAdapter) async throws -> RawConnection {
    let connection = try await app.connect()
    try await connection.send(try RawRequest.call("Update", texts: ["a"]).framed(.unfinished))
    let answer = try await connection.readResponse()
    #expect(try answer.texts == ["a"])
    #expect(answer.status == Status.Code.outOfRange.rawValue)
    return connection
  }
}
