import Foundation
import GRPCCore
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import NIOHTTPTypes
import SwiftProtobuf
import Testing

/// How the standalone transport ends.
@Suite(.timeLimit(.minutes(5)))
struct GracefulShutdownTests {
  @Test("100 running streams end properly, and the server with them", arguments: [false, true])
  @available(GRPCWeb 1.0, *)
  func streamsEnd(isHTTP2: Bool) async throws {
    let gate = Gate()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = "begin" })
          try await gate.pass()
          try await writer.write(.with { $0.text = "end" })
          return [:]
        }
      }
    )
    try await TestServer.run(service) { server in
      let streams = try await RunningStreams.start(100, on: server, isHTTP2: isHTTP2)
      server.beginGracefulShutdown()
      gate.open()
      for answer in try await streams.answers() {
        #expect(answer.status == 0)
        #expect(try answer.texts == ["begin", "end"])
      }
      try await within(defaultTimeout, "the server stops") { try await server.serving.value }
    }
  }

  @Test(
    "100 streams without an end are cancelled after the grace period",
    arguments: [false, true]
  )
  @available(GRPCWeb 1.0, *)
  func streamsAreCancelled(isHTTP2: Bool) async throws {
    let cancelled = Counter()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = "begin" })
          do {
            try await suspendUntilCancelled()
          } catch {
            cancelled.add()
          }
          return [:]
        }
      }
    )
    let config = GRPCWebNIOServerTransport.Config.defaults {
      $0.calls.shutdownGracePeriod = .milliseconds(200)
    }
    try await TestServer.run(service, config: config) { server in
      let streams = try await RunningStreams.start(100, on: server, isHTTP2: isHTTP2)
      server.beginGracefulShutdown()
      for answer in try await streams.answers() {
        #expect(answer.status == RPCError.Code.unavailable.rawValue)
        #expect(try answer.texts == ["begin"])
      }
      try await within(defaultTimeout, "the server stops") { try await server.serving.value }
      #expect(cancelled.value == 100)
    }
  }

  @Test("Connections that are idle, or have had no request, are closed at once")
  @available(GRPCWeb 1.0, *)
  func idleConnections() async throws {
    let gate = Gate()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = "begin" })
          try await gate.pass()
          return [:]
        }
      }
    )
    try await TestServer.run(service) { server in
      let idle = try await server.connect()
      try await server.expectGoodCall(on: idle)
      let unused = try await server.connect()
      let busy = try await server.connect()
      try await busy.send(try .call("Expand", texts: [""]))
      _ = try await busy.peekResponse { $0.frames.count == 1 }

      server.beginGracefulShutdown()
      try await idle.readEnd()
      try await unused.readEnd()
      #expect(!busy.isClosedByServer)
      gate.open()
      #expect(try await busy.readResponse().status == 0)
      try await busy.readEnd()
      try await within(defaultTimeout, "the server stops") { try await server.serving.value }
    }
  }

  /// A client that keeps its connection from ending.
  enum StuckClient: String, CaseIterable {
    /// The client doesn't read its response.
    case stalled
    /// The client doesn't end its request, which is no call.
    case unfinished
    /// The client doesn't send a request at all.
    case silent
    /// The client doesn't go on with its handshake.
    case inHandshake
    /// The client doesn't read its response, over HTTP/2.
    case stalledHTTP2
  }

  @Test("Clients that are stuck don't keep the server", arguments: StuckClient.allCases)
  @available(GRPCWeb 1.0, *)
  func stuckClients(client: StuckClient) async throws {
    let written = Counter()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          while true {
            try await writer.write(.with { $0.payload = Data(count: 64 * 1024) })
            written.add()
          }
        }
      }
    )
    let config = GRPCWebNIOServerTransport.Config.defaults {
      $0.calls.shutdownGracePeriod = .milliseconds(200)
      $0.connections.headerTimeout = nil
      $0.connections.idleTimeout = nil
    }
    try await TestServer.run(service, config: config, isTLS: client == .inHandshake) { server in
      let connection = try await server.connect(isReading: client != .stalled)
      switch client {
      case .stalled:
        try await connection.send(try .call("Expand", texts: [""]))
        _ = try await written.settled()
      case .unfinished:
        try await connection.send(RawRequest(path: "/", body: [1]).framed(.unfinished))
      case .silent:
        break
      case .inHandshake:
        try await connection.send([0x16, 0x03, 0x01, 0x02, 0x00])
      case .stalledHTTP2:
        let http2 = try await server.connectHTTP2()
        let stream = try await http2.open(.call("Expand"), isReading: false)
        try await stream.send(TestFrame(EchoMessage()).bytes)
        try await stream.send(.end(nil))
        try await eventually("something is written") { written.value > 0 }
        _ = try await written.settled()
      }
      server.beginGracefulShutdown()
      try await within(.seconds(30), "the server stops") { try await server.serving.value }
      await connection.close()
    }
  }

  @Test("A slow client gets all of a response that is under way")
  @available(GRPCWeb 1.0, *)
  func slowReader() async throws {
    let size = 16 * 1024 * 1024
    let answered = Gate()
    let service = ScriptedService(
      onGet: { _, _ in
        defer { answered.open() }
        return ServerResponse(message: .with { $0.payload = Data(repeating: 7, count: size) })
      }
    )
    try await TestServer.run(service) { server in
      let connection = try await server.connect(isReading: false)
      try await connection.send(try .call(texts: [""]))
      try await answered.pass()
      server.beginGracefulShutdown()
      try await connection.setReading(true)
      #expect(try await connection.readResponse().messages.first?.payload.count == size)
      try await connection.readEnd()
      try await within(defaultTimeout, "the server stops") { try await server.serving.value }
    }
  }

  @Test("Cancelling `serve` cancels the calls and closes the connections")
  @available(GRPCWeb 1.0, *)
  func cancellation() async throws {
    let service = WaitingService()
    try await TestServer.run(service.service) { server in
      let connection = try await server.connect()
      try await connection.send(try .call(texts: [""]))
      try await service.isRunning.pass()
      let idle = try await server.connect()
      let http2 = try await server.connectHTTP2()

      server.serving.cancel()
      try await service.expectCancellation("serve is cancelled")
      try await within(defaultTimeout, "the server stops") { _ = await server.serving.result }
      try await idle.readEnd()
      try await eventually("the connections are closed") {
        connection.isClosedByServer && http2.isClosed
      }
    }
  }

  @Test("Cancelling `serve` during graceful shutdown doesn't wait for stuck clients")
  @available(GRPCWeb 1.0, *)
  func cancellationDuringShutdown() async throws {
    try await TestServer.run { server in
      let connection = try await server.connect()
      try await connection.send(RawRequest(path: "/", body: [1]).framed(.unfinished))
      try await eventually("the request comes") {
        try await server.answer(RawRequest(method: "GET", path: "/")).httpStatus == 404
      }
      server.beginGracefulShutdown()
      server.serving.cancel()
      try await within(.seconds(20), "the server stops") { _ = await server.serving.result }
      try await connection.readEnd()
    }
  }
}

/// Calls that stream, each on a connection of its own or all on one.
@available(GRPCWeb 1.0, *)
private struct RunningStreams {
  var http1: [RawConnection] = []
  var http2: [HTTP2TestStream] = []

  static func start(_ count: Int, on server: TestServer, isHTTP2: Bool) async throws -> Self {
    var streams = RunningStreams()
    if isHTTP2 {
      let connection = try await server.connectHTTP2()
      for _ in 0 ..< count {
        let body = try TestFrame(EchoMessage()).bytes
        streams.http2.append(try await connection.send(.call("Expand"), body: body))
      }
    } else {
      for _ in 0 ..< count {
        let connection = try await server.connect()
        try await connection.send(try .call("Expand", texts: [""]))
        streams.http1.append(connection)
      }
    }
    for connection in streams.http1 {
      _ = try await connection.peekResponse { $0.frames.count == 1 }
    }
    for stream in streams.http2 {
      try await stream.peekResponse { $0.frames.count == 1 }
    }
    return streams
  }

  func answers() async throws -> [TestAnswer] {
    var answers: [TestAnswer] = []
    for connection in self.http1 {
      answers.append(try await connection.readResponse())
      try await connection.readEnd()
    }
    for stream in self.http2 {
      answers.append(try await stream.readResponse().answer)
    }
    return answers
  }
}
