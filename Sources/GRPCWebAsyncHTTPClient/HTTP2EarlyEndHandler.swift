#if AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2

/// The error of a request whose server ended its response, which is complete, before the request
/// was sent in full.
struct ResponseEndedEarly: Error {
  /// The last bytes of the body, which AsyncHTTPClient hadn't asked for.
  var rest: CircularBuffer<ByteBuffer>
}

/// Ends an HTTP/2 stream whose server ends its response before the client has ended its request.
///
/// AsyncHTTPClient treats the end of such a response as the end of the request, too, keeps the
/// stream open for ever, and traps at the next event on it (its issue 922). So the handler hides
/// that end from AsyncHTTPClient, and reports the error ``ResponseEndedEarly`` instead, which fails
/// the request and closes the stream. The adapter treats that error as the end of the body.
///
/// ```
///  open --- the request's end ---> requestEnded       AsyncHTTPClient sees everything as it is
///    |
///    `--- the response's end ---> ending --- the stream's end ---> failed
///                                                     AsyncHTTPClient sees an error
/// ```
///
/// The test "AsyncHTTPClient still needs its guard" fails once AsyncHTTPClient no longer needs this
/// handler.
final class HTTP2EarlyEndHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias InboundOut = HTTPClientResponsePart
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  private enum State {
    /// Both sides are open, or only the request is.
    case open
    /// AsyncHTTPClient has ended the request: the usual order.
    case requestEnded
    /// The response has ended first, and the handler is about to end the request.
    case ending
    /// AsyncHTTPClient was sent the error.
    case failed
  }

  private var state = State.open
  /// Whether AsyncHTTPClient has asked for bytes: it loses bytes that arrive unasked when a request
  /// fails.
  private var isReading = true
  /// The bytes that arrived unasked: when a stream is closed, SwiftNIO delivers all bytes that the
  /// stream still has.
  private var unread: CircularBuffer<ByteBuffer> = []

  /// Adds a handler to the channel of a stream, next to HTTP/2's codec.
  static func add(to channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      let codec = try pipeline.handler(type: HTTP2FramePayloadToHTTP1ClientCodec.self)
      try pipeline.addHandler(HTTP2EarlyEndHandler(), position: .after(codec))
    }
  }

  // Events from AsyncHTTPClient

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.state {
    case .open:
      if case .end = self.unwrapOutboundIn(data) {
        self.state = .requestEnded
      }
      context.write(data, promise: promise)
    case .requestEnded:
      context.write(data, promise: promise)
    case .ending, .failed:
      promise?.fail(ChannelError.ioOnClosedChannel)
    }
  }

  func read(context: ChannelHandlerContext) {
    self.isReading = true
    guard !self.unread.isEmpty else {
      context.read()
      return
    }
    self.isReading = false
    self.deliverUnread(context)
    context.fireChannelReadComplete()
  }

  // Events from the server

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (self.state, self.unwrapInboundIn(data)) {
    case (.open, .body(let bytes)) where !self.isReading:
      self.unread.append(bytes)

    case (.open, .end):
      self.state = .ending
      if self.isReading {
        // AsyncHTTPClient processes the bytes of this event-loop turn before its request fails.
        context.fireChannelReadComplete()
      }
      // Later, since the server's reset may be among the bytes being read: then the request needs
      // no end.
      context.eventLoop.assumeIsolated().execute {
        self.endRequest(context)
      }

    case (.open, _):
      context.fireChannelRead(data)

    case (.requestEnded, _):
      self.deliverUnread(context)
      context.fireChannelRead(data)

    case (.ending, _), (.failed, _):
      break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    self.isReading = false
    context.fireChannelReadComplete()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    self.fail(context)
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.fail(context)
    context.fireChannelInactive()
  }

  private func deliverUnread(_ context: ChannelHandlerContext) {
    while let bytes = self.unread.popFirst() {
      context.fireChannelRead(self.wrapInboundOut(.body(bytes)))
    }
  }

  /// Ends the request, so that the stream ends in order: servers treat many resets as an attack.
  private func endRequest(_ context: ChannelHandlerContext) {
    guard case .ending = self.state else { return }
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    // If the end is queued behind bytes that the server doesn't take, AsyncHTTPClient resets the
    // stream.
    self.fail(context)
  }

  private func fail(_ context: ChannelHandlerContext) {
    guard case .ending = self.state else { return }
    self.state = .failed
    let rest = self.unread
    self.unread = []
    context.fireErrorCaught(ResponseEndedEarly(rest: rest))
  }
}
#endif
