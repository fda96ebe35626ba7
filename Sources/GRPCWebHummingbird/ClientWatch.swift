#if Hummingbird
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes

/// Asks the handler of a channel to tell when its client goes away.
@available(GRPCWeb 1.0, *)
struct ClientWatch: Sendable {
  fileprivate let clientIsGone: @Sendable () -> Void

  /// Starts to watch, where the context knows its channel, and the channel has the handler for it.
  static func start(_ context: some RequestContext, _ clientIsGone: @escaping @Sendable () -> Void)
  {
    guard let channel = (context as? any GRPCWebChannelRequestContext)?.channel else { return }
    channel.eventLoop.execute {
      guard channel.isActive else {
        clientIsGone()
        return
      }
      // Without the handler nobody takes the event, and nothing happens.
      channel.triggerUserOutboundEvent(ClientWatch(clientIsGone: clientIsGone), promise: nil)
    }
  }
}

/// Tells when the client of a channel goes away.
///
/// Bytes that aren't HTTP aren't its leave: behind a call that is running they are a fault of the next request,
/// and within one the service learns of them where it reads.
@available(GRPCWeb 1.0, *)
final class ClientWatchHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// The watch of the request being answered.
  ///
  /// A channel's requests are answered one after another.
  private var watch: ClientWatch?
  /// Whether the client has gone, perhaps before its request was watched.
  private var isClientGone = false

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext,
    event: Any,
    promise: EventLoopPromise<Void>?
  ) {
    if let watch = event as? ClientWatch {
      if self.isClientGone {
        watch.clientIsGone()
      } else {
        self.watch = watch
      }
      promise?.succeed()
    } else {
      context.triggerUserOutboundEvent(event, promise: promise)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed {
      self.tellClientIsGone()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.tellClientIsGone()
    context.fireChannelInactive()
  }

  private func tellClientIsGone() {
    self.isClientGone = true
    self.watch.take()?.clientIsGone()
  }
}
#endif
