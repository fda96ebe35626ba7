#if NIO
internal import NIOCore

/// Completes the read in which a connection of HTTP/2 ended, before the handlers behind it learn of the end.
///
/// SwiftNIO's HTTP/2 handler lists the streams that a read brought something for, until the read is complete. The read
/// in which a connection fails and is closed would never be complete, so that the listed streams and the connection
/// kept each other in memory for ever.
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
