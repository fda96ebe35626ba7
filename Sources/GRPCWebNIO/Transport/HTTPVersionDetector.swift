internal import NIOCore

/// Tells HTTP/2 from HTTP/1.1 by the first bytes of a connection, and prepares the pipeline for it.
///
/// A client that knows that a server speaks HTTP/2 begins with its preface (RFC 9113, section 3.4). No
/// request of HTTP/1.1 begins like that.
@available(GRPCWeb 1.0, *)
final class HTTPVersionDetector: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private let addHTTP: (_ isHTTP2: Bool, _ channel: any Channel) throws -> Void
  private var received = ByteBuffer()

  /// Creates a detector for one connection.
  ///
  /// - Parameter addHTTP: Adds the handlers for HTTP/2, or for HTTP/1.1.
  init(addHTTP: @escaping (_ isHTTP2: Bool, _ channel: any Channel) throws -> Void) {
    self.addHTTP = addHTTP
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
    guard let isHTTP2 = Self.isHTTP2(self.received.readableBytesView) else { return }

    do {
      try self.addHTTP(isHTTP2, context.channel)
    } catch {
      context.fireErrorCaught(error)
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(self.wrapInboundOut(self.received))
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  /// Returns whether a connection that begins with some bytes is HTTP/2's; `nil` if these are too few.
  static func isHTTP2(_ bytes: some Collection<UInt8>) -> Bool? {
    guard bytes.prefix(Self.preface.count).elementsEqual(Self.preface.prefix(bytes.count)) else {
      return false
    }
    return bytes.count >= Self.preface.count ? true : nil
  }
}
