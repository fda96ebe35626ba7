public import GRPCWeb
internal import HTTPTypes
public import NIOCore
public import NIOHTTPTypes

/// Answers gRPC-Web calls on the channel of an HTTP connection, and passes every other request on.
///
/// Goes into any pipeline of SwiftNIO's HTTP types, behind the codec and before the app's own handler:
/// into that of an HTTP/1.1 connection, or of an HTTP/2 stream. Over HTTP/2 the same services answer
/// native gRPC, too.
///
/// ```swift
/// try channel.pipeline.syncOperations.configureHTTPServerPipeline()
/// try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
/// try channel.pipeline.syncOperations.addHandler(grpcWeb.channelHandler(for: .http1))
/// try channel.pipeline.syncOperations.addHandler(MyApp())
/// ```
///
/// Requests keep their order, also where a client sends some before others have been answered.
///
/// A client that goes away cancels its call at once. On HTTP/1.1 a client that closes its sending side
/// counts as gone, even though it could still read: there is no telling it from one that closed both.
@available(GRPCWeb 1.0, *)
public final class GRPCWebChannelHandler: ChannelDuplexHandler, RemovableChannelHandler {
  /// What the handler reads.
  public typealias InboundIn = HTTPRequestPart
  /// What the app reads.
  public typealias InboundOut = HTTPRequestPart
  /// What the app writes.
  public typealias OutboundIn = HTTPResponsePart
  /// What the handler writes.
  public typealias OutboundOut = HTTPResponsePart

  /// What kind of channel a handler is for.
  public enum HTTPVersion: Hashable, Sendable {
    /// An HTTP/1.1 connection.
    case http1
    /// A stream of an HTTP/2 connection.
    case http2
  }

  /// The call that is being answered.
  private struct RunningCall {
    var call: ServerCall
    /// Whether the service has been started on it.
    var isStarted = false
    /// Whether the client wants the connection closed afterwards.
    var closesConnection: Bool
    var deadline: Scheduled<Void>?
  }

  private let transport: GRPCWebServerTransport
  private let prefix: String
  private let httpVersion: HTTPVersion
  /// Kept, as it stops when nobody has it any more.
  fileprivate var server: GRPCWebServer?

  private var context: ChannelHandlerContext?
  private var front: EventLoopFront?
  private var starter: ServiceStarter?
  private var peers: GRPCWebPeers?

  private var order = RequestOrder()
  private var running: RunningCall?
  /// What came too early: requests that wait for responses before their own.
  private var held = CircularBuffer<HTTPRequestPart>(initialCapacity: 0)
  private var isAcceptingHeld = false
  /// Whether the running call has no room for more of its request.
  private var isCallFull = false
  /// Whether somebody behind this handler wanted to read, while nothing was to be read.
  private var isReadHeld = false
  /// Whether shutdown has begun, and the app hasn't been told yet.
  private var isQuiesceHeld = false
  /// Whether the client wanted the connection closed behind the response that has been sent.
  private var isClosing = false
  /// Whether all of that response has left this process, and a close won't take any of it back.
  private var isLastResponseWritten = false

  /// Creates a handler for one channel.
  ///
  /// - Parameters:
  ///   - transport: The transport whose server answers.
  ///   - prefix: The path that the services are mounted at, such as `/api`; empty for none.
  ///   - httpVersion: The kind of channel.
  public init(
    transport: GRPCWebServerTransport,
    prefix: String = "",
    httpVersion: HTTPVersion
  ) {
    self.transport = transport
    self.prefix = GRPCWebServerTransport.normalized(prefix: prefix)
    self.httpVersion = httpVersion
  }

  /// Notes the channel.
  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let crossing = EventLoopCrossing.of(context.eventLoop, self.transport)
    self.starter = crossing.starter
    self.front = EventLoopFront(self, eventLoop: context.eventLoop, inbox: crossing.inbox)
  }

  /// Ends the running call: nobody can be answered any more.
  public func handlerRemoved(context: ChannelHandlerContext) {
    self.abandonCall()
    self.context = nil
    // Holds this handler.
    self.front = nil
  }

  // The request

  /// Takes a part of a request.
  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = self.unwrapInboundIn(data)
    if self.isClosing {
      self.discard(part)
    } else if !self.held.isEmpty || !self.accept(part, context: context) {
      self.held.append(part)
    }
  }

  /// Takes a part of what comes behind the response that closes the connection: the rest of its request,
  /// and requests that aren't answered (RFC 9112, section 9.6).
  private func discard(_ part: HTTPRequestPart) {
    if case .end = part {
      self.order.requestEnded()
      self.closeIfDone()
    }
  }

  /// Starts the call of a request that didn't come whole in one go, and sends what is ready.
  public func channelReadComplete(context: ChannelHandlerContext) {
    self.startCall(context: context)
    context.fireChannelReadComplete()
  }

  /// Hands a part of a request to whom it is for.
  ///
  /// - Returns: Whether that could be done now.
  private func accept(_ part: HTTPRequestPart, context: ChannelHandlerContext) -> Bool {
    switch part {
    case .head(let request):
      return self.begin(request, context: context)
    case .body(let bytes):
      switch self.order.destination {
      case .call:
        self.deliver(bytes)
      case .nowhere:
        break
      case .app, .none:
        context.fireChannelRead(self.wrapInboundOut(part))
      }
    case .end:
      let destination = self.order.destination
      self.order.requestEnded()
      switch destination {
      case .call:
        self.deliver(nil)
        self.startCall(context: context)
      case .nowhere:
        break
      case .app, .none:
        context.fireChannelRead(self.wrapInboundOut(part))
      }
    }
    return true
  }

  /// Begins a request.
  ///
  /// - Returns: Whether that could be done now.
  private func begin(_ request: HTTPRequest, context: ChannelHandlerContext) -> Bool {
    guard self.order.canBegin(.app), self.takesResponses(context.channel) else { return false }

    let route = self.transport.route(
      request,
      prefix: self.prefix,
      allowsNativeGRPC: self.httpVersion == .http2
    )
    switch route {
    case .pass:
      self.order.begin(.app)
      context.fireChannelRead(self.wrapInboundOut(.head(request)))
    case .respond(let response):
      guard self.order.canBegin(.call) else { return false }
      self.order.begin(.call)
      let closesConnection = self.closesConnection(request)
      self.write(response, closesConnection: closesConnection, context: context)
      self.writeEnd(nil, closesConnection: closesConnection, context: context)
      context.flush()
      self.responseEnded(context: context)
    case .call(let head):
      guard self.order.canBegin(.call) else { return false }
      self.order.begin(.call)
      self.begin(head, request, context: context)
    }
    return true
  }

  /// Whether a client takes the responses to its requests, so that another may begin.
  ///
  /// One that doesn't would otherwise have its responses kept here without bound. A stream of HTTP/2 has
  /// no response before its own.
  private func takesResponses(_ channel: any Channel) -> Bool {
    self.httpVersion == .http2 || channel.isWritable
  }

  private func begin(
    _ head: GRPCWebCallHead,
    _ request: HTTPRequest,
    context: ChannelHandlerContext
  ) {
    let call = self.transport.makeCall(head, front: self.front)
    self.running = RunningCall(
      call: call,
      closesConnection: self.closesConnection(request),
      deadline: self.scheduleDeadline(of: call, context: context)
    )
    if self.httpVersion == .http1, let expectation = request.headerFields[.expect],
      expectation.lowercased() == "100-continue"
    {
      // RFC 9110, section 10.1.1: such a client waits for this before it sends the body.
      context.writeAndFlush(
        self.wrapOutboundOut(.head(HTTPResponse(status: .continue))),
        promise: nil
      )
    }
    // A call that failed by its head has its answer already.
    self.sendOutput(of: call)
  }

  private func scheduleDeadline(
    of call: ServerCall,
    context: ChannelHandlerContext
  ) -> Scheduled<Void>? {
    guard let timeout = call.head.timeout else { return nil }
    // A timeout may have up to eight digits of hours, more than event loops can count.
    let delay = min(TimeAmount(timeout), .hours(24 * 365))
    return context.eventLoop.scheduleTask(in: delay) {
      call.fail(.deadlineExceeded)
    }
  }

  private func deliver(_ bytes: ByteBuffer?) {
    guard let call = self.running?.call else { return }
    self.isCallFull = !call.deliver(bytes)
  }

  /// Starts the service, once all of the request has come, or what came of it at once.
  private func startCall(context: ChannelHandlerContext) {
    guard let running = self.running, !running.isStarted else { return }
    self.running?.isStarted = true
    let peers = self.peers(of: context)
    self.starter?.start(running.call, peers: peers, by: self.transport)
  }

  private func peers(of context: ChannelHandlerContext) -> GRPCWebPeers {
    if let peers = self.peers {
      return peers
    }
    let channel = context.channel
    let peers = GRPCWebPeers(remote: channel.remoteAddress, local: channel.localAddress)
    self.peers = peers
    return peers
  }

  // Reading

  /// Reads from the connection, unless there is no room for what would come.
  public func read(context: ChannelHandlerContext) {
    if self.canRead {
      context.read()
    } else {
      self.isReadHeld = true
    }
  }

  private var canRead: Bool {
    self.held.isEmpty && !self.isCallFull
  }

  /// Reads on, now that the service has read what the call had received.
  func readOn(for call: ServerCall) {
    guard self.running?.call === call else { return }
    self.isCallFull = false
    self.readIfHeld()
  }

  private func readIfHeld() {
    guard self.isReadHeld, self.canRead else { return }
    self.isReadHeld = false
    self.context?.read()
  }

  // The response

  /// Counts the app's responses, as its requests and calls take turns.
  public func write(
    context: ChannelHandlerContext,
    data: NIOAny,
    promise: EventLoopPromise<Void>?
  ) {
    guard case .end = self.unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    self.order.appResponseEnded()
    context.write(data, promise: promise)
    self.acceptHeld(context: context)
  }

  /// Goes on sending, if a client that was slow has caught up.
  public func channelWritabilityChanged(context: ChannelHandlerContext) {
    if let call = self.running?.call {
      // Not at once: a stream of HTTP/2 says so in the midst of writing a frame of it, which trailers
      // written now would overtake.
      self.front?.outputIsReady(of: call)
    } else if context.channel.isWritable {
      self.acceptHeld(context: context)
    }
    context.fireChannelWritabilityChanged()
  }

  /// Sends what a call has ready, if the client takes it.
  func sendOutput(of call: ServerCall) {
    guard let context = self.context, let running = self.running, running.call === call,
      context.channel.isWritable,
      let output = call.takeOutput()
    else {
      return
    }

    if let head = output.head {
      self.write(head, closesConnection: running.closesConnection, context: context)
    }
    for buffer in output.body {
      context.write(self.wrapOutboundOut(.body(buffer)), promise: nil)
    }
    if output.isEnd {
      self.writeEnd(
        output.trailers,
        closesConnection: running.closesConnection,
        context: context
      )
    }
    context.flush()

    if output.isEnd {
      running.deadline?.cancel()
      self.running = nil
      self.responseEnded(context: context)
    }
  }

  private func write(
    _ head: HTTPResponse,
    closesConnection: Bool,
    context: ChannelHandlerContext
  ) {
    var head = head
    if closesConnection {
      head.headerFields[.connection] = "close"
    }
    context.write(self.wrapOutboundOut(.head(head)), promise: nil)
  }

  private func writeEnd(
    _ trailers: HTTPFields?,
    closesConnection: Bool,
    context: ChannelHandlerContext
  ) {
    var promise: EventLoopPromise<Void>?
    if closesConnection {
      self.isClosing = true
      promise = context.eventLoop.makePromise()
      promise?.futureResult.assumeIsolated().whenComplete { _ in
        self.isLastResponseWritten = true
        self.closeIfDone()
      }
    }
    context.write(self.wrapOutboundOut(.end(trailers)), promise: promise)
  }

  /// Closes the connection, when a close takes nothing from the client.
  ///
  /// What isn't written yet would be lost; and when something of the request is still to be read, the
  /// system breaks the connection off, so that even what is written may not arrive.
  private func closeIfDone() {
    if self.isClosing, self.isLastResponseWritten, self.order.destination == nil {
      self.context?.close(promise: nil)
    }
  }

  private func closesConnection(_ request: HTTPRequest) -> Bool {
    self.httpVersion == .http1 && request.closesConnection
  }

  private func responseEnded(context: ChannelHandlerContext) {
    self.isCallFull = false
    self.order.responseEnded()
    if self.isClosing {
      // The next that comes begins another request, or there is more of the one that is answered.
      self.held.removeAll()
      self.readIfHeld()
    } else {
      self.acceptHeld(context: context)
    }
  }

  /// Hands on what waited for a response to end, as far as it can be.
  private func acceptHeld(context: ChannelHandlerContext) {
    // A response to what is handed on here, when it ends at once, comes back to here.
    guard !self.isAcceptingHeld else { return }
    self.isAcceptingHeld = true
    var hasPassedOn = false
    while let part = self.held.popFirst() {
      guard self.accept(part, context: context) else {
        self.held.prepend(part)
        break
      }
      hasPassedOn = true
    }
    self.isAcceptingHeld = false

    if hasPassedOn {
      // As the read that brought these parts was complete long ago.
      self.startCall(context: context)
      context.fireChannelReadComplete()
    }
    if self.isQuiesceHeld && !self.order.isAnswering {
      self.isQuiesceHeld = false
      context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
    self.readIfHeld()
  }

  // The end of the connection

  /// Ends the running call: the client has gone.
  public func channelInactive(context: ChannelHandlerContext) {
    self.abandonCall()
    context.fireChannelInactive()
  }

  /// Ends the running call: the client has reset the stream, or sends what isn't HTTP.
  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if self.abandonCall() {
      // The app knows nothing of the response that can't be ended.
      context.close(promise: nil)
    }
    context.fireErrorCaught(error)
  }

  /// Ends the running call when the client has closed its side; lets it end when the server shuts down.
  public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed {
      // Nobody would notice the client's leave once one of these calls runs.
      self.held.removeAll()
      if self.abandonCall() {
        context.close(promise: nil)
      }
    }
    if event is ChannelShouldQuiesceEvent {
      self.transport.beginGracefulShutdown()
      if self.order.isAnswering {
        // The app would close the connection, which is idle to it.
        self.isQuiesceHeld = true
        return
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// Cancels the running call.
  ///
  /// - Returns: Whether there was one.
  @discardableResult
  private func abandonCall() -> Bool {
    guard let running = self.running.take() else { return false }
    running.deadline?.cancel()
    running.call.abandon()
    self.order.responseEnded()
    self.isCallFull = false
    return true
  }
}

@available(*, unavailable)
extension GRPCWebChannelHandler: Sendable {}

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// A handler that answers this server's calls on one HTTP channel and passes every other request on.
  ///
  /// - Parameters:
  ///   - httpVersion: The kind of channel.
  ///   - prefix: The path that the services are mounted at, such as `/api`; empty for none.
  public func channelHandler(
    for httpVersion: GRPCWebChannelHandler.HTTPVersion,
    prefix: String = ""
  ) -> GRPCWebChannelHandler {
    let handler = GRPCWebChannelHandler(
      transport: self.transport,
      prefix: prefix,
      httpVersion: httpVersion
    )
    handler.server = self
    return handler
  }
}
