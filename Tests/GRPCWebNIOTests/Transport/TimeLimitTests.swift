import GRPCCore
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import NIOSSL
import SwiftProtobuf
import Testing

/// Requirement 33: whatever a client leaves undone ends by a time limit.
@Suite(.timeLimit(.minutes(3)))
struct TimeLimitTests {
  private static let limit = Duration.milliseconds(300)

  @available(GRPCWeb 1.0, *)
  private static var requestLimit: GRPCWebNIOServerTransport.Config {
    .defaults { $0.calls.limits.requestReadTimeout = Self.limit }
  }

  @available(GRPCWeb 1.0, *)
  private static var responseLimit: GRPCWebNIOServerTransport.Config {
    .defaults { $0.calls.limits.responseWriteTimeout = Self.limit }
  }

  @Test("A call whose body doesn't come fails, and its connection ends", arguments: [0, 3])
  @available(GRPCWeb 1.0, *)
  func bodyOfCall(count: Int) async throws {
    try await TestServer.run(config: Self.requestLimit) { server in
      for method in ["Get", "Expand"] {
        let call = try RawRequest.call(method, texts: ["x"])
        let connection = try await server.connect()
        try await connection.send(Array(call.bytes.dropLast(call.body.count - count)))
        let answer = try await connection.readResponse()
        #expect(answer.status == RPCError.Code.deadlineExceeded.rawValue)
        try await connection.readEnd()
      }
    }
  }

  @Test("A message of a stream that doesn't come to its end fails the call")
  @available(GRPCWeb 1.0, *)
  func messageOfStream() async throws {
    try await TestServer.run(config: Self.requestLimit) { server in
      let frame = try TestFrame(EchoMessage.with { $0.text = "hello" }).bytes
      let connection = try await server.connect()
      try await connection.send(
        .call("Update", body: frame + frame.prefix(3)).framed(.unfinished)
      )
      let answer = try await connection.readResponse()
      #expect(try answer.texts == ["hello"])
      #expect(answer.status == RPCError.Code.deadlineExceeded.rawValue)
      try await connection.readEnd()
    }
  }

  @Test("Over HTTP/2 a call whose body doesn't come fails, and other calls go on")
  @available(GRPCWeb 1.0, *)
  func bodyOverHTTP2() async throws {
    try await TestServer.run(config: Self.requestLimit) { server in
      let http2 = try await server.connectHTTP2()
      let stalled = try await http2.open(.call())
      let quiet = try await http2.open(.call("Update"))
      let frame = try TestFrame(EchoMessage.with { $0.text = "a" }).bytes
      try await quiet.send(frame)
      let answer = try await stalled.readResponse().answer
      #expect(answer.status == RPCError.Code.deadlineExceeded.rawValue)
      try await eventually("the stream is closed") { stalled.response.isClosed }

      // Between two messages a client may take its time.
      try await Task.sleep(for: Self.limit * 2)
      try await quiet.send(frame)
      try await quiet.send(.end(nil))
      #expect(try await quiet.readResponse().answer.texts == ["a", "a"])
      await http2.close()
    }
  }

  @Test("A request that isn't a call, and whose body doesn't come, is ended")
  @available(GRPCWeb 1.0, *)
  func bodyOfOthers() async throws {
    try await TestServer.run(config: Self.requestLimit) { server in
      for (request, status) in [
        (RawRequest(path: "/none", body: [1]), 408),
        (RawRequest(method: "PUT", path: "/sonora.test.Echo/Get", body: [1]), 405),
        (RawRequest(path: "/sonora.test.Echo/Get", body: [1]), 415),
      ] {
        let connection = try await server.connect()
        try await connection.send(Array(request.bytes.dropLast()))
        #expect(try await connection.readResponse().httpStatus == status)
        try await connection.readEnd()
      }
    }
  }

  @Test("A request that keeps coming isn't cut off, however slowly")
  @available(GRPCWeb 1.0, *)
  func slowBody() async throws {
    let channel = try await HandlerChannel()
    let parts = try [HTTPRequestPart].call(texts: ["slow"])
    guard case .body(let body) = parts[1] else { return }
    try await channel.receive([parts[0]])
    for byte in body.readableBytesView {
      await channel.channel.testingEventLoop.advanceTime(by: .seconds(50))
      try await channel.receive([.body(ByteBuffer(bytes: [byte]))])
    }
    try await channel.receive([parts[2]])
    #expect(try await channel.responses(1)[0].answer.texts == ["slow"])

    try await channel.receive([parts[0], .body(body)])
    await channel.channel.testingEventLoop.advanceTime(by: .seconds(61))
    let answer = try await channel.responses(2)[1].answer
    #expect(answer.status == RPCError.Code.deadlineExceeded.rawValue)
  }

  @Test("What still comes of a request that was given up isn't the app's")
  @available(GRPCWeb 1.0, *)
  func lateBody() async throws {
    for _ in 0 ..< 20 {
      let channel = try await HandlerChannel()
      let parts = try [HTTPRequestPart].call(texts: ["late"])
      try await channel.receive([parts[0]])
      await channel.channel.testingEventLoop.advanceTime(by: .seconds(61))
      try await channel.receive([parts[1], parts[2]])
      #expect(try await channel.responses(1).count == 1)
      #expect(channel.app.paths.isEmpty)
      let isHandedOn = channel.app.events.contains { event in
        if case .part = event { true } else { false }
      }
      #expect(!isHandedOn)
    }
  }

  @Test(
    "A response that nobody takes is ended, and its service is cancelled",
    arguments: [false, true]
  )
  @available(GRPCWeb 1.0, *)
  func unreadStream(isHTTP2: Bool) async throws {
    let service = WaitingService()
    let text = String(repeating: "x", count: 1024 * 1024)
    let flood = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          service.isRunning.open()
          defer { service.hasEnded.open() }
          while true {
            try await writer.write(.with { $0.text = text })
          }
        }
      }
    )
    try await TestServer.run(flood, config: Self.responseLimit) { server in
      let body = try TestFrame(EchoMessage()).bytes
      if isHTTP2 {
        let http2 = try await server.connectHTTP2()
        let stream = try await http2.open(.call("Expand"), isReading: false)
        try await stream.send(body)
        try await stream.send(.end(nil))
        try await service.hasEnded.pass()
        // The stream of the stalled call is ended, and no other.
        #expect(try await http2.answer(.call(), body: body).answer.status == 0)
        await http2.close()
      } else {
        let connection = try await server.connect(isReading: false)
        try await connection.send(.call("Expand", body: body))
        try await service.hasEnded.pass()
        await connection.close()
      }
    }
  }

  @Test("Responses that nobody takes are ended, although no call runs")
  @available(GRPCWeb 1.0, *)
  func unreadResponse() async throws {
    try await TestServer.run(config: Self.responseLimit) { server in
      let connection = try await server.connect(isReading: false)
      let large = try RawRequest.call(texts: [String(repeating: "x", count: 4 * 1024 * 1024 - 100)])
      let sender = Task {
        for _ in 0 ..< 8 {
          try await connection.send(large)
        }
      }
      let result = await sender.result
      #expect(throws: (any Error).self, "The server closes the connection.") {
        try result.get()
      }
      await connection.close()
    }
  }

  @Test("A slow reader isn't cut off as long as it reads")
  @available(GRPCWeb 1.0, *)
  func slowReader() async throws {
    let ticks = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          for _ in 0 ..< 20 {
            try await Task.sleep(for: .milliseconds(50))
            try await writer.write(.with { $0.text = "tick" })
          }
          return [:]
        }
      }
    )
    try await TestServer.run(ticks, config: Self.responseLimit) { server in
      let answer = try await server.answer(try .call("Expand", texts: [""]))
      #expect(try answer.texts.count == 20)
      #expect(answer.status == 0)
    }
  }

  @Test("A handshake of TLS that doesn't end is ended")
  @available(GRPCWeb 1.0, *)
  func handshake() async throws {
    let config = GRPCWebNIOServerTransport.Config.defaults {
      $0.connections.handshakeTimeout = Self.limit
      $0.connections.headerTimeout = nil
      $0.connections.idleTimeout = nil
    }
    try await TestServer.run(config: config, isTLS: true) { server in
      let connection = try await server.connect()
      try await connection.send([0x16, 0x03, 0x01, 0x02, 0x00])
      try await connection.readEnd()
    }
  }

  @Test("Versions of TLS before 1.2 aren't spoken, unless the app says so")
  @available(GRPCWeb 1.0, *)
  func oldTLS() async throws {
    var config = try TestCertificate.serverConfiguration()
    config.minimumTLSVersion = .tlsv1
    typealias Security = GRPCWebNIOServerTransport.TransportSecurity
    for (security, isSpoken) in [
      (Security.tls(config), false),
      (Security.tls(config, minimumTLSVersion: .tlsv11), true),
    ] {
      let transport = GRPCWebNIOServerTransport(
        address: .ipv4(host: "127.0.0.1", port: 0),
        transportSecurity: security
      )
      let server = GRPCServer(transport: transport, services: [EchoService()])
      let serving = Task { try await server.serve() }
      let port = try #require(try await transport.listeningAddress.port)
      let connection = try await RawConnection.connect(
        to: port,
        tlsProtocols: ["http/1.1"],
        maximumTLSVersion: .tlsv11
      )
      try? await connection.send(try .call(texts: ["x"]))
      if isSpoken {
        #expect(try await connection.readResponse().texts == ["x"])
      } else {
        try await eventually("the connection is closed") { connection.isClosedByServer }
        #expect(!connection.hasReceived)
      }
      await connection.close()
      serving.cancel()
      _ = await serving.result
    }
  }
}
