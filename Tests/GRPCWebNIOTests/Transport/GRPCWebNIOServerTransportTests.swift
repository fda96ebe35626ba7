import Foundation
import GRPCCore
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOPosix
import NIOSSL
import SwiftProtobuf
import Testing

/// The standalone transport: where it listens, and what it answers there.
@Suite(.timeLimit(.minutes(3)))
struct GRPCWebNIOServerTransportTests {
  // Listening

  @Test("The listening address waits for the server, and fails once it has stopped")
  @available(GRPCWeb 1.0, *)
  func listeningAddress() async throws {
    let transport = GRPCWebNIOServerTransport(
      address: .ipv4(host: "127.0.0.1", port: 0),
      transportSecurity: .plaintext
    )
    let address = Task { try await transport.listeningAddress }
    let server = GRPCServer(transport: transport) { EchoService() }
    let serving = Task { try await server.serve() }
    let port = try await address.value.port
    #expect(port != nil && port != 0)
    #expect(try await transport.listeningAddress.port == port)

    server.beginGracefulShutdown()
    try await within(defaultTimeout, "the server stops") { try await serving.value }
    let error = await #expect(throws: RPCError.self) { try await transport.listeningAddress }
    #expect(error?.code == .unavailable)
  }

  @Test("A transport that never listens says so, and can be let go")
  @available(GRPCWeb 1.0, *)
  func neverListens() async throws {
    let transport = GRPCWebNIOServerTransport(
      address: .ipv4(host: "127.0.0.1", port: 0),
      transportSecurity: .plaintext
    )
    let address = Task { try await transport.listeningAddress }
    transport.beginGracefulShutdown()
    let error = await #expect(throws: RPCError.self) { try await address.value }
    #expect(error?.code == .unavailable)
    _ = GRPCWebNIOServerTransport(
      address: .ipv4(host: "127.0.0.1", port: 0),
      transportSecurity: .plaintext
    )
  }

  @Test("An address in use fails the server")
  @available(GRPCWeb 1.0, *)
  func addressInUse() async throws {
    try await TestServer.run { server in
      let transport = GRPCWebNIOServerTransport(
        address: .ipv4(host: "127.0.0.1", port: server.port),
        transportSecurity: .plaintext
      )
      let address = Task { try await transport.listeningAddress }
      let second = GRPCServer(transport: transport, services: [EchoService()])
      await #expect(throws: (any Error).self) { try await second.serve() }
      await #expect(throws: (any Error).self) { try await address.value }
    }
  }

  @Test("A Unix domain socket is listened on, also where one has been left")
  @available(GRPCWeb 1.0, *)
  func unixDomainSocket() async throws {
    let path = "/tmp/grpc-web-\(UInt64.random(in: 0 ... .max)).sock"
    for _ in 0 ..< 2 {
      let transport = GRPCWebNIOServerTransport(
        address: .unixDomainSocket(path: path),
        transportSecurity: .plaintext
      )
      let server = GRPCServer(transport: transport, services: [EchoService()])
      let serving = Task { try await server.serve() }
      #expect(try await transport.listeningAddress.pathname == path)

      let connection = try await RawConnection.connect(toSocket: path)
      #expect(try await connection.answer(try .call(texts: ["unix"])).texts == ["unix"])
      await connection.close()
      serving.cancel()
      _ = await serving.result
    }
    unlink(path)
  }

  // What is answered

  @Test("TLS with the version of HTTP by ALPN, for both")
  @available(GRPCWeb 1.0, *)
  func tls() async throws {
    try await TestServer.run(isTLS: true) { server in
      let http2 = try await server.connectHTTP2()
      let response = try await http2.answer(
        .call(),
        body: TestFrame(EchoMessage.with { $0.text = "h2" }).bytes
      )
      #expect(try response.answer.texts == ["h2"])
      await http2.close()

      for protocols in [["http/1.1"], []] {
        let http1 = try await RawConnection.connect(to: server.port, tlsProtocols: protocols)
        #expect(try await http1.answer(try .call(texts: ["h1"])).texts == ["h1"])
        await http1.close()
      }
    }
  }

  @Test("Both versions of HTTP on one port without TLS, all four kinds of RPC")
  @available(GRPCWeb 1.0, *)
  func cleartext() async throws {
    try await TestServer.run { server in
      let http1 = try await server.connect()
      let http2 = try await server.connectHTTP2()
      for (method, requests, responses) in [
        ("Get", ["hello"], ["hello"]),
        ("Expand", ["abc"], ["a", "b", "c"]),
        ("Collect", ["x", "y", "z"], ["xyz"]),
        ("Update", ["1", "2"], ["1", "2"]),
      ] {
        let request = try RawRequest.call(method, texts: requests)
        #expect(try await http1.answer(request.framed(.chunked(3))).texts == responses)
        let response = try await http2.answer(.call(method), body: request.body)
        #expect(try response.answer.texts == responses)
        #expect(try response.answer.status == 0)
      }
      await http1.close()
      await http2.close()
    }
  }

  @Test("A request that comes byte by byte is understood")
  @available(GRPCWeb 1.0, *)
  func bytewise() async throws {
    // Each byte takes a turn of the event loops, which all tests share.
    let config = GRPCWebNIOServerTransport.Config.defaults { $0.connections.headerTimeout = nil }
    try await TestServer.run(config: config) { server in
      let connection = try await server.connect()
      try await connection.sendBytewise(try RawRequest.call(texts: ["slow"]).bytes)
      #expect(try await connection.readResponse().texts == ["slow"])
      await connection.close()
    }
  }

  @Test("What is no call isn't found, and the connection is kept")
  @available(GRPCWeb 1.0, *)
  func notFound() async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      for request in [
        RawRequest(method: "GET", path: "/"),
        RawRequest(path: "/sonora.test.Echo", body: [1, 2, 3]),
        RawRequest(path: "/no.such.Service/Method", fields: [("content-type", "text/plain")]),
      ] {
        let answer = try await connection.answer(request)
        #expect(answer.httpStatus == 404)
        #expect(answer.body.isEmpty)
      }
      try await server.expectGoodCall(on: connection)
      await connection.close()

      let http2 = try await server.connectHTTP2()
      let response = try await http2.answer(
        HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/")
      )
      #expect(response.head?.status == .notFound)
      await http2.close()
    }
  }

  @Test("A connection is closed behind what isn't found, where the client wants that")
  @available(GRPCWeb 1.0, *)
  func notFoundAndClosed() async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      let answer = try await connection.answer(
        RawRequest(method: "GET", path: "/", fields: [("connection", "close")])
      )
      #expect(answer.httpStatus == 404)
      #expect(answer.header("connection") == ["close"])
      try await connection.readEnd()
      await connection.close()
    }
  }

  @Test("A client of HTTP/1.0 gets its answer without chunks, and the end of the connection")
  @available(GRPCWeb 1.0, *)
  func oldClient() async throws {
    try await TestServer.run { server in
      for (method, texts) in [("Get", ["abc"]), ("Expand", ["a", "b", "c"])] {
        var request = try RawRequest.call(method, texts: ["abc"])
        request.version = "HTTP/1.0"
        let connection = try await server.connect()
        let answer = try await connection.answer(request)
        #expect(answer.status == 0)
        #expect(try answer.texts == texts)
        #expect(answer.header("transfer-encoding").isEmpty)
        #expect(answer.header("connection") == ["close"])
        try await connection.readEnd()
        await connection.close()
      }
    }
  }

  @Test(
    "What isn't HTTP is a bad request",
    arguments: ["hello\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"]
  )
  @available(GRPCWeb 1.0, *)
  func badRequest(text: String) async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      try await connection.send(text)
      let answer = try await connection.readResponse()
      #expect(answer.httpStatus == 400)
      #expect(answer.header("connection") == ["close"])
      try await connection.readEnd()
    }
  }

  @Test("The services are below the prefix, and only there", arguments: ["/api", "api/", "/a/b"])
  @available(GRPCWeb 1.0, *)
  func prefix(prefix: String) async throws {
    let config = GRPCWebNIOServerTransport.Config.defaults { $0.prefix = prefix }
    try await TestServer.run(config: config) { server in
      let path = "/" + prefix.split(separator: "/").joined(separator: "/")
      let connection = try await server.connect()
      let call = try RawRequest.call(prefix: path, texts: ["x"])
      #expect(try await connection.answer(call).texts == ["x"])
      #expect(try await connection.answer(try RawRequest.call(texts: ["x"])).httpStatus == 404)
      await connection.close()
    }
  }

  @Test("Services see both ends of the connection", arguments: [false, true])
  @available(GRPCWeb 1.0, *)
  func peers(isHTTP2: Bool) async throws {
    let service = ScriptedService(
      onGet: { _, context in
        ServerResponse(message: .with { $0.text = "\(context.remotePeer) \(context.localPeer)" })
      }
    )
    try await TestServer.run(service) { server in
      let text: String?
      if isHTTP2 {
        let connection = try await server.connectHTTP2()
        text = try await connection.answer(.call(), body: TestFrame(EchoMessage()).bytes)
          .answer.texts.first
        await connection.close()
      } else {
        text = try await server.answer(try .call(texts: [""])).texts.first
      }
      #expect(text?.hasPrefix("ipv4:127.0.0.1:") == true)
      #expect(text?.hasSuffix(" ipv4:127.0.0.1:\(server.port)") == true)
    }
  }

  // How connections are kept

  @Test("An idle connection is closed, one with a call isn't")
  @available(GRPCWeb 1.0, *)
  func idleTimeout() async throws {
    let timeout = Duration.milliseconds(500)
    let config = GRPCWebNIOServerTransport.Config.defaults {
      $0.connections.idleTimeout = timeout
      $0.connections.headerTimeout = nil
    }
    let service = WaitingService()
    try await TestServer.run(service.service, config: config) { server in
      // On a busy machine a connection may be idle for too long before the client has sent anything.
      let busy = try await server.connectAndCall(until: service.isRunning)

      let idle = try await server.connect()
      _ = try? await idle.answer(try .call("Update", texts: ["x"]))
      try await eventually("an idle connection is closed") { idle.isClosedByServer }

      let http2 = try await server.connectHTTP2()
      _ = try? await http2.answer(.call("Update"), body: TestFrame(EchoMessage()).bytes)
      try await eventually("an idle HTTP/2 connection is closed") { http2.isClosed }
      let unused = try await server.connectHTTP2()
      try await eventually("an HTTP/2 connection without a call is closed") { unused.isClosed }

      #expect(!busy.isClosedByServer)
      try await busy.send(RawRequest.lastChunk)
      #expect(try await busy.readResponse().status == 0)
      try await eventually("it is closed when it has become idle") { busy.isClosedByServer }
    }
  }

  enum SlowClient: String, CaseIterable {
    case silent
    case trickling
    case inHandshake
    case silentHTTP2
  }

  @Test("A client that doesn't send a request in time is closed", arguments: SlowClient.allCases)
  @available(GRPCWeb 1.0, *)
  func headerTimeout(client: SlowClient) async throws {
    let config = GRPCWebNIOServerTransport.Config.defaults {
      $0.connections.headerTimeout = .milliseconds(300)
      $0.connections.idleTimeout = nil
    }
    try await TestServer.run(config: config, isTLS: client == .inHandshake) { server in
      if client == .silentHTTP2 {
        let connection = try await server.connectHTTP2()
        try await eventually("the connection is closed") { connection.isClosed }
        return
      }
      let connection = try await server.connect()
      switch client {
      case .trickling:
        try await connection.send("POST / HTTP/1.1\r\n")
        while !connection.isClosedByServer {
          try? await connection.send("x-slow: 1\r\n")
          try await Task.sleep(for: .milliseconds(10))
        }
      case .inHandshake:
        // The head of a TLS record, without the content.
        try await connection.send([0x16, 0x03, 0x01, 0x02, 0x00])
      case .silent, .silentHTTP2:
        break
      }
      try await connection.readEnd()
    }
  }

  @Test("A request whose head came in time may take longer")
  @available(GRPCWeb 1.0, *)
  func slowBody() async throws {
    let timeout = Duration.milliseconds(500)
    let config = GRPCWebNIOServerTransport.Config.defaults {
      $0.connections.headerTimeout = timeout
      $0.connections.idleTimeout = timeout
    }
    let service = WaitingService()
    try await TestServer.run(service.service, config: config) { server in
      let connection = try await server.connectAndCall(until: service.isRunning)
      let start = ContinuousClock.now
      while ContinuousClock.now - start < timeout * 3 {
        #expect(!connection.isClosedByServer)
        try await Task.sleep(for: .milliseconds(50))
      }
      try await connection.send(RawRequest.lastChunk)
      #expect(try await connection.readResponse().status == 0)
    }
  }

  @Test("No more connections are accepted than there may be; others wait")
  @available(GRPCWeb 1.0, *)
  func maximumConnections() async throws {
    let config = GRPCWebNIOServerTransport.Config.defaults { $0.connections.maximumCount = 2 }
    try await TestServer.run(config: config) { server in
      var connections: [RawConnection] = []
      for _ in 0 ..< 6 {
        let connection = try await server.connect()
        try await connection.send(try .call(texts: ["x"]))
        connections.append(connection)
      }
      // Connections are accepted one after the other, as others are closed.
      var answered = 0
      while !connections.isEmpty {
        try await eventually("as many are answered as may be") {
          connections.filter(\.hasReceived).count == min(2, connections.count)
        }
        let count = try await settled("the number of answers") {
          connections.filter(\.hasReceived).count
        }
        #expect(count == min(2, connections.count))
        let first = connections.firstIndex(where: \.hasReceived)
        let connection = connections.remove(at: try #require(first))
        #expect(try await connection.readResponse().texts == ["x"])
        await connection.close()
        answered += 1
      }
      #expect(answered == 6)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension TestServer {
  /// Opens a connection and begins a call of `Collect` on it, in time for the server.
  ///
  /// On a busy machine the request may come too late; then another connection is opened.
  fileprivate func connectAndCall(until isRunning: Gate) async throws -> RawConnection {
    while true {
      let connection = try await self.connect()
      try? await connection.send(try RawRequest.call("Collect", texts: [""]).framed(.unfinished))
      try await eventually("the call runs, or was too late") {
        isRunning.isOpen || connection.isClosedByServer
      }
      if !connection.isClosedByServer {
        return connection
      }
    }
  }
}
