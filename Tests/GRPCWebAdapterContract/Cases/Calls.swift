internal import GRPCCore
internal import GRPCWebTestSupport
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  static let binary = "application/grpc-web+proto"
  static let text = "application/grpc-web-text+proto"

  /// Calls of all kinds, in both modes.
  static let calls: [[ContractCase]] = [
    .each(
      [
        Call(method: "Get", sent: ["abc"], received: ["abc"]),
        Call(method: "Expand", sent: ["abc"], received: ["a", "b", "c"]),
        Call(method: "Collect", sent: ["abc", "", "def"], received: ["abcdef"]),
        Call(method: "Update", sent: ["abc", "", "def"], received: ["abc", "", "def"]),
      ],
      "Requirements 1-6, 10, 11, 17, 27: a call, in every mix of modes and chunks"
    ) { adapter, call in
      try await adapter.serve { app in
        let connection = try await app.connect()
        for (requestType, responseType) in [
          (Self.binary, Self.binary), (Self.binary, Self.text),
          (Self.text, Self.binary), (Self.text, Self.text),
        ] {
          let request = try RawRequest.call(
            call.method,
            contentType: requestType,
            fields: [("accept", responseType)],
            texts: call.sent
          )
          // Each body is sent with a length, in chunks of one byte, in small chunks and in one
          // chunk, all on one connection.
          for framing in [.length, .chunked(1), .chunked(3), .chunked(1000)] as [RawRequest.Framing]
          {
            let answer = try await connection.answer(request.framed(framing))
            #expect(answer.httpStatus == 200)
            #expect(answer.header("content-type") == [responseType])
            #expect(try answer.texts == call.received)
            #expect(answer.trailers == [.init("grpc-status", "0")])
          }
        }
        await connection.close()
      }
    },

    .each([Self.binary, Self.text], "Requirement 5: a request sent byte by byte is answered") {
      adapter,
      contentType in
      try await adapter.serve { app in
        let connection = try await app.connect()
        let request = try RawRequest.call(contentType: contentType, texts: ["hello"])
        try await connection.sendBytewise(request.framed(.chunked(2)).bytes)
        let answer = try await connection.readResponse()
        #expect(try answer.texts == ["hello"])
        #expect(answer.status == 0)
      }
    },

    .one("Requirement 3: a response's type is our own, never what the client sent") { adapter in
      try await adapter.serve { app in
        let answer = try await app.answer(
          try .call(
            contentType: "APPLICATION/gRPC-Web-Text; charset=utf-8",
            fields: [("accept", "*/*")],
            texts: []
          )
        )
        #expect(answer.header("content-type") == [Self.text])

        let binary = try await app.answer(
          try .call(
            contentType: "Application/GRPC-Web; charset=utf-8",
            fields: [("accept", "*/*")],
            texts: ["hello"]
          )
        )
        #expect(binary.header("content-type") == [Self.binary])
        #expect(try binary.texts == ["hello"])
      }
    },

    .one("Requirement 4: a message of no bytes is a message") { adapter in
      try await adapter.serve { app in
        let answer = try await app.answer(.call(body: [0, 0, 0, 0, 0]))
        #expect(answer.status == 0)
        #expect(try answer.texts == [""])
      }
    },

    .each(
      [RawRequest.Framing.length, .chunked(70_000)],
      "Requirement 4: a large message goes there and back"
    ) { adapter, framing in
      try await adapter.serve { app in
        let connection = try await app.connect()
        // Most frameworks limit the bodies of routes to less than this size.
        let text = String(repeating: "0123456789abcdef", count: 64 * 1024)
        let answer = try await connection.answer(try .call(texts: [text]).framed(framing))
        #expect(try answer.texts == [text])
        #expect(answer.header("content-length") == ["\(answer.body.count)"])
        #expect(answer.status == 0)
        try await app.expectGoodCall(on: connection)
      }
    },

    .one("Requirement 10: a unary call is answered with the length of its response") { adapter in
      try await adapter.serve { app in
        let answer = try await app.answer(try .call(texts: ["hello"]))
        #expect(try answer.texts == ["hello"])
        #expect(answer.header("content-length") == ["\(answer.body.count)"])
        #expect(answer.header("transfer-encoding").isEmpty)
      }
    },

    .one("Interceptors run") { adapter in
      try await adapter.serve(interceptors: [RefusingInterceptor()]) { app in
        let answer = try await app.answer(try .call(texts: ["hello"]))
        #expect(answer.status == Status.Code.unauthenticated.rawValue)
        let allowed = try await app.answer(
          try .call(fields: [("authorization", "Bearer x")], texts: ["hello"])
        )
        #expect(allowed.status == 0)
      }
    },
  ]
}

/// The messages to send, and those expected in the response.
private struct Call: Sendable, CustomStringConvertible {
  var method: String
  var sent: [String]
  var received: [String]

  var description: String {
    self.method
  }
}

/// An interceptor that refuses calls without `authorization`.
@available(GRPCWeb 1.0, *)
private struct RefusingInterceptor: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @Sendable (
        _ request: StreamingServerRequest<Input>,
        _ context: ServerContext
      ) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    guard request.metadata["authorization"].contains(where: { _ in true }) else {
      throw RPCError(code: .unauthenticated, message: "Who are you?")
    }
    return try await next(request, context)
  }
}
