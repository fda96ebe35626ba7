internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import HTTPTypes
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Requests that belong to the app, and requests that don't.
  static let passingOn: [[ContractCase]] = [
    .one(
      "Requirement 2: requests that aren't gRPC-Web reach the app, their body unread",
      needs: [.otherRoutes]
    ) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        let plain = try await connection.answer(RawRequest(method: "GET", path: "/plain"))
        #expect(plain.httpStatus == 200)
        #expect(plain.body == Array("plain".utf8))

        let body = (0 ..< 100_000).map { UInt8(truncatingIfNeeded: $0) }
        for framing in [.length, .chunked(7000)] as [RawRequest.Framing] {
          let echoed = try await connection.answer(
            RawRequest(path: "/body", fields: [("content-type", "image/jpeg")], body: body)
              .framed(framing)
          )
          #expect(echoed.httpStatus == 200)
          // Compared outside of the expectation, which would compute the differences of large
          // bodies.
          let isEchoed = echoed.body == body
          #expect(isEchoed)
        }

        let missing = try await connection.answer(
          RawRequest(
            path: "/sonora.test.Echo/Nope",
            fields: [("content-type", "image/jpeg")],
            body: [1, 2, 3]
          )
        )
        #expect(missing.httpStatus == 404)
        let missingPage = try await connection.answer(
          RawRequest(method: "GET", path: "/sonora.test.Echo/Nope")
        )
        #expect(missingPage.httpStatus == 404)
        try await app.expectGoodCall(on: connection)
      }
    },

    .one("Requirement 2: unknown methods reach an app that wants them", needs: [.otherRoutes]) {
      adapter in
      try await adapter.serve(
        config: .defaults { $0.answersUnknownMethods = false },
        routes: [AdapterApp.Route(.post, "/nope.Nope/Get") { $0 }]
      ) { app in
        let answer = try await app.answer(
          RawRequest(
            path: "/nope.Nope/Get",
            fields: [("content-type", Self.binary)],
            body: Array("hello".utf8)
          )
        )
        #expect(answer.header("content-type") != [Self.binary])
        #expect(answer.body == Array("hello".utf8))
      }
    },

    .one("Requirement 1: services are mounted at a prefix, a query is ignored") { adapter in
      try await adapter.serve(prefix: "/api") { app in
        let connection = try await app.connect()
        var request = try RawRequest.call(prefix: "/api", texts: ["hello"])
        #expect(try await connection.answer(request).texts == ["hello"])

        request.path += "?a=b"
        #expect(try await connection.answer(request).texts == ["hello"])

        for other in ["", "/API", "/ap", "/api/api"] {
          let answer = try await connection.answer(
            RawRequest(
              path: "\(other)/sonora.test.Echo/Get",
              fields: [("content-type", "application/octet-stream")]
            )
          )
          #expect(answer.httpStatus == 404)
        }
      }
    },

    .one(
      "Requirement 8: paths are compared by bytes: what only looks alike is another",
      needs: [.requestTargetBytes]
    ) { adapter in
      try await adapter.serve(prefix: "/Kit") { app in
        try await app.expectGoodCall(prefix: "/Kit")
        // The Kelvin sign is canonically equivalent to K.
        let answer = try await app.answer(try .call(prefix: "/\u{212a}it", texts: ["hello"]))
        #expect(answer.httpStatus != 200)
        #expect(answer.frames.isEmpty)
      }
    },

    .one("A prefix may be written with or without its slashes") { adapter in
      for prefix in ["api/v1", "/api/v1/"] {
        try await adapter.serve(prefix: prefix) { app in
          let answer = try await app.answer(.call(prefix: "/api/v1", texts: ["hello"]))
          #expect(try answer.texts == ["hello"])
        }
      }
    },
  ]

  /// Several requests, on one connection and on many.
  static let connections: [[ContractCase]] = [
    .one("Calls and routes pipelined in one write are answered in order", needs: [.otherRoutes]) {
      adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        try await connection.send(
          try RawRequest.call(texts: ["first"]).bytes
            + RawRequest(method: "GET", path: "/plain").bytes
            + RawRequest.call("Expand", texts: ["ab"]).framed(.chunked(4)).bytes
            + RawRequest.call("Nope", body: [1, 2, 3]).bytes
            + RawRequest.call(contentType: "image/jpeg", texts: ["no"]).framed(.chunked(4)).bytes
            + RawRequest(path: "/body", body: [7, 8, 9]).bytes
            + RawRequest.call(texts: ["last"]).bytes
        )
        #expect(try await connection.readResponse().texts == ["first"])
        #expect(try await connection.readResponse().body == Array("plain".utf8))
        #expect(try await connection.readResponse().texts == ["a", "b"])
        #expect(try await connection.readResponse().status == 12)
        #expect(try await connection.readResponse().httpStatus == 415)
        #expect(try await connection.readResponse().body == [7, 8, 9])
        #expect(try await connection.readResponse().texts == ["last"])
      }
    },

    .one("Calls pipelined in one write are answered in order") { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        try await connection.send(
          try RawRequest.call(texts: ["first"]).bytes
            + RawRequest.call("Expand", texts: ["ab"]).framed(.chunked(4)).bytes
            + RawRequest.call("Nope", body: [1, 2, 3]).bytes
            + RawRequest.call(texts: ["last"]).bytes
        )
        #expect(try await connection.readResponse().texts == ["first"])
        #expect(try await connection.readResponse().texts == ["a", "b"])
        #expect(try await connection.readResponse().status == 12)
        #expect(try await connection.readResponse().texts == ["last"])
      }
    },

    .each(
      [
        Unread(path: "/sonora.test.Echo/Get", contentType: "image/jpeg"),
        Unread(path: "/nope.Nope/Get", contentType: Self.binary),
        // A frame over the limit ends the call while more of the body follows.
        Unread(
          path: "/sonora.test.Echo/Collect",
          contentType: Self.binary,
          start: TestFrame.header(length: .max)
        ),
      ],
      "What is left unread of a request is never taken for the next one"
    ) { adapter, unread in
      let reached = Gate()
      let service = ScriptedService(
        onGet: { request, _ in
          if request.message.text == "hidden" {
            reached.open()
          }
          return ServerResponse(message: request.message)
        }
      )
      try await adapter.serve(service) { app in
        let connection = try await app.connect()
        let hidden = try RawRequest.call(texts: ["hidden"]).bytes
        // The filler is larger than what a framework reads ahead.
        let filler = Array(repeating: UInt8(ascii: "x"), count: 3 * 1024 * 1024)
        let body = unread.start + hidden + filler
        for framing in [.length, .chunked(100_000)] as [RawRequest.Framing] {
          let request = RawRequest(
            path: unread.path,
            fields: [("content-type", unread.contentType)],
            body: body
          )
          _ = try await connection.answer(request.framed(framing))
          try await app.expectGoodCall(on: connection)
        }
        #expect(!reached.isOpen)
      }
    },

    .one("Calls on many connections at once are each answered with their own") { adapter in
      try await adapter.serve { app in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0 ..< 30 {
            group.addTask {
              let connection = try await app.connect()
              for turn in 0 ..< 5 {
                let text = "\(index)/\(turn)"
                let answer = try await connection.answer(try .call(texts: [text]))
                #expect(try answer.texts == [text])
              }
              await connection.close()
            }
          }
          try await group.waitForAll()
        }
      }
    },
  ]
}

/// A request whose body isn't read to its end.
private struct Unread: Sendable, CustomStringConvertible {
  var path: String
  var contentType: String
  var start: [UInt8] = []

  var description: String {
    "\(self.contentType) to \(self.path)"
  }
}
