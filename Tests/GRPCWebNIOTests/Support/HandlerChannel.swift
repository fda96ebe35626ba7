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

/// A channel without a socket, with the handler between a client, which is the test, and an app.
@available(GRPCWeb 1.0, *)
final class HandlerChannel: Sendable {
  let channel: NIOAsyncTestingChannel
  let app: RecordingApp
  let client: RecordingClient

  /// Opens a channel whose handler answers the calls of a service.
  init(
    _ service: any RegistrableRPCService = EchoService(),
    httpVersion: GRPCWebChannelHandler.HTTPVersion = .http1,
    config: GRPCWebServer.Config = .defaults,
    server: GRPCWebServer? = nil
  ) async throws {
    let server = server ?? GRPCWebServer(services: [service], config: config)
    let app = RecordingApp()
    let client = RecordingClient()
    self.app = app
    self.client = client
    self.channel = try await NIOAsyncTestingChannel { channel in
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(client)
      try pipeline.addHandler(server.channelHandler(for: httpVersion))
      try pipeline.addHandler(app)
    }
    try await self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/test"))
  }

  /// Receives parts of requests, in one read.
  func receive(_ parts: [HTTPRequestPart]) async throws {
    try await self.channel.testingEventLoop.executeInContext { [channel] in
      for part in parts {
        channel.pipeline.fireChannelRead(part)
      }
      channel.pipeline.fireChannelReadComplete()
    }
    await self.channel.testingEventLoop.run()
  }

  /// Fires an event on the event loop.
  func fire(_ event: @escaping @Sendable (ChannelPipeline) -> Void) async throws {
    try await self.channel.testingEventLoop.executeInContext { [channel] in
      event(channel.pipeline)
    }
    await self.channel.testingEventLoop.run()
  }

  /// Sends parts of responses, as the app does.
  func respond(_ parts: [HTTPResponsePart]) async throws {
    try await self.channel.testingEventLoop.executeInContext { [channel] in
      for part in parts {
        channel.pipeline.write(part, promise: nil)
      }
      channel.pipeline.flush()
    }
    await self.channel.testingEventLoop.run()
  }

  /// Lets the client take what is written, or not.
  func setWritable(_ isWritable: Bool) async throws {
    try await self.channel.testingEventLoop.executeInContext { [channel] in
      channel.isWritable = isWritable
      channel.pipeline.fireChannelWritabilityChanged()
    }
    await self.channel.testingEventLoop.run()
  }

  /// Waits until a number of responses has ended.
  func responses(_ count: Int) async throws -> [RecordingClient.Response] {
    try await eventually("\(count) responses") {
      self.client.responses.filter(\.isEnded).count >= count
    }
    return self.client.responses
  }
}

/// The app, behind the handler: records what it receives.
@available(GRPCWeb 1.0, *)
final class RecordingApp: ChannelInboundHandler, Sendable {
  typealias InboundIn = HTTPRequestPart

  enum Event: Hashable {
    case part(HTTPRequestPart)
    case readComplete
    case inputClosed
    case quiesce
    case error
  }

  private let recorder = Recorder<Event>()

  var events: [Event] {
    self.recorder.values
  }

  /// The paths of the requests that came.
  var paths: [String] {
    self.events.compactMap { event in
      guard case .part(.head(let head)) = event else { return nil }
      return head.path
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    self.recorder.append(.part(self.unwrapInboundIn(data)))
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    self.recorder.append(.readComplete)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      self.recorder.append(.quiesce)
    } else if event as? ChannelEvent == .inputClosed {
      self.recorder.append(.inputClosed)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    self.recorder.append(.error)
  }
}

/// The client, before the handler: records what the handler sends.
@available(GRPCWeb 1.0, *)
final class RecordingClient: ChannelOutboundHandler, Sendable {
  typealias OutboundIn = HTTPResponsePart

  enum Event: Hashable {
    case part(HTTPResponsePart)
    case flush
    case read
    case close
  }

  struct Response {
    var head: HTTPResponse
    var body: [UInt8] = []
    var trailers: HTTPFields?
    var isEnded = false

    var answer: TestAnswer {
      get throws {
        try TestAnswer(
          httpStatus: self.head.status.code,
          headers: self.head.headerFields.map { TestAnswer.Field($0.name.canonicalName, $0.value) },
          body: self.body,
          isComplete: self.isEnded
        )
      }
    }
  }

  private let recorder = Recorder<Event>()

  var events: [Event] {
    self.recorder.values
  }

  /// The number of times that the handler, or the app, asked for more.
  var reads: Int {
    self.events.filter { $0 == .read }.count
  }

  /// The responses, without parts that belong to none.
  var responses: [Response] {
    self.events.reduce(into: []) { responses, event in
      switch event {
      case .part(.head(let head)) where head.status.kind != .informational:
        responses.append(Response(head: head))
      case .part(.body(let bytes)) where responses.last?.isEnded == false:
        responses[responses.count - 1].body += bytes.readableBytesView
      case .part(.end(let trailers)) where responses.last?.isEnded == false:
        responses[responses.count - 1].trailers = trailers
        responses[responses.count - 1].isEnded = true
      default:
        break
      }
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    self.recorder.append(.part(self.unwrapOutboundIn(data)))
    promise?.succeed()
  }

  func flush(context: ChannelHandlerContext) {
    self.recorder.append(.flush)
  }

  func read(context: ChannelHandlerContext) {
    self.recorder.append(.read)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    self.recorder.append(.close)
    context.close(mode: mode, promise: promise)
  }
}

extension [HTTPRequestPart] {
  /// A call of the service of `echo.proto`, with a message for each text.
  @available(GRPCWeb 1.0, *)
  static func call(
    _ method: String = "Get",
    contentType: String = "application/grpc-web+proto",
    fields: HTTPFields = [:],
    texts: [String]
  ) throws -> Self {
    let body = try texts.flatMap { text in
      try TestFrame(EchoMessage.with { $0.text = text }).bytes
    }
    return [
      .head(.call(method, contentType: contentType, fields: fields)),
      .body(ByteBuffer(bytes: body)), .end(nil),
    ]
  }

  /// A request that is the app's to answer.
  static func app(_ path: String, body: String = "") -> Self {
    let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
    return [.head(head), .body(ByteBuffer(string: body)), .end(nil)]
  }

  /// A request for a method that is refused.
  static func refused(fields: HTTPFields = [:]) -> Self {
    let head = HTTPRequest(
      method: .get,
      scheme: "http",
      authority: "localhost",
      path: "/sonora.test.Echo/Get",
      headerFields: fields
    )
    return [.head(head), .end(nil)]
  }
}

extension [HTTPResponsePart] {
  /// A response of the app's.
  static func app(_ body: String) -> Self {
    [.head(HTTPResponse(status: .ok)), .body(ByteBuffer(string: body)), .end(nil)]
  }
}
