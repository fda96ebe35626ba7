#if NIO
internal import NIOCore
internal import NIOHTTP2

/// Closes a connection of HTTP/2 behind an error of the connection (RFC 9113, section 5.4.1).
///
/// SwiftNIO sends the GOAWAY frame that names the error before it reports the error. An error of one stream has reset
/// that stream, and concerns no other.
@available(GRPCWeb 1.0, *)
final class HTTP2ConnectionErrorHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  typealias InboundOut = HTTP2Frame

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if !(error is NIOHTTP2Errors.StreamError) {
      context.close(promise: nil)
    }
  }
}
#endif
