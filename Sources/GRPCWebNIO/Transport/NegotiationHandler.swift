#if NIO
internal import NIOCore

/// Closes a connection at shutdown as long as its version of HTTP isn't known.
///
/// No request is in progress on such a connection, and HTTP's handlers, which close it later, aren't there yet.
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
