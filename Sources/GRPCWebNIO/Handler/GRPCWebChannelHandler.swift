#if NIO
public import GRPCWeb
internal import HTTPTypes
public import NIOCore
public import NIOHTTPTypes

/// Answers gRPC-Web calls on the channel of an HTTP connection, and passes every other request on.
///
/// The handler works in any pipeline of SwiftNIO's HTTP types, behind the codec and before the app's own handler: in
/// that of an HTTP/1.1 connection, or of an HTTP/2 stream. Over HTTP/2 the same services answer native gRPC, too.
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
/// counts as gone, even though it could still read: the server can't distinguish it from one that closed both.
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
  struct RunningCall {
    var call: ServerCall
    /// Whether the service has been started on it.
    var isStarted = false
    var deadline: Scheduled<Void>?
  }

  let transport: GRPCWebServerTransport
  let prefix: String
  let httpVersion: HTTPVersion
  /// The owner of the transport, kept alive because calls end when it is released.
  fileprivate var server: GRPCWebServer?

  /// The handler's place in the pipeline; `nil` before it is added and after it is removed.
  var context: ChannelHandlerContext?
  /// The delegate of the channel's calls, which retains the handler until it is removed.
  var delegate: EventLoopCallDelegate?
  /// What the channels of the event loop share; `nil` before the handler is added.
  var resources: EventLoopResources?
  /// The two ends of the connection; `nil` before the first call.
  var peers: GRPCWebPeers?
  /// The certificate of the client.
  var peerCertificate = PeerCertificate.notLookedUp

  /// Whether the channel takes more, kept here as asking the channel costs more.
  var isWritable = true

  /// The order of requests and responses, and how far they have come.
  var stateMachine = ChannelStateMachine()
  /// The call that is being answered; `nil` also while the server answers a request without a call.
  var running: RunningCall?
  /// Requests that wait for responses before their own.
  var held = HeldRequests()
  /// Whether a handler behind this one asked for a read that was withheld.
  var isReadHeld = false
  /// How far graceful shutdown is.
  var shutdown = Shutdown.none
  /// Limits how long nothing may come of a request.
  var requestTimer = StallTimer(nil)
  /// Limits how long nothing may be taken of a response.
  var responseTimer = StallTimer(nil)
  /// How many bytes the client hadn't taken when the response was last looked at.
  var bytesAwaitingClient: Int?

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

  /// Prepares the handler for its channel.
  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    self.isWritable = context.channel.isWritable
    let resources = EventLoopResources.of(context.eventLoop, self.transport)
    self.resources = resources
    self.requestTimer = StallTimer(resources.requestReadTimeouts)
    self.responseTimer = StallTimer(resources.responseWriteTimeouts)
    self.delegate = EventLoopCallDelegate(
      self,
      eventLoop: context.eventLoop,
      mailbox: resources.mailbox
    )
  }

  /// Cancels the running call, which can't be answered any more.
  public func handlerRemoved(context: ChannelHandlerContext) {
    self.abandonCall()
    self.cancelTimers()
    self.context = nil
    // The delegate holds this handler.
    self.delegate = nil
  }

  /// Cancels the running call, whose client has gone.
  public func channelInactive(context: ChannelHandlerContext) {
    self.abandonCall()
    self.cancelTimers()
    context.fireChannelInactive()
  }

  /// Cancels the running call when the connection fails, or the client has reset the stream.
  ///
  /// Requests before bytes that aren't HTTP are answered before the app gets the error.
  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if self.httpVersion == .http1 && Self.isFaultOfRequest(error) {
      self.receiveFault(error, context: context)
      return
    }
    if self.abandonCall() {
      // The app knows nothing of the call, and couldn't end its response.
      context.close(promise: nil)
    }
    context.fireErrorCaught(error)
  }

  /// Cancels the running call when the client has closed its side; lets the call end when the server shuts down.
  public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed {
      // The client's leave wouldn't be noticed any more once one of the held calls runs.
      self.held.removeAll()
      if self.abandonCall() || self.stateMachine.state == .lingering {
        context.close(promise: nil)
      }
    }
    if event is ChannelShouldQuiesceEvent, !self.beginShutdown() {
      return
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func cancelTimers() {
    self.requestTimer.cancel()
    self.responseTimer.cancel()
    self.cancelShutdown()
  }

  /// Cancels the running call.
  ///
  /// - Returns: Whether there was one.
  @discardableResult
  func abandonCall() -> Bool {
    guard let running = self.running.take() else { return false }
    running.deadline?.cancel()
    running.call.abandon()
    self.stateMachine.callAbandoned()
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
#endif
