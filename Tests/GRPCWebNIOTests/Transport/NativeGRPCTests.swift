import GRPCCore
import GRPCProtobuf
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SwiftProtobuf
import Testing

/// Native gRPC over HTTP/2, on the port of gRPC-Web.
@Suite(.timeLimit(.minutes(3)))
struct NativeGRPCTests {
  @Test("All four kinds of RPC, with the status in HTTP's trailers")
  @available(GRPCWeb 1.0, *)
  func allKinds() async throws {
    try await TestServer.run { server in
      let connection = try await server.connectHTTP2()
      for (method, requests, responses) in [
        ("Get", ["hello"], ["hello"]),
        ("Expand", ["abc"], ["a", "b", "c"]),
        ("Collect", ["x", "y", "z"], ["xyz"]),
        ("Update", ["1", "2"], ["1", "2"]),
      ] {
        let body = try requests.flatMap { text in
          try TestFrame(EchoMessage.with { $0.text = text }).bytes
        }
        let response = try await connection.answer(.nativeCall(method), body: body)
        #expect(response.head?.status == .ok)
        #expect(response.header("content-type") == "application/grpc+proto")
        #expect(response.header("grpc-status") == nil)
        #expect(response.header("content-length") == nil)
        #expect(try response.texts == responses)
        #expect(response.frames.allSatisfy { $0.flags == 0 })
        #expect(response.trailer("grpc-status") == "0")
        #expect(response.trailer("grpc-message") == nil)
      }
      await connection.close()
    }
  }

  @Test("Messages go both ways while the call runs")
  @available(GRPCWeb 1.0, *)
  func fullDuplex() async throws {
    try await TestServer.run { server in
      let connection = try await server.connectHTTP2()
      let stream = try await connection.open(.nativeCall("Update"))
      for round in 1 ... 5 {
        try await stream.send(TestFrame(EchoMessage.with { $0.text = "\(round)" }).bytes)
        try await stream.peekResponse { $0.frames.count == round }
      }
      try await stream.send(.end(nil))
      let response = try await stream.readResponse()
      #expect(try response.texts == ["1", "2", "3", "4", "5"])
      #expect(response.trailer("grpc-status") == "0")
      await connection.close()
    }
  }

  @Test(
    "The content type may name the format and have parameters",
    arguments: ["application/grpc+proto", "Application/gRPC", "application/grpc; charset=utf-8"]
  )
  @available(GRPCWeb 1.0, *)
  func contentTypes(contentType: String) async throws {
    try await TestServer.run { server in
      let connection = try await server.connectHTTP2()
      let response = try await connection.answer(
        .call(contentType: contentType),
        body: TestFrame(EchoMessage.with { $0.text = "a" }).bytes
      )
      #expect(try response.texts == ["a"])
      #expect(response.trailer("grpc-status") == "0")
      await connection.close()
    }
  }

  // A status in the headers would have to end the stream with them, which HTTP's types can't say: gRPC Swift's client
  // takes the empty DATA frame that follows for the server's error.
  @Test("An error before anything else is in the trailers, details with it")
  @available(GRPCWeb 1.0, *)
  func error() async throws {
    let service = ScriptedService(
      onGet: { _, _ in
        throw GoogleRPCStatus(
          code: .notFound,
          message: "no ‘x’",
          details: [.errorInfo(reason: "GONE", domain: "test")]
        )
      }
    )
    try await TestServer.run(service) { server in
      let connection = try await server.connectHTTP2()
      let response = try await connection.answer(
        .nativeCall(),
        body: TestFrame(EchoMessage()).bytes
      )
      #expect(response.head?.status == .ok)
      #expect(response.header("content-type") == "application/grpc+proto")
      #expect(response.header("grpc-status") == nil)
      #expect(response.body.isEmpty)
      #expect(response.trailer("grpc-status") == "5")
      #expect(response.trailer("grpc-message") == "no %E2%80%98x%E2%80%99")
      #expect(response.trailer("grpc-status-details-bin") != nil)
      await connection.close()
    }
  }

  @Test("Metadata goes both ways, before and behind the messages")
  @available(GRPCWeb 1.0, *)
  func metadata() async throws {
    let service = ScriptedService(
      onExpand: { request, _ in
        let text = Array(request.metadata[stringValues: "x-text"])
        let bytes = Array(request.metadata[binaryValues: "x-bytes-bin"]).first ?? []
        return StreamingServerResponse(
          metadata: ["x-initial": "\(text.joined(separator: "+"))"]
        ) { writer in
          try await writer.write(.with { $0.text = "m" })
          return ["x-trailing": "t", "x-trailing-bin": .binary(bytes)]
        }
      }
    )
    try await TestServer.run(service) { server in
      let connection = try await server.connectHTTP2()
      var head = HTTPRequest.nativeCall("Expand")
      let text = try #require(HTTPField.Name("x-text"))
      let bytes = try #require(HTTPField.Name("x-bytes-bin"))
      head.headerFields.append(HTTPField(name: text, value: "a"))
      head.headerFields.append(HTTPField(name: text, value: "b"))
      head.headerFields[bytes] = "AAEC"
      let response = try await connection.answer(head, body: TestFrame(EchoMessage()).bytes)
      #expect(response.header("x-initial") == "a+b")
      #expect(try response.texts == ["m"])
      #expect(response.trailer("x-trailing") == "t")
      #expect(response.trailer("x-trailing-bin") == "AAEC")
      #expect(response.trailer("grpc-status") == "0")
      await connection.close()
    }
  }

  @Test("An error behind messages is in the trailers")
  @available(GRPCWeb 1.0, *)
  func errorBehindMessages() async throws {
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = "m" })
          throw RPCError(code: .dataLoss, message: "gone", metadata: ["x-why": "because"])
        }
      }
    )
    try await TestServer.run(service) { server in
      let connection = try await server.connectHTTP2()
      let response = try await connection.answer(
        .nativeCall("Expand"),
        body: TestFrame(EchoMessage()).bytes
      )
      #expect(try response.texts == ["m"])
      #expect(response.header("grpc-status") == nil)
      #expect(response.trailer("grpc-status") == "15")
      #expect(response.trailer("grpc-message") == "gone")
      #expect(response.trailer("x-why") == "because")
      await connection.close()
    }
  }

  @Test("Requests compressed with gzip are read, and responses compressed where both want it")
  @available(GRPCWeb 1.0, *)
  func gzip() async throws {
    let config = GRPCWebNIOServerTransport.Config.defaults { $0.calls.compression = .enabled }
    try await TestServer.run(config: config) { server in
      let connection = try await server.connectHTTP2()
      let text = String(repeating: "sonora ", count: 1000)
      let payload = try EchoMessage.with { $0.text = text }.serializedBytes() as [UInt8]
      let compressed = TestFrame(flags: 1, payload: TestGzip.compress(payload))
      let response = try await connection.answer(
        .nativeCall(
          fields: [
            try #require(HTTPField.Name("grpc-encoding")): "gzip",
            try #require(HTTPField.Name("grpc-accept-encoding")): "gzip",
          ]
        ),
        body: compressed.bytes
      )
      #expect(response.trailer("grpc-status") == "0")
      #expect(response.header("grpc-encoding") == "gzip")
      let frame = try #require(response.frames.first)
      #expect(frame.flags == 1)
      #expect(frame.payload.count < payload.count / 2)
      #expect(TestGzip.decompress(frame.payload, upTo: payload.count) == payload)
      await connection.close()
    }
  }

  @Test(
    "Methods that aren't there are unimplemented",
    arguments: ["Unknown", "/no.such.Service/M"]
  )
  @available(GRPCWeb 1.0, *)
  func unimplemented(method: String) async throws {
    try await TestServer.run { server in
      let connection = try await server.connectHTTP2()
      var head = HTTPRequest.nativeCall(method)
      if method.hasPrefix("/") {
        head.path = method
      }
      let response = try await connection.answer(head, body: TestFrame(EchoMessage()).bytes)
      #expect(response.head?.status == .ok)
      #expect(response.trailer("grpc-status") == "12")
      #expect(response.header("content-type") == "application/grpc+proto")
      await connection.close()
    }
  }

  @Test("A deadline is answered on time while the handler doesn't cooperate")
  @available(GRPCWeb 1.0, *)
  func deadline() async throws {
    let isRunning = Gate()
    let release = Gate()
    defer { release.open() }
    let service = ScriptedService(
      onGet: { _, _ in
        isRunning.open()
        await release.passIgnoringCancellation()
        return ServerResponse(message: EchoMessage())
      }
    )
    try await TestServer.run(service) { server in
      let connection = try await server.connectHTTP2()
      let timeout = try #require(HTTPField.Name("grpc-timeout"))
      // The first deadline may pass before its handler runs at all; then a longer one is tried.
      var seconds = 1
      while !isRunning.isOpen {
        let response = try await connection.answer(
          .nativeCall(fields: [timeout: "\(seconds)S"]),
          body: TestFrame(EchoMessage()).bytes
        )
        #expect(response.trailer("grpc-status") == "4")
        seconds *= 2
      }
      await connection.close()
      release.open()
    }
  }

  @Test("Over HTTP/1.1, which has no way to answer it, native gRPC is refused")
  @available(GRPCWeb 1.0, *)
  func http1() async throws {
    try await TestServer.run { server in
      let request = RawRequest.call(
        contentType: "application/grpc",
        body: try TestFrame(EchoMessage()).bytes
      )
      let answer = try await server.answer(request)
      #expect(answer.httpStatus == 415)
    }
  }

  @Test("gRPC-Web and native gRPC share a connection", arguments: TestServer.TestedAdapter.allCases)
  @available(GRPCWeb 1.0, *)
  func bothOnOneConnection(adapter: TestServer.TestedAdapter) async throws {
    try await TestServer.run(adapter: adapter, isHTTP2: true) { server in
      let connection = try await server.connectHTTP2()
      let body = try TestFrame(EchoMessage.with { $0.text = "both" }).bytes
      let native = try await connection.send(.nativeCall(), body: body)
      let web = try await connection.send(.call(), body: body)
      let textMode = try await connection.send(
        .call(contentType: "application/grpc-web-text"),
        body: Array(TestBase64.encode(body).utf8)
      )
      #expect(try await native.readResponse().texts == ["both"])
      #expect(native.response.trailer("grpc-status") == "0")
      #expect(try await web.readResponse().answer.texts == ["both"])
      #expect(try await textMode.readResponse().answer.texts == ["both"])
      await connection.close()
    }
  }
}
