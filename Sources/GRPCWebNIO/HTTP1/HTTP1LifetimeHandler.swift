#if NIO
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Closes an HTTP/1.1 connection when it has been idle for too long, and when the server shuts down and no request is
/// in progress any more.
@available(GRPCWeb 1.0, *)
final class HTTP1LifetimeHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let firstHead: ConnectionDeadline?
  private var context: ChannelHandlerContext?
  private var lifetime = HTTP1Lifetime()
  private var idleTimer: StallTimer
  /// Whether the channel takes more, kept here as asking the channel costs more.
  private var isWritable = true

  /// Creates a handler for one connection.
  ///
  /// - Parameters:
  ///   - idleTimeouts: The timers of idle connections; `nil` where a connection may be idle for ever.
  ///   - firstHead: The time that the head of the first request has.
  init(idleTimeouts: TimeoutQueue?, firstHead: ConnectionDeadline?) {
    self.idleTimer = StallTimer(idleTimeouts)
    self.firstHead = firstHead
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    self.watchIdleness()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.firstHead?.meet()
    self.idleTimer.cancel()
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch self.unwrapInboundIn(data) {
    case .head:
      self.firstHead?.meet()
      self.lifetime.requestBegan()
      context.fireChannelRead(data)
    case .body:
      context.fireChannelRead(data)
    case .end:
      let closeAttempt = self.lifetime.requestEnded()
      context.fireChannelRead(data)
      self.close(closeAttempt, context: context)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.unwrapOutboundIn(data) {
    case .head(var head)
    where self.lifetime.isLastResponse && head.status.kind != .informational:
      head.headerFields[.connection] = "close"
      context.write(self.wrapOutboundOut(.head(head)), promise: promise)
    case .head, .body:
      context.write(data, promise: promise)
    case .end:
      context.write(data, promise: promise)
      let closeAttempt = self.lifetime.responseEnded()
      if self.lifetime.isIdle {
        self.watchIdleness()
      }
      self.close(closeAttempt, context: context)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    self.isWritable = context.channel.isWritable
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      self.close(self.lifetime.shutdownBegan(), context: context)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// Closes the connection when all that has been written has left, unless another request comes meanwhile.
  ///
  /// A close takes back what hasn't left.
  private func close(_ attempt: Int?, context: ChannelHandlerContext) {
    guard let attempt = attempt, self.lifetime.state == .closing(attempt: attempt) else { return }
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in
      if self.lifetime.state == .closing(attempt: attempt) {
        context.close(promise: nil)
      }
    }
    // An empty part, which leaves behind everything else.
    context.writeAndFlush(self.wrapOutboundOut(.body(ByteBuffer())), promise: written)
  }

  /// Closes the connection when it has been idle for too long from now on.
  ///
  /// A request that begins doesn't stop the timer, which would cost every call something. A client that hasn't taken
  /// its response isn't idle.
  private func watchIdleness() {
    // A closure that captures nothing but self needs no memory of its own.
    self.idleTimer.restart { self.idleTimeoutPassed() }
  }

  private func idleTimeoutPassed() {
    if self.lifetime.isIdle && self.isWritable {
      self.context?.close(promise: nil)
    } else {
      self.watchIdleness()
    }
  }
}
#endif
