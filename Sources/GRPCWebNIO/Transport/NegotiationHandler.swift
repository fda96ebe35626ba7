#if NIO
internal import NIOCore

/// Closes a connection on which it isn't settled yet what is spoken, when the server shuts down.
///
/// Nothing is in progress on it, and the handlers of HTTP, which would tell, aren't there yet.
@available(GRPCWeb 1.0, *)
final class NegotiationHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}
#endif
