#if Hummingbird
internal import GRPCWeb
internal import GRPCWebNIO
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// Does what neither SwiftNIO's codec of HTTP/1.1 nor Hummingbird does for an HTTP/1.1 connection; its place is between
/// them.
///
/// - The connection is closed behind a request that has to be its last (see ``HTTP1Connection``). The response says so,
///   and nothing more is read.
/// - Clients of HTTP/1.0 are answered without chunks, which they don't know.
/// - Where the router's middleware answers calls, a client that waits for a 100 (Continue) before it sends the body of a
///   call gets one (RFC 9110, section 10.1.1); and when the grace period of graceful shutdown is over, a connection is
///   closed whose client doesn't take the response of a call.
@available(GRPCWeb 1.0, *)
final class HTTP1ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// What answers calls.
  enum Answerer {
    /// A channel handler, which deals with expectations and with shutdown itself.
    case channelHandler
    /// The router's middleware. A connection whose client doesn't take the response of a call is closed so much time
    /// after graceful shutdown has begun.
    case middleware(closingPeriod: Duration)
  }

  private let answerer: Answerer
  private let transport: GRPCWebServerTransport
  private var connection = HTTP1Connection()
  /// Whether all of the last response has left this process, so that a close takes nothing back.
  private var isLastResponseWritten = false
  private var closeAfterGracePeriod: Scheduled<Void>?

  private init(answerer: Answerer, transport: GRPCWebServerTransport) {
    self.answerer = answerer
    self.transport = transport
  }

  /// Adds a handler to the pipeline of an HTTP/1.1 connection that doesn't have one; does nothing to other pipelines.
  static func add(
    to pipeline: ChannelPipeline.SynchronousOperations,
    answerer: Answerer,
    server: GRPCWebServer
  ) throws {
    guard let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self),
      (try? pipeline.handler(type: HTTP1ConnectionHandler.self)) == nil
    else {
      return
    }
    let handler = HTTP1ConnectionHandler(answerer: answerer, transport: server.transport)
    try pipeline.addHandler(handler, position: .before(codec))
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.closeAfterGracePeriod?.cancel()
    self.closeAfterGracePeriod = nil
  }

  // The request

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch self.unwrapInboundIn(data) {
    case .head(let head):
      self.begin(head, data, context: context)
    case .body:
      if self.connection.bodyCame() {
        context.fireChannelRead(data)
      }
    case .end:
      if self.connection.requestEnded() {
        context.fireChannelRead(data)
        self.closeIfDone(context: context)
      }
    }
  }

  private func begin(_ head: HTTPRequestHead, _ data: NIOAny, context: ChannelHandlerContext) {
    let isCall =
      switch self.answerer {
      case .channelHandler: false
      case .middleware: head.hasGRPCWebContent
      }
    let action = self.connection.requestBegan(
      head,
      isCall: isCall,
      expectsContinue: isCall && head.expectsContinue
    )
    switch action {
    case .handOn:
      context.fireChannelRead(data)
    case .handOnAndContinue:
      context.fireChannelRead(data)
      self.sendContinue(context: context)
    case .drop:
      break
    }
  }

  private func sendContinue(context: ChannelHandlerContext) {
    let head = HTTPResponseHead(version: .http1_1, status: .continue)
    context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
  }

  func read(context: ChannelHandlerContext) {
    if self.connection.wantsMore {
      context.read()
    }
  }

  // The response

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.unwrapOutboundIn(data) {
    case .head(let head) where head.status.code >= 200:
      if let version = self.connection.lastVersion {
        let last = Self.last(head, forRequestOf: version)
        context.write(self.wrapOutboundOut(.head(last)), promise: promise)
      } else {
        context.write(data, promise: promise)
      }
      self.connection.responseBegan()
    case .head, .body:
      context.write(data, promise: promise)
    case .end:
      self.end(data, promise: promise, context: context)
    }
  }

  /// The head of the last response of a connection.
  private static func last(
    _ head: HTTPResponseHead,
    forRequestOf version: HTTPVersion
  ) -> HTTPResponseHead {
    var head = head
    head.headers.replaceOrAdd(name: "connection", value: "close")
    if version.isBefore1_1 && !head.headers.contains(name: "content-length") {
      // By the version of the head, SwiftNIO's encoder decides whether to send chunks.
      head.version = version
    }
    return head
  }

  private func end(
    _ data: NIOAny,
    promise: EventLoopPromise<Void>?,
    context: ChannelHandlerContext
  ) {
    switch self.connection.responseEnded() {
    case .none:
      context.write(data, promise: promise)
    case .sendContinue:
      context.write(data, promise: promise)
      self.sendContinue(context: context)
    case .closeWhenWritten:
      let promise = promise ?? context.eventLoop.makePromise()
      promise.futureResult.assumeIsolated().whenComplete { _ in
        self.isLastResponseWritten = true
        self.closeIfDone(context: context)
      }
      context.write(data, promise: promise)
    }
  }

  /// Closes the connection when its last response has left and the last request has ended.
  private func closeIfDone(context: ChannelHandlerContext) {
    if self.isLastResponseWritten && self.connection.isDone {
      context.closeLingering(EventLoopResources.of(context.eventLoop, self.transport))
    }
  }

  // The end

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed, self.isLastResponseWritten, self.connection.isDone {
      context.close(promise: nil)
    }
    if event is ChannelShouldQuiesceEvent, self.closeAfterGracePeriod == nil,
      case .middleware(let closingPeriod) = self.answerer
    {
      let delay = TimeAmount(closingPeriod)
      self.closeAfterGracePeriod = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
        if self.connection.isAnsweringCall {
          context.close(promise: nil)
        }
      }
    }
    context.fireUserInboundEventTriggered(event)
  }
}

@available(GRPCWeb 1.0, *)
extension HTTPRequestHead {
  /// Whether the content is that of a gRPC-Web call, by its type.
  fileprivate var hasGRPCWebContent: Bool {
    guard let contentType = self.headers.first(name: "content-type") else { return false }
    return ContentType.isGRPCWeb(contentType)
  }

  /// Whether the client waits for an interim response before it sends the body.
  fileprivate var expectsContinue: Bool {
    self.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
  }
}
#endif
