#if NIO
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Closes an HTTP/1.1 connection when nothing has come for too long, and when the server shuts down and
/// no request is in progress any more.
@available(GRPCWeb 1.0, *)
final class ConnectionLifetimeHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let idleTimeout: TimeAmount?
  private let firstHead: ConnectionDeadline?

  /// How many responses haven't been written to their end.
  private var requestsInProgress = 0
  /// Whether a request hasn't come to its end.
  private var isReceiving = false
  private var idleSince = NIODeadline.distantPast
  private var idleTimer: Scheduled<Void>?
  private var isShuttingDown = false
  /// How many times the connection was to be closed, when what had been written would have left.
  private var closeAttempts = 0
  /// Whether the channel takes more, which it tells when that changes.
  private var isWritable = true

  /// Creates a handler for one connection.
  ///
  /// - Parameters:
  ///   - idleTimeout: How long there may be no request in progress; `nil` for ever.
  ///   - firstHead: The time that the head of the first request has.
  init(idleTimeout: Duration?, firstHead: ConnectionDeadline?) {
    self.idleTimeout = idleTimeout.map { TimeAmount($0) }
    self.firstHead = firstHead
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.idleSince = context.eventLoop.now
    if let timeout = self.idleTimeout {
      self.checkIdleness(in: timeout, context: context)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.firstHead?.meet()
    self.idleTimer?.cancel()
    self.idleTimer = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch self.unwrapInboundIn(data) {
    case .head:
      self.firstHead?.meet()
      self.requestsInProgress += 1
      self.isReceiving = true
      context.fireChannelRead(data)
    case .body:
      context.fireChannelRead(data)
    case .end:
      self.isReceiving = false
      context.fireChannelRead(data)
      self.closeIfDone(context: context)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.unwrapOutboundIn(data) {
    case .head(var head)
    where self.isShuttingDown && self.requestsInProgress == 1 && head.status.kind != .informational:
      head.headerFields[.connection] = "close"
      context.write(self.wrapOutboundOut(.head(head)), promise: promise)
    case .head, .body:
      context.write(data, promise: promise)
    case .end:
      context.write(data, promise: promise)
      self.responseEnded(context: context)
    }
  }

  private func responseEnded(context: ChannelHandlerContext) {
    self.requestsInProgress -= 1
    if self.requestsInProgress <= 0 {
      self.idleSince = context.eventLoop.now
      self.closeIfDone(context: context)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    self.isWritable = context.channel.isWritable
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      self.isShuttingDown = true
      self.closeIfDone(context: context)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// Closes the connection when the server shuts down and nothing is in progress.
  ///
  /// That includes a request that has been answered already: the system breaks off a connection that is
  /// closed with something unread, and the response may not arrive. And it includes what has been written
  /// and hasn't left yet, which a close would take back.
  private func closeIfDone(context: ChannelHandlerContext) {
    guard self.isDone else { return }
    self.closeAttempts += 1
    let attempt = self.closeAttempts
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in
      // Another request may have come meanwhile, and may have been answered.
      if self.isDone && attempt == self.closeAttempts {
        context.close(promise: nil)
      }
    }
    // Nothing, behind all else.
    context.writeAndFlush(self.wrapOutboundOut(.body(ByteBuffer())), promise: written)
  }

  private var isDone: Bool {
    self.isShuttingDown && self.requestsInProgress <= 0 && !self.isReceiving
  }

  /// Looks after some time whether the connection has been idle for too long.
  ///
  /// Requests don't move the timer, which would cost each of them; it moves itself.
  private func checkIdleness(in delay: TimeAmount, context: ChannelHandlerContext) {
    self.idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
      guard let timeout = self.idleTimeout else { return }
      let idleTime = context.eventLoop.now - self.idleSince
      if self.requestsInProgress > 0 || !self.isWritable {
        self.checkIdleness(in: timeout, context: context)
      } else if idleTime < timeout {
        self.checkIdleness(in: timeout - idleTime, context: context)
      } else {
        context.close(promise: nil)
      }
    }
  }
}
#endif
