internal import GRPCCore
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Invalid heads.
  static let badHeads: [[ContractCase]] = [
    .one(
      "A header of 100 KiB is refused by HTTP, and the connection closed",
      needs: [.largeRequestHeaders, .malformedRequests]
    ) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        let value = String(repeating: "x", count: 100 * 1024)
        let answer = try await connection.answer(
          try .call(fields: [("x-large", value)], texts: ["hello"])
        )
        #expect((400 ..< 500).contains(answer.httpStatus))
        try await eventually("the connection is closed") { connection.isClosedByServer }
        try await app.expectGoodCall()
      }
    },

    .one("A header of 50 KiB is metadata", needs: [.largeRequestHeaders]) { adapter in
      try await adapter.serve { app in
        let value = String(repeating: "x", count: 50 * 1024)
        let answer = try await app.answer(
          try .call(fields: [("x-large", value)], texts: ["hello"])
        )
        #expect(answer.status == 0)
      }
    },

    .each(
      ["S", "10", "1234567890", "1.5S", "-1S", "10s", "1 S", "٣S"],
      "Requirement 7: a timeout that isn't one is refused"
    ) { adapter, timeout in
      _ = try await adapter.expect(
        .invalidArgument,
        for: .call(fields: [("grpc-timeout", timeout)], texts: ["hello"])
      )
    },

    .each(
      ["?", "A", "AA=A"],
      "Requirement 8: binary metadata that isn't base64 fails the call"
    ) { adapter, value in
      _ = try await adapter.expect(
        .invalidArgument,
        for: .call(fields: [("x-raw-bin", value)], texts: ["hello"])
      )
    },

    .one("A header that isn't UTF-8 does no harm", needs: [.requestHeaderBytes]) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        let head = """
          POST /sonora.test.Echo/Get HTTP/1.1\r
          host: localhost\r
          content-type: application/grpc-web\r
          content-length: 5\r
          x-bytes:\u{20}
          """
        try await connection.send(
          Array(head.utf8) + [0xc3, 0x28, 0xff] + Array("\r\n\r\n".utf8) + [0, 0, 0, 0, 0]
        )
        #expect(try await connection.readResponse().status == 0)
        try await app.expectGoodCall(on: connection)
      }
    },
  ]

  /// Connections that break, and bytes that aren't HTTP.
  static let badConnections: [[ContractCase]] = [
    .one("Requirement 6: a client that closes inside a frame doesn't reach the service") {
      adapter in
      let called = Gate()
      let service = ScriptedService(
        onGet: { request, _ in
          called.open()
          return ServerResponse(message: request.message)
        }
      )
      try await adapter.serve(service) { app in
        let frame = try TestFrame(EchoMessage.with { $0.text = "hello" })
        for framing in [.falseLength(100), .unfinished] as [RawRequest.Framing] {
          for length in [3, 7, frame.bytes.count] {
            let request = RawRequest.call(body: Array(frame.bytes.prefix(length))).framed(framing)
            let closed = try await app.connect()
            try await closed.send(request)
            await closed.close()

            let halfClosed = try await app.connect()
            try await halfClosed.send(request)
            try await halfClosed.closeOutput()
            try await eventually("the connection is closed") { halfClosed.isClosedByServer }
          }
        }
        #expect(!called.isOpen)
        try await app.expectGoodCall()
      }
    },

    .one(
      "Requirement 6: a client that closes its side inside a frame is told",
      needs: [.halfClosure]
    ) { adapter in
      try await Self.closeInsideFrame(adapter, .unfinished)
    },

    .one(
      "Requirement 6: so is one whose request has a length",
      needs: [.halfClosure, .bodiesWithLengthAtOnce]
    ) { adapter in
      try await Self.closeInsideFrame(adapter, .falseLength(100))
    },

    .one("Bytes that aren't HTTP get an answer of HTTP's own", needs: [.malformedRequests]) {
      adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        try await connection.send("\u{0}\u{1}\u{2} nonsense\r\n\r\n")
        #expect(try await connection.readResponse().httpStatus == 400)
        try await eventually("the connection is closed") { connection.isClosedByServer }
        try await app.expectGoodCall()
      }
    },
  ]

  private static func closeInsideFrame(
    _ adapter: TestedAdapter,
    _ framing: RawRequest.Framing
  ) async throws {
    try await adapter.serve { app in
      let frame = try TestFrame(EchoMessage.with { $0.text = "hello" })
      for length in [3, 7, frame.bytes.count] {
        let connection = try await app.connect()
        let body = Array(frame.bytes.prefix(length))
        try await connection.send(RawRequest.call(body: body).framed(framing))
        try await connection.closeOutput()
        let answer = try await connection.readResponse()
        #expect(answer.status == Status.Code.unavailable.rawValue)
      }
    }
  }
}
