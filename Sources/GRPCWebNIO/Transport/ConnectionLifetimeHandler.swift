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
  private let firstHead: Scheduled<Void>?

  private var requestsInProgress = 0
  private var idleSince = NIODeadline.now()
  private var idleTimer: Scheduled<Void>?
  private var isShuttingDown = false

  /// Creates a handler for one connection.
  ///
  /// - Parameters:
  ///   - idleTimeout: How long there may be no request in progress; `nil` for ever.
  ///   - firstHead: What closes the connection unless the head of a request has come by then.
  init(idleTimeout: Duration?, firstHead: Scheduled<Void>?) {
    self.idleTimeout = idleTimeout.map { TimeAmount($0) }
    self.firstHead = firstHead
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if let timeout = self.idleTimeout {
      self.checkIdleness(in: timeout, context: context)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.firstHead?.cancel()
    self.idleTimer?.cancel()
    self.idleTimer = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head = self.unwrapInboundIn(data) {
      self.firstHead?.cancel()
      self.requestsInProgress += 1
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.unwrapOutboundIn(data) {
    case .head(var head) where self.isShuttingDown:
      head.headerFields[.connection] = "close"
      context.write(self.wrapOutboundOut(.head(head)), promise: promise)
    case .head, .body:
      context.write(data, promise: promise)
    case .end:
      self.requestsInProgress -= 1
      context.write(data, promise: promise)
      if self.requestsInProgress <= 0 {
        self.idleSince = .now()
        if self.isShuttingDown {
          context.flush()
          context.close(promise: nil)
        }
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      self.isShuttingDown = true
      if self.requestsInProgress <= 0 {
        context.close(promise: nil)
      }
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// Looks after some time whether the connection has been idle for too long.
  ///
  /// Requests don't move the timer, which would cost each of them; it moves itself.
  private func checkIdleness(in delay: TimeAmount, context: ChannelHandlerContext) {
    self.idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
      guard let timeout = self.idleTimeout else { return }
      let idleTime = NIODeadline.now() - self.idleSince
      if self.requestsInProgress > 0 {
        self.checkIdleness(in: timeout, context: context)
      } else if idleTime < timeout {
        self.checkIdleness(in: timeout - idleTime, context: context)
      } else {
        context.close(promise: nil)
      }
    }
  }
}
