import Foundation
import GRPCCore
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SwiftProtobuf
import Testing

/// The handler by itself, in a pipeline without a socket.
@Suite(.timeLimit(.minutes(3)))
struct GRPCWebChannelHandlerTests {
  // Calls

  @Test("A unary answer leaves in one flush, with its length")
  @available(GRPCWeb 1.0, *)
  func oneFlush() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive(.call(texts: ["hello"]))
    let response = try #require(try await channel.responses(1).first)

    let answer = try response.answer
    #expect(answer.status == 0)
    #expect(try answer.texts == ["hello"])
    #expect(answer.header("content-length") == ["\(response.body.count)"])
    #expect(channel.client.events.filter { $0 == .flush }.count == 1)
    #expect(channel.client.events.last == .flush)
  }

  @Test("The first message of a stream doesn't wait for the second")
  @available(GRPCWeb 1.0, *)
  func firstMessageAtOnce() async throws {
    let gate = Gate()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await writer.write(.with { $0.text = "first" })
          try await gate.pass()
          try await writer.write(.with { $0.text = "second" })
          return [:]
        }
      }
    )
    let channel = try await HandlerChannel(service)
    try await channel.receive(.call("Expand", texts: [""]))
    try await eventually("the first message is flushed") {
      channel.client.events.last == .flush && channel.client.responses.last?.body.isEmpty == false
    }
    #expect(try channel.client.responses[0].answer.texts == ["first"])

    gate.open()
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.texts == ["first", "second"])
  }

  @Test("A call starts before its request has come to its end")
  @available(GRPCWeb 1.0, *)
  func startsEarly() async throws {
    let channel = try await HandlerChannel()
    var parts: [HTTPRequestPart] = try .call("Update", texts: ["a"])
    let end = parts.removeLast()
    try await channel.receive(parts)
    try await eventually("the first message is echoed") {
      try channel.client.responses.last?.answer.texts == ["a"]
    }
    try await channel.receive([end])
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.status == 0)
  }

  @Test("A timeout longer than event loops can count is as good as none")
  @available(GRPCWeb 1.0, *)
  func hugeTimeout() async throws {
    let channel = try await HandlerChannel()
    let fields: HTTPFields = [HTTPField.Name("grpc-timeout")!: "99999999H"]
    try await channel.receive(.call(fields: fields, texts: ["hello"]))
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.texts == ["hello"])
  }

  @Test("Requirement 7: the deadline is answered while the handler doesn't cooperate")
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
    let channel = try await HandlerChannel(service)
    let fields: HTTPFields = [HTTPField.Name("grpc-timeout")!: "10S"]
    try await channel.receive(.call(fields: fields, texts: [""]))
    try await isRunning.pass()
    #expect(channel.client.responses.isEmpty)

    await channel.channel.testingEventLoop.advanceTime(by: .seconds(9))
    #expect(channel.client.responses.isEmpty)
    await channel.channel.testingEventLoop.advanceTime(by: .seconds(1))
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.status == RPCError.Code.deadlineExceeded.rawValue)
  }

  // The app's requests

  @Test("Requests of the app's come to it as they came, in order")
  @available(GRPCWeb 1.0, *)
  func passesOn() async throws {
    let channel = try await HandlerChannel()
    let parts: [HTTPRequestPart] = [
      .head(HTTPRequest(method: .put, scheme: "http", authority: "localhost", path: "/a?b=c")),
      .body(ByteBuffer(string: "one")), .body(ByteBuffer()), .body(ByteBuffer(string: "two")),
      .end([HTTPField.Name("x-trailer")!: "t"]),
    ]
    try await channel.receive(Array(parts[..<2]))
    try await channel.receive(Array(parts[2...]))

    var expected = parts.map { RecordingApp.Event.part($0) } + [.readComplete]
    expected.insert(.readComplete, at: 2)
    #expect(channel.app.events == expected)
    #expect(channel.client.events.allSatisfy { $0 == .read })

    try await channel.respond(.app("done"))
    #expect(channel.client.responses.map { String(decoding: $0.body, as: UTF8.self) } == ["done"])
  }

  @Test("The app's interim responses don't count as responses")
  @available(GRPCWeb 1.0, *)
  func interimResponse() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive(.app("/a") + .call(texts: ["call"]))
    try await channel.respond([.head(HTTPResponse(status: .continue))])
    #expect(channel.client.responses.isEmpty)
    try await channel.respond(.app("app"))
    let responses = try await channel.responses(2)
    #expect(String(decoding: responses[0].body, as: UTF8.self) == "app")
    #expect(try responses[1].answer.texts == ["call"])
  }

  // The order of requests

  @Test("An app's request waits for the call before it")
  @available(GRPCWeb 1.0, *)
  func appWaitsForCall() async throws {
    let gate = Gate()
    let service = ScriptedService(
      onGet: { request, _ in
        try await gate.pass()
        return ServerResponse(message: request.message)
      }
    )
    let channel = try await HandlerChannel(service)
    try await channel.receive(.call(texts: ["call"]) + .app("/a", body: "x") + .app("/b"))
    #expect(channel.app.paths.isEmpty)

    gate.open()
    _ = try await channel.responses(1)
    try await eventually("the app's requests come to it") { channel.app.paths == ["/a", "/b"] }
    #expect(channel.app.events.last == .readComplete)
    try await channel.respond(.app("1") + .app("2"))
    let responses = try await channel.responses(3)
    #expect(try responses[0].answer.texts == ["call"])
    #expect(responses[1...].map { String(decoding: $0.body, as: UTF8.self) } == ["1", "2"])
  }

  @Test("A call and a refusal wait for the app's responses before them")
  @available(GRPCWeb 1.0, *)
  func callWaitsForApp() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive(
      .app("/a") + .app("/b") + .call(texts: ["call"]) + .refused() + .app("/c")
    )
    #expect(channel.app.paths == ["/a", "/b"])
    try await channel.respond(.app("1"))
    #expect(channel.client.responses.count == 1)
    try await channel.respond(.app("2"))
    try await eventually("the last request comes to the app") {
      channel.app.paths == ["/a", "/b", "/c"]
    }
    try await channel.respond(.app("3"))
    let responses = try await channel.responses(5)
    #expect(responses.map(\.head.status.code) == [200, 200, 200, 405, 200])
    #expect(try responses[2].answer.texts == ["call"])
  }

  @Test("Nothing is read while requests wait, and reading goes on afterwards")
  @available(GRPCWeb 1.0, *)
  func readsNothingWhileRequestsWait() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive(.app("/a") + .call(texts: ["call"]))
    let reads = channel.client.reads
    try await channel.fire { $0.read() }
    #expect(channel.client.reads == reads)

    try await channel.respond(.app("1"))
    _ = try await channel.responses(2)
    try await eventually("reading goes on") { channel.client.reads == reads + 1 }
  }

  @Test("Thousands of requests that are answered at once don't overflow the stack")
  @available(GRPCWeb 1.0, *)
  func manyAtOnce() async throws {
    let count = 10_000
    let channel = try await HandlerChannel(
      config: .defaults { $0.cors = .allow(origins: ["https://a.example"]) }
    )
    var preflight = HTTPRequest(
      method: .options,
      scheme: "http",
      authority: "localhost",
      path: "/sonora.test.Echo/Get"
    )
    preflight.headerFields[.origin] = "https://a.example"
    preflight.headerFields[.accessControlRequestMethod] = "POST"
    let unknown: [HTTPRequestPart] = try .call("Unknown", texts: [""])
    let round = .refused() + [.head(preflight), .end(nil)] + unknown

    // The end of the app's response answers all requests that wait, each behind the one before.
    try await channel.receive(.app("/a") + Array(repeatElement(round, count: count).joined()))
    #expect(channel.client.responses.isEmpty)
    try await channel.respond(.app("1"))
    let responses = try await channel.responses(1 + 3 * count)
    #expect(responses.count == 1 + 3 * count)
    #expect(responses.suffix(3).map(\.head.status.code) == [405, 204, 200])
  }

  @Test("A client that doesn't read its responses isn't answered further requests")
  @available(GRPCWeb 1.0, *)
  func unreadResponses() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive(.refused())
    #expect(channel.client.responses.count == 1)

    try await channel.setWritable(false)
    try await channel.receive(.refused() + .app("/a"))
    let reads = channel.client.reads
    try await channel.fire { $0.read() }
    #expect(channel.client.responses.count == 1)
    #expect(channel.app.paths.isEmpty)
    #expect(channel.client.reads == reads)

    try await channel.setWritable(true)
    #expect(channel.client.responses.count == 2)
    #expect(channel.app.paths == ["/a"])
    #expect(channel.client.reads == reads + 1)
  }

  // Back-pressure

  @Test("A client that doesn't read stops the writer")
  @available(GRPCWeb 1.0, *)
  func stopsWriter() async throws {
    let written = Counter()
    let service = ScriptedService(
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          for _ in 0 ..< 1000 {
            try await writer.write(.with { $0.payload = Data(repeating: 1, count: 16 * 1024) })
            written.add()
          }
          return [:]
        }
      }
    )
    let channel = try await HandlerChannel(service)
    try await channel.setWritable(false)
    try await channel.receive(.call("Expand", texts: [""]))
    let count = try await written.settled()
    // The writer is suspended when the queue is full.
    #expect(count < 10)
    #expect(channel.client.responses.isEmpty)

    try await channel.setWritable(true)
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.frames.count == 1000)
  }

  @Test("A service that doesn't read stops the client, and goes on")
  @available(GRPCWeb 1.0, *)
  func stopsReading() async throws {
    let gate = Gate()
    let service = ScriptedService(
      onCollect: { request, _ in
        try await gate.pass()
        let count = try await request.messages.reduce(into: 0) { count, _ in count += 1 }
        return ServerResponse(message: .with { $0.text = "\(count)" })
      }
    )
    let channel = try await HandlerChannel(service)
    let frame = TestFrame(payload: []).bytes + TestFrame(payload: []).bytes
    let large = try TestFrame(EchoMessage.with { $0.payload = Data(count: 100 * 1024) }).bytes
    try await channel.receive([
      .head(.call("Collect")), .body(ByteBuffer(bytes: frame)),
    ])
    let reads = channel.client.reads
    try await channel.fire { $0.read() }
    #expect(channel.client.reads == reads + 1)

    try await channel.receive([.body(ByteBuffer(bytes: large))])
    try await channel.fire { $0.read() }
    #expect(channel.client.reads == reads + 1)

    gate.open()
    try await eventually("reading goes on") { channel.client.reads == reads + 2 }
    try await channel.receive([.end(nil)])
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.texts == ["3"])
  }

  @Test("A message is read on for until it is whole, however large")
  @available(GRPCWeb 1.0, *)
  func largeMessage() async throws {
    let channel = try await HandlerChannel()
    let size = 4 * 1024 * 1024 - 16
    let frame = try TestFrame(EchoMessage.with { $0.payload = Data(count: size) }).bytes
    try await channel.receive([.head(.call())])
    for start in stride(from: 0, to: frame.count, by: 64 * 1024) {
      let reads = channel.client.reads
      try await channel.fire { $0.read() }
      #expect(channel.client.reads == reads + 1)
      let chunk = frame[start ..< min(start + 64 * 1024, frame.count)]
      try await channel.receive([.body(ByteBuffer(bytes: chunk))])
    }
    try await channel.receive([.end(nil)])
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.messages.first?.payload.count == size)
  }

  @Test(
    "What a unary call can't take is refused before the body ends",
    arguments: [
      (TestFrame.header(length: .max), RPCError.Code.resourceExhausted),
      (TestFrame(payload: []).bytes + TestFrame(payload: []).bytes, .unimplemented),
      (TestFrame.header(flags: 0x80, length: 0), .internalError),
      (TestFrame.header(flags: 0x40, length: 0), .internalError),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func refusedBeforeEnd(bytes: [UInt8], code: RPCError.Code) async throws {
    let channel = try await HandlerChannel()
    try await channel.receive([.head(.call()), .body(ByteBuffer(bytes: bytes))])
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.status == code.rawValue)
    #expect(!channel.client.events.contains(.close))
  }

  @Test("What is sent behind an early end of a call goes nowhere, and the next is answered")
  @available(GRPCWeb 1.0, *)
  func sendsOnAfterEnd() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive([
      .head(.call()), .body(ByteBuffer(bytes: TestFrame.header(length: .max))),
    ])
    _ = try await channel.responses(1)
    for _ in 0 ..< 10 {
      let reads = channel.client.reads
      try await channel.fire { $0.read() }
      #expect(channel.client.reads == reads + 1)
      try await channel.receive([.body(ByteBuffer(repeating: 0, count: 64 * 1024))])
    }
    try await channel.receive([.end(nil)] + .call(texts: ["next"]))
    let responses = try await channel.responses(2)
    #expect(try responses[1].answer.texts == ["next"])
    #expect(channel.app.paths.isEmpty)
  }

  // Closing

  @Test("A connection is closed behind the response when the client wants it")
  @available(GRPCWeb 1.0, *)
  func closesConnection() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive(
      .call(fields: [.connection: "Keep-Alive, Close"], texts: ["last"]) + .call(texts: ["beyond"])
    )
    let responses = try await channel.responses(1)
    #expect(try responses[0].answer.texts == ["last"])
    #expect(responses[0].head.headerFields[.connection] == "close")
    try await eventually("the connection closes") { channel.client.events.contains(.close) }
    #expect(channel.client.responses.count == 1)
  }

  @Test("A connection that is to be closed stays until the request has come to its end")
  @available(GRPCWeb 1.0, *)
  func closesBehindRequest() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive([
      .head(.call(fields: [.connection: "close"])),
      .body(ByteBuffer(bytes: TestFrame.header(length: .max))),
    ])
    _ = try await channel.responses(1)
    #expect(!channel.client.events.contains(.close))
    let reads = channel.client.reads
    try await channel.fire { $0.read() }
    #expect(channel.client.reads == reads + 1)

    try await channel.receive([.body(ByteBuffer(string: "more")), .end(nil)])
    #expect(channel.client.events.last == .close)
  }

  @Test("Requirement 29: a client that waits gets a 100 (Continue), and no other client does")
  @available(GRPCWeb 1.0, *)
  func expectContinue() async throws {
    let channel = try await HandlerChannel()
    try await channel.receive([.head(.call(fields: [.expect: "100-Continue"]))])
    #expect(
      channel.client.events.contains(.part(.head(HTTPResponse(status: .continue))))
    )
    try await channel.receive(Array(try [HTTPRequestPart].call(texts: ["on"]).dropFirst()))
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.texts == ["on"])

    let other = try await HandlerChannel(httpVersion: .http2)
    try await other.receive(.call(fields: [.expect: "100-continue"], texts: ["on"]))
    _ = try await other.responses(1)
    #expect(
      !other.client.events.contains(.part(.head(HTTPResponse(status: .continue))))
    )
  }

  // The end of the connection

  enum End: String, CaseIterable {
    case inactive
    case inputClosed
    case error
    case removed
  }

  @Test("Requirement 25: the end of the connection cancels the call", arguments: End.allCases)
  @available(GRPCWeb 1.0, *)
  func endOfConnection(end: End) async throws {
    let service = WaitingService()
    let channel = try await HandlerChannel(service.service)
    try await channel.receive(.call(texts: [""]))
    try await service.isRunning.pass()

    try await channel.fire { pipeline in
      switch end {
      case .inactive:
        pipeline.fireChannelInactive()
      case .inputClosed:
        pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
      case .error:
        pipeline.fireErrorCaught(ChannelError.inputClosed)
      case .removed:
        if let context = try? pipeline.syncOperations.context(
          handlerType: GRPCWebChannelHandler.self
        ) {
          pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
      }
    }
    try await service.isTaskCancelled.pass("the handler's task is cancelled")
    try await service.isHandleCancelled.pass("the RPC's cancellation handle is cancelled")
    if end == .inputClosed || end == .error {
      #expect(channel.client.events.contains(.close))
    }
  }

  @Test("A call that waits isn't started when the client has closed its side")
  @available(GRPCWeb 1.0, *)
  func heldCallOfClientThatLeft() async throws {
    let service = WaitingService()
    let channel = try await HandlerChannel(service.service)
    try await channel.receive(.app("/a") + .call(texts: [""]))
    try await channel.fire { $0.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    #expect(channel.app.events.contains(.inputClosed))
    #expect(!channel.client.events.contains(.close))

    try await channel.respond(.app("1"))
    let reads = channel.client.reads
    try await channel.fire { $0.read() }
    #expect(channel.client.reads == reads + 1)
    #expect(!service.isRunning.isOpen)
    #expect(channel.client.responses.count == 1)
  }

  @Test("Nothing keeps the handler once its connection is closed")
  @available(GRPCWeb 1.0, *)
  func isReleased() async throws {
    let release = Gate()
    let isRunning = Gate()
    let service = ScriptedService(
      onGet: { request, _ in
        guard request.message.text == "wait" else {
          return ServerResponse(message: request.message)
        }
        isRunning.open()
        await release.passIgnoringCancellation()
        return ServerResponse(message: request.message)
      }
    )
    let server = GRPCWebServer(services: [service])
    let handler = WeakBox<GRPCWebChannelHandler>()
    do {
      let channel = try await HandlerChannel(server: server)
      try await channel.fire { pipeline in
        handler.object = try? pipeline.syncOperations.handler(type: GRPCWebChannelHandler.self)
      }
      #expect(handler.object != nil)
      try await channel.receive(.call(texts: ["done"]))
      _ = try await channel.responses(1)
      try await channel.receive(.call(texts: ["wait"]))
      try await isRunning.pass()
      _ = try await channel.channel.finish(acceptAlreadyClosed: true)
    }
    release.open()
    try await eventually("the handler is released") { handler.object == nil }
  }

  @Test("A handler keeps the server whose calls it answers")
  @available(GRPCWeb 1.0, *)
  func keepsServer() async throws {
    let server = WeakBox<GRPCWebServer>()
    let channel: HandlerChannel
    do {
      let strong = GRPCWebServer(services: [EchoService()])
      server.object = strong
      channel = try await HandlerChannel(server: strong)
    }
    try await channel.receive(.call(texts: ["kept"]))
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.texts == ["kept"])
    _ = try await channel.channel.finish(acceptAlreadyClosed: true)
    try await eventually("the server is released") { server.object == nil }
  }

  // Shutdown

  @Test("The app gets the event of a shutdown when no call runs any more")
  @available(GRPCWeb 1.0, *)
  func quiesce() async throws {
    let gate = Gate()
    let isRunning = Gate()
    let service = ScriptedService(
      onGet: { request, _ in
        isRunning.open()
        try await gate.pass()
        return ServerResponse(message: request.message)
      }
    )
    let channel = try await HandlerChannel(service)
    try await channel.receive(.call(texts: ["last"]))
    try await isRunning.pass()
    try await channel.fire { $0.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    #expect(!channel.app.events.contains(.quiesce))

    gate.open()
    let response = try #require(try await channel.responses(1).first)
    #expect(try response.answer.status == 0)
    try await eventually("the app gets the event") { channel.app.events.contains(.quiesce) }

    try await channel.receive(.call(texts: ["late"]))
    let late = try await channel.responses(2)[1]
    #expect(try late.answer.status == RPCError.Code.unavailable.rawValue)
  }
}
