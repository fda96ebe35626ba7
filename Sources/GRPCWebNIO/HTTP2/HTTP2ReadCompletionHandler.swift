#if NIO
internal import NIOCore

/// Completes the read in which a connection of HTTP/2 ended, before the handlers behind it learn of the end.
///
/// SwiftNIO's HTTP/2 handler lists the streams that a read brought something for, until the read is complete. A
/// connection that is closed in the midst of a read, as one is that fails, has no such completion: the streams in
/// the list and the connection would keep each other in memory for ever.
@available(GRPCWeb 1.0, *)
final class HTTP2ReadCompletionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  func channelInactive(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    context.fireChannelInactive()
  }
}
#endif
