import GRPCCore
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import Testing

/// Requests and connections that break HTTP/1.1's rules, or use rarely used ones.
@Suite(.timeLimit(.minutes(3)))
struct HTTPFaultTests {
  private static let adapters: [TestServer.TestedAdapter] = [.transport, .hummingbird]

  @Test(
    "Requirement 28: a connection goes on behind offers of an upgrade",
    arguments: adapters
  )
  @available(GRPCWeb 1.0, *)
  func upgradeOffers(adapter: TestServer.TestedAdapter) async throws {
    try await TestServer.run(adapter: adapter) { server in
      let offer = [
        ("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"),
        ("http2-settings", "AAMAAABkAAQAoAAAAAIAAAAA"),
      ]
      var connection = try await server.connect()
      for text in ["1", "2", "3", "4"] {
        let answer = try await connection.answer(try .call(fields: offer, texts: [text]))
        #expect(try answer.texts == [text])
        if answer.header("connection") == ["close"] {
          try await connection.readEnd()
          connection = try await server.connect()
        }
      }
      await connection.close()
    }
  }

  @Test("Requirement 28: bytes behind an offer that isn't taken are parsed, and not kept")
  @available(GRPCWeb 1.0, *)
  func bytesBehindOffer() async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      let offer = [("connection", "upgrade"), ("upgrade", "anything")]
      try await connection.send(try .call(fields: offer, texts: ["x"]))
      try await connection.send([0, 1, 2, 3])
      #expect(try await connection.readResponse().texts == ["x"])
      #expect(try await connection.readResponse().httpStatus == 400)
      try await connection.readEnd()
    }
  }

  @Test("Requirement 28: a tunnel is refused, over both versions of HTTP")
  @available(GRPCWeb 1.0, *)
  func connect() async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      try await connection.send(
        "CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\n\r\nabc"
      )
      let answer = try await connection.readResponse()
      #expect(answer.httpStatus == 501)
      #expect(answer.header("connection") == ["close"])
      try await connection.readEnd()

      let http2 = try await RawHTTP2Connection(to: server)
      try await http2.send(try http2.head(path: nil, method: "CONNECT", stream: 1))
      #expect(try await http2.response(on: 1).status == 501)
    }
  }

  // The order of answers and faults

  @Test(
    "Requirement 30: garbage behind a request is answered after the request",
    arguments: Self.adapters,
    ["x", "\u{0}\u{1}\u{2}", "GET / HTTP/1.1\r\nhost\r\n\r\n"]
  )
  @available(GRPCWeb 1.0, *)
  func garbageBehindRequest(adapter: TestServer.TestedAdapter, garbage: String) async throws {
    let isOpen = Gate()
    defer { isOpen.open() }
    let service = ScriptedService(
      onGet: { request, _ in
        try await isOpen.pass()
        return ServerResponse(message: request.message)
      }
    )
    try await TestServer.run(service, adapter: adapter) { server in
      let connection = try await server.connect()
      let call = try RawRequest.call(texts: ["good"]).bytes
      try await connection.send(call + Array(garbage.utf8))
      isOpen.open()
      #expect(try await connection.readResponse().texts == ["good"])
      // One byte may be the first of a request.
      if garbage.utf8.count > 1 {
        if adapter == .transport {
          #expect(try await connection.readResponse().httpStatus == 400)
        }
        try await eventually("the connection is closed") { connection.isClosedByServer }
      }
      await connection.close()
    }
  }

  @Test("Requirement 30: a bad request behind a good one is answered, too")
  @available(GRPCWeb 1.0, *)
  func badBehindGood() async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      let good = try RawRequest.call(texts: ["good"]).bytes
      let bad = Array("GET / HTTP/1.1\r\n\r\n".utf8)
      try await connection.send(good + good + bad + good)
      #expect(try await connection.readResponse().texts == ["good"])
      #expect(try await connection.readResponse().texts == ["good"])
      #expect(try await connection.readResponse().httpStatus == 400)
      try await connection.readEnd()
    }
  }

  @Test("Requirement 30: what comes behind the last request is dropped", arguments: Self.adapters)
  @available(GRPCWeb 1.0, *)
  func behindClose(adapter: TestServer.TestedAdapter) async throws {
    try await TestServer.run(adapter: adapter) { server in
      for rest in [1, 100, 300_000] {
        for option in ["close", "x,\tClose"] {
          let connection = try await server.connect()
          let call = try RawRequest.call(fields: [("connection", option)], texts: ["last"]).bytes
          // The server may refuse the request before it has read all of it.
          try? await connection.send(call + Array(repeating: UInt8(ascii: "x"), count: rest))
          let answer = try await connection.readResponse()
          #expect(try answer.texts == ["last"])
          #expect(answer.header("connection") == ["close"])
          try await connection.readEnd()
          await connection.close()
        }
      }
    }
  }

  @Test("A body that isn't HTTP fails its call, which is answered")
  @available(GRPCWeb 1.0, *)
  func brokenBody() async throws {
    let service = WaitingService()
    try await TestServer.run(service.service) { server in
      let connection = try await server.connect()
      try await connection.send(try .call("Collect", texts: ["x"]).framed(.unfinished))
      try await service.isRunning.pass()
      try await connection.send("no chunk\r\n")
      #expect(try await connection.readResponse().status == RPCError.Code.internalError.rawValue)
      try await connection.readEnd()
      try await service.hasEnded.pass()
    }
  }

  // Heads

  @Test(
    "Requirement 30: a request needs one valid host",
    arguments: ["", "host: a\r\nhost: b\r\n", "host: a b\r\n", "host: a@b\r\n"]
  )
  @available(GRPCWeb 1.0, *)
  func host(fields: String) async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      try await connection.send("GET / HTTP/1.1\r\n\(fields)\r\n")
      let answer = try await connection.readResponse()
      #expect(answer.httpStatus == 400)
      #expect(!answer.header("date").isEmpty)
      try await connection.readEnd()
    }
  }

  @Test("HTTP/1.0 with a transfer coding is refused, without a host it isn't")
  @available(GRPCWeb 1.0, *)
  func http10() async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      try await connection.send(
        "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
      )
      #expect(try await connection.readResponse().httpStatus == 400)
      try await connection.readEnd()

      let hostless = try await server.connect()
      try await hostless.send("GET / HTTP/1.0\r\n\r\n")
      #expect(try await hostless.readResponse().httpStatus == 404)
      try await hostless.readEnd()
    }
  }

  @Test("A head that is too large is refused with 431, be it of one field or of many")
  @available(GRPCWeb 1.0, *)
  func largeHead() async throws {
    try await TestServer.run { server in
      let list = String(repeating: ",", count: 1_900_000)
      for fields in [
        [("x-a-bin", list)],
        Array(repeating: ("x-a", String(repeating: "y", count: 1000)), count: 70),
      ] {
        let connection = try await server.connect()
        // The server may refuse the request before it has read all of it.
        try? await connection.send(try .call(fields: fields, texts: ["x"]))
        #expect(try await connection.readResponse().httpStatus == 431)
        await connection.close()
      }
      let large = [("x-large", String(repeating: "y", count: 60_000))]
      #expect(try await server.answer(try .call(fields: large, texts: ["x"])).status == 0)
    }
  }

  // Expectations

  @Test(
    "Requirement 29: a client that waits for it is answered at once",
    arguments: Self.adapters,
    ["100-continue", "100-Continue", "x, 100-continue", "100-continue\r\nexpect: 100-continue"]
  )
  @available(GRPCWeb 1.0, *)
  func expectation(adapter: TestServer.TestedAdapter, expectation: String) async throws {
    try await TestServer.run(adapter: adapter) { server in
      let fields = [("expect", expectation)]
      let call = try RawRequest.call(fields: fields, texts: ["x"])
      let connection = try await server.connect()
      try await connection.send(Array(call.bytes.dropLast(call.body.count)))
      try await eventually("something comes", within: .seconds(10)) { connection.hasReceived }
      try await connection.send(call.body)
      #expect(try await connection.readResponse().texts == ["x"])
      await connection.close()

      // A request that is refused is refused at once, without its body.
      for (request, status) in [
        (RawRequest(path: "/none", fields: fields, body: [1, 2, 3]), 404),
        (RawRequest(method: "PUT", path: "/sonora.test.Echo/Get", fields: fields, body: [1]), 405),
      ] where adapter == .transport || status == 405 {
        let connection = try await server.connect()
        try await connection.send(Array(request.bytes.dropLast(request.body.count)))
        let answer = try await within(.seconds(10), "the refusal") {
          try await connection.readResponse()
        }
        #expect(answer.httpStatus == status)
        #expect(answer.header("connection") == ["close"])
        await connection.close()
      }
    }
  }

  // The date

  @Test("Requirement 31: every response has a date", arguments: Self.adapters)
  @available(GRPCWeb 1.0, *)
  func date(adapter: TestServer.TestedAdapter) async throws {
    try await TestServer.run(adapter: adapter) { server in
      for request in [
        try RawRequest.call(texts: ["x"]), try .call("Expand", texts: ["x"]),
        RawRequest(method: "PUT", path: "/sonora.test.Echo/Get"), RawRequest(path: "/none"),
      ] {
        let date = try await server.answer(request).header("date")
        #expect(date.count == 1)
        #expect(date.first?.hasSuffix(" GMT") == true)
      }
      if adapter == .transport {
        let http2 = try await server.connectHTTP2()
        let call = try await http2.answer(.nativeCall(), body: TestFrame(EchoMessage()).bytes)
        #expect(call.header("date")?.hasSuffix(" GMT") == true)
        let none = try await http2.answer(
          HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/")
        )
        #expect(none.header("date")?.hasSuffix(" GMT") == true)
        await http2.close()
      }
    }
  }
}
