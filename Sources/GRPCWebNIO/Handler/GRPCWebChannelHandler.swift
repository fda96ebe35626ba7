#if NIO
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
  struct RunningCall {
    var call: ServerCall
    /// Whether the service has been started on it.
    var isStarted = false
    /// Whether the client wants the connection closed afterwards.
    var closesConnection: Bool
    var deadline: Scheduled<Void>?
  }

  /// Whether requests are taken from a connection.
  ///
  /// An HTTP/2 stream stays `open`: it has one request.
  enum Intake {
    /// Each request that comes is answered.
    case open
    /// What came last isn't HTTP. The app is told when all before it has been answered.
    case faulty(any Error)
    /// The app has been told so, and ends the connection.
    case faultReported
    /// The response behind which the connection ends is being sent.
    case ending
    /// That response has left this process; the rest of its request is awaited.
    case ended
    /// This side of the connection is closed; the client's is awaited.
    case lingering
  }

  let transport: GRPCWebServerTransport
  let prefix: String
  let httpVersion: HTTPVersion
  /// Kept, as it stops when nobody has it any more.
  fileprivate var server: GRPCWebServer?

  var context: ChannelHandlerContext?
  var delegate: EventLoopCallDelegate?
  var startBatch: ServiceStartBatch?
  var date: DateCache?
  var peers: GRPCWebPeers?

  /// Whether the channel takes more, which it tells when that changes; asking it costs more.
  var isWritable = true

  var order = RequestOrder()
  var running: RunningCall?
  /// What came too early: requests that wait for responses before their own.
  var held = CircularBuffer<HTTPRequestPart>(initialCapacity: 0)
  var isAcceptingHeld = false
  /// Whether the running call has no room for more of its request.
  var isCallFull = false
  /// Whether somebody behind this handler wanted to read, while nothing was to be read.
  var isReadHeld = false
  /// Whether shutdown has begun, and the app hasn't been told yet.
  var isQuiesceHeld = false
  /// What closes the connection when the grace period of graceful shutdown is over.
  var closingAfterGracePeriod: Scheduled<Void>?
  /// Whether more requests are taken from the connection, and if not, how far its end is.
  var intake = Intake.open
  /// Watches for clients that don't go on with a request; made when one first has to.
  var requestTimer: StallTimer?
  /// Watches for clients that don't take a response; made when one first has to.
  var responseTimer: StallTimer?
  /// How many bytes waited for such a client when that was last looked at.
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

  /// Notes the channel.
  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    self.isWritable = context.channel.isWritable
    let resources = EventLoopResources.of(context.eventLoop, self.transport)
    self.startBatch = resources.startBatch
    self.date = resources.date
    self.delegate = EventLoopCallDelegate(
      self,
      eventLoop: context.eventLoop,
      mailbox: resources.mailbox
    )
  }

  /// Ends the running call: nobody can be answered any more.
  public func handlerRemoved(context: ChannelHandlerContext) {
    self.abandonCall()
    self.cancelTimers()
    self.context = nil
    // The delegate holds this handler.
    self.delegate = nil
  }

  /// Ends the running call: the client has gone.
  public func channelInactive(context: ChannelHandlerContext) {
    self.abandonCall()
    self.cancelTimers()
    context.fireChannelInactive()
  }

  /// Lets what came before bytes that aren't HTTP be answered; ends the running call when the connection fails, or
  /// the client has reset the stream.
  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if self.httpVersion == .http1 && Self.isFaultOfRequest(error) {
      self.receiveFault(error, context: context)
      return
    }
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
      let isLingering = if case .lingering = self.intake { true } else { false }
      if self.abandonCall() || isLingering {
        context.close(promise: nil)
      }
    }
    if event is ChannelShouldQuiesceEvent {
      self.transport.beginGracefulShutdown()
      self.closeAfterGracePeriod()
      if self.order.isAnswering {
        // The app would close the connection, which is idle to it.
        self.isQuiesceHeld = true
        return
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func cancelTimers() {
    self.requestTimer?.cancel()
    self.responseTimer?.cancel()
    self.closingAfterGracePeriod?.cancel()
  }

  /// Cancels the running call.
  ///
  /// - Returns: Whether there was one.
  @discardableResult
  func abandonCall() -> Bool {
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
#endif
