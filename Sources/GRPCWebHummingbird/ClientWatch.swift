#if Hummingbird
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes

/// The event that asks the ``ClientWatchHandler`` of a channel to call a function when the client goes away.
@available(GRPCWeb 1.0, *)
struct ClientWatch: Sendable {
  fileprivate let clientIsGone: @Sendable () -> Void

  /// Starts to watch a client, where the request context knows the channel, and the channel has the handler.
  static func start(_ context: some RequestContext, _ clientIsGone: @escaping @Sendable () -> Void)
  {
    guard let channel = (context as? any GRPCWebChannelRequestContext)?.channel else { return }
    channel.eventLoop.execute {
      guard channel.isActive else {
        clientIsGone()
        return
      }
      // In a channel without the handler the event has no effect.
      channel.triggerUserOutboundEvent(ClientWatch(clientIsGone: clientIsGone), promise: nil)
    }
  }
}

/// Calls the function of a ``ClientWatch`` when the client of the channel goes away.
///
/// A client that sends bytes that aren't HTTP hasn't gone: behind the request of a running call the bytes are a fault of
/// the next request, and within the request the service gets an error where it reads.
@available(GRPCWeb 1.0, *)
final class ClientWatchHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// The watch of the request that is being answered; a channel's requests are answered one after another.
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
      self.notifyWatch()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.notifyWatch()
    context.fireChannelInactive()
  }

  private func notifyWatch() {
    self.isClientGone = true
    self.watch.take()?.clientIsGone()
  }
}
#endif
