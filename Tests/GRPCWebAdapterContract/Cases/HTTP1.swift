internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import HTTPTypes
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Requirements of HTTP/1.1 beyond responses to requests.
  static let http1: [[ContractCase]] = [
    .each(
      ["h2c", "websocket", "anything"],
      "Requirement 28: an upgrade that isn't taken is as if it weren't offered",
      needs: [.upgradeOffers]
    ) { adapter, upgrade in
      try await adapter.serve { app in
        let offer = [
          ("connection", "Upgrade, HTTP2-Settings"), ("upgrade", upgrade),
          ("http2-settings", "AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA"),
        ]
        var connection = try await app.connect()
        for text in ["one", "two", "three", "four"] {
          let answer = try await connection.answer(try .call(fields: offer, texts: [text]))
          #expect(answer.status == 0)
          #expect(try answer.texts == [text])
          connection = try await Self.next(connection, after: answer, of: app)
        }
      }
    },

    .one(
      "Requirement 28: an upgrade that isn't taken is as if it weren't offered to the app's routes",
      needs: [.upgradeOffers, .otherRoutes]
    ) { adapter in
      try await adapter.serve { app in
        var connection = try await app.connect()
        for _ in 0 ..< 3 {
          let answer = try await connection.answer(
            RawRequest(
              method: "GET",
              path: "/plain",
              fields: [("connection", "upgrade"), ("upgrade", "h2c")]
            )
          )
          #expect(answer.body == Array("plain".utf8))
          connection = try await Self.next(connection, after: answer, of: app)
        }
      }
    },

    .one(
      "Requirement 28: a tunnel is refused, and the next request is answered",
      needs: [.upgradeOffers]
    ) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        let refusal = try await connection.answer(
          RawRequest(method: "CONNECT", path: "localhost:80")
        )
        #expect(400 ..< 600 ~= refusal.httpStatus)
        let next = try await Self.next(connection, after: refusal, of: app)
        try await app.expectGoodCall(on: next)
      }
    },

    .one(
      "Requirement 28: what follows an upgrade that isn't taken isn't kept without bound",
      needs: [.upgradeOffers]
    ) { adapter in
      let release = Gate()
      defer { release.open() }
      let service = ScriptedService(
        onGet: { request, _ in
          try await release.pass()
          return ServerResponse(message: request.message)
        }
      )
      try await adapter.serve(service) { app in
        let connection = try await app.connect()
        let sent = Recorder<Void>()
        let total = 256
        let before = residentMemory()
        let sender = Task {
          let offer = [("connection", "upgrade"), ("upgrade", "anything")]
          try await connection.send(try RawRequest.call(fields: offer, texts: ["hello"]))
          for _ in 0 ..< total {
            try await connection.send(Array(repeating: 0, count: 1024 * 1024))
            sent.append(())
          }
        }
        defer { sender.cancel() }
        // The server may stop reading, close the connection, or drop the bytes.
        let count = try await settled("the number of megabytes sent") { sent.values.count }
        if count == total, let before = before, let after = residentMemory() {
          #expect(after - before < total / 2 * 1024 * 1024)
        }
        release.open()
        await connection.close()
        try await app.expectGoodCall()
      }
    },

    .one(
      "Requirement 31: an HTTP/1.0 client gets a stream without chunks that ends with the connection",
      needs: [.http10Streams]
    ) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        var request = try RawRequest.call("Expand", texts: ["abc"])
        request.version = "HTTP/1.0"
        let answer = try await connection.answer(request)
        #expect(answer.header("transfer-encoding").isEmpty)
        #expect(answer.status == 0)
        #expect(try answer.texts == ["a", "b", "c"])
        try await connection.readEnd()
      }
    },

    .one(
      "A client of HTTP/1.0 gets the answer to a unary call, and then the end of the connection",
      needs: [.closingBehindHTTP10]
    ) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        var request = try RawRequest.call(texts: ["hello"])
        request.version = "HTTP/1.0"
        let answer = try await connection.answer(request)
        #expect(answer.header("transfer-encoding").isEmpty)
        #expect(try answer.texts == ["hello"])
        try await connection.readEnd()
      }
    },

    .one(
      "Requirement 29: a client that waits for it is told that its body is wanted",
      needs: [.expectations]
    ) { adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        for text in ["one", "two"] {
          let request = try RawRequest.call(fields: [("expect", "100-continue")], texts: [text])
          let body = request.body
          try await connection.send(Array(request.bytes.dropLast(body.count)))
          try await eventually("something comes", within: .seconds(5)) { connection.hasReceived }
          try await connection.send(body)
          #expect(try await connection.readResponse().texts == [text])
        }
      }
    },

    .one(
      "Requirement 29: a waiting client gets no 100 before the response to its request before",
      needs: [.expectations]
    ) { adapter in
      let release = Gate()
      defer { release.open() }
      let service = ScriptedService(
        onGet: { request, _ in
          if request.message.text == "first" {
            try await release.pass()
          }
          return ServerResponse(message: request.message)
        }
      )
      try await adapter.serve(service) { app in
        let connection = try await app.connect()
        let second = try RawRequest.call(fields: [("expect", "100-continue")], texts: ["second"])
        let head = Array(second.bytes.dropLast(second.body.count))
        try await connection.send(try RawRequest.call(texts: ["first"]).bytes + head)
        release.open()
        let first = try await connection.peekResponse { _ in true }
        #expect(first.httpStatus == 200)
        #expect(try await connection.readResponse().texts == ["first"])
        try await eventually("something comes", within: .seconds(5)) { connection.hasReceived }
        try await connection.send(second.body)
        #expect(try await connection.readResponse().texts == ["second"])
      }
    },

    .one("Requirement 31: responses have a date") { adapter in
      try await adapter.serve(config: .defaults { $0.cors = .allowAll }) { app in
        let connection = try await app.connect()
        let requests = [
          try RawRequest.call(texts: ["hello"]),
          try RawRequest.call("Expand", texts: ["hello"]),
          RawRequest.call("Nope", body: []),
          RawRequest(method: "GET", path: "/sonora.test.Echo/Get"),
          RawRequest(
            method: "OPTIONS",
            path: "/sonora.test.Echo/Get",
            fields: [("origin", "https://shop.example"), ("access-control-request-method", "POST")]
          ),
        ]
        for request in requests {
          let dates = try await connection.answer(request).header("date")
          #expect(dates.count == 1)
          let date = try #require(dates.first)
          let isDate = date.wholeMatch(of: Self.date) != nil
          #expect(isDate, "\(date)")
        }
      }
    },
  ]

  /// The form of an IMF-fixdate (RFC 9110, section 5.6.7).
  nonisolated(unsafe) private static let date =
    /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] 20\d\d \d\d:\d\d:\d\d GMT/

  /// The connection for the next request: a new one if the response says that the server closes the
  /// current one.
  private static func next(
    _ connection: RawConnection,
    after answer: TestAnswer,
    of app: RunningAdapter
  ) async throws -> RawConnection {
    guard answer.header("connection").contains(where: { $0.lowercased() == "close" }) else {
      return connection
    }
    try await connection.readEnd()
    return try await app.connect()
  }

  /// Calls followed by bytes that aren't a request.
  static let faultyFollowers: [[ContractCase]] = [
    .each(
      Follower.all,
      "Requirement 30: a call is answered, whatever follows it that isn't a request",
      needs: \.needs
    ) { adapter, follower in
      let started = Gate()
      let release = Gate()
      defer { release.open() }
      let service = ScriptedService(
        onGet: { request, _ in
          started.open()
          try await release.pass()
          return ServerResponse(message: request.message)
        }
      )
      try await adapter.serve(service) { app in
        let connection = try await app.connect()
        let call = try RawRequest.call(fields: follower.fields, texts: ["hello"])
        if follower.isSentAtOnce {
          try await connection.send(call.bytes + follower.bytes)
          try await started.pass("the handler starts")
        } else {
          try await connection.send(call)
          try await started.pass("the handler starts")
          try await connection.send(follower.bytes)
        }
        // A server that reads ahead shows it only by ending the connection.
        let isClosed = try await settled("the connection", quiet: .milliseconds(100)) {
          connection.isClosedByServer
        }
        #expect(!isClosed)
        release.open()

        let answer = try await connection.readResponse()
        #expect(answer.status == 0)
        #expect(try answer.texts == ["hello"])
        // A server that reads whole lines waits for the end of one.
        try? await connection.send("\r\n\r\n")
        try await eventually("the connection is closed") { connection.isClosedByServer }
        if connection.hasReceived {
          #expect(try await connection.readResponse().httpStatus == 400)
        }
      }
    }
  ]
}

/// Bytes that follow a call on its connection, and aren't a request.
private struct Follower: Sendable, CustomStringConvertible {
  var description: String
  var bytes: [UInt8]
  var fields: [(name: String, value: String)] = []
  var isSentAtOnce: Bool

  /// What a framework has to be able to do for the call to be answered.
  var needs: Set<AdapterAbility> {
    self.isSentAtOnce ? [.faultyFollowers] : []
  }

  static let all: [Follower] = [true, false].flatMap { isSentAtOnce in
    let when = isSentAtOnce ? "at once" : "while it runs"
    return [
      Follower(
        description: "a stray byte \(when)",
        bytes: [0],
        isSentAtOnce: isSentAtOnce
      ),
      Follower(
        description: "garbage \(when)",
        bytes: Array("\u{1}\u{2} nonsense\r\n\r\n".utf8),
        isSentAtOnce: isSentAtOnce
      ),
      Follower(
        description: "a bad request \(when)",
        bytes: Array("GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n".utf8),
        isSentAtOnce: isSentAtOnce
      ),
      Follower(
        description: "bytes behind the last request \(when)",
        bytes: Array("more".utf8),
        fields: [("connection", "close")],
        isSentAtOnce: isSentAtOnce
      ),
    ]
  }
}
