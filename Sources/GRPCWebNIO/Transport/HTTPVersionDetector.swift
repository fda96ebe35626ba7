#if NIO
internal import NIOCore

/// Detects by the first bytes of a connection whether its client speaks HTTP/2 or HTTP/1.1, and adds the handlers for
/// that.
///
/// A client that knows that a server speaks HTTP/2 begins with HTTP/2's preface (RFC 9113, section 3.4). No request of
/// HTTP/1.1 begins with the same bytes.
@available(GRPCWeb 1.0, *)
final class HTTPVersionDetector: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private enum State {
    /// The bytes that have come are the beginning of the preface, or none.
    case undecided(ByteBuffer)
    /// The version is known and its handlers are being added. Bytes that come meanwhile are added to these: a handler
    /// may write when it is added, and when a write fails, SwiftNIO reads what is left in the socket.
    case addingHandlers(ByteBuffer)
    /// The handlers have been added; bytes go on to them.
    case decided
  }

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private let addHTTP: (_ isHTTP2: Bool, _ channel: any Channel) throws -> Void
  private var state = State.undecided(ByteBuffer())

  /// Creates a detector for one connection.
  ///
  /// - Parameter addHTTP: Adds the handlers for HTTP/2, or for HTTP/1.1; called once.
  init(addHTTP: @escaping (_ isHTTP2: Bool, _ channel: any Channel) throws -> Void) {
    self.addHTTP = addHTTP
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = self.unwrapInboundIn(data)
    switch self.state {
    case .undecided(var received):
      received.writeBuffer(&bytes)
      if let isHTTP2 = Self.isHTTP2(received.readableBytesView) {
        self.state = .addingHandlers(received)
        self.addHandlers(isHTTP2: isHTTP2, context: context)
      } else {
        self.state = .undecided(received)
      }
    case .addingHandlers(var received):
      received.writeBuffer(&bytes)
      self.state = .addingHandlers(received)
    case .decided:
      context.fireChannelRead(data)
    }
  }

  private func addHandlers(isHTTP2: Bool, context: ChannelHandlerContext) {
    do {
      try self.addHTTP(isHTTP2, context.channel)
    } catch {
      self.state = .decided
      context.fireErrorCaught(error)
      context.close(promise: nil)
      return
    }

    guard case .addingHandlers(let received) = self.state else { return }
    self.state = .decided
    // When the connection has been closed meanwhile, its handlers expect no more bytes.
    if context.channel.isActive {
      context.fireChannelRead(self.wrapInboundOut(received))
    }
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
#endif
